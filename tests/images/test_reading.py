import os
from pathlib import Path

import pytest

from sosie.errors import ImageNotFound, ImageTooLarge
from sosie.images.decode import Limits, read_file


def test_bytes_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ein Bild – 写真.jpg"
    path.write_bytes(b"abc" * 100_000)
    assert read_file(path) == b"abc" * 100_000
    assert read_file(str(path), Limits(max_bytes=300_000)) == b"abc" * 100_000


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageNotFound, match=r"no file at '.*gone\.jpg'"):
        read_file(tmp_path / "gone.jpg")


def test_a_folder_is_not_read_as_a_picture(tmp_path: Path) -> None:
    with pytest.raises(ImageNotFound, match="a folder"):
        read_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageNotFound, match="a pipe"):
        read_file(tmp_path / "pipe")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_device_is_not_read_as_a_picture() -> None:
    with pytest.raises(ImageNotFound, match="a device"):
        read_file("/dev/zero")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sosie.images.reading.os.open", refuse)
    with pytest.raises(ImageNotFound, match="cannot be read: Permission denied"):
        read_file(tmp_path / "secret.jpg")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no links")
def test_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ImageNotFound, match="cannot be read"):
        read_file(tmp_path / "loop")


@pytest.mark.parametrize("path", ["with\0null.jpg", "x" * 5000, ""])
def test_impossible_paths(path: str) -> None:
    with pytest.raises(ImageNotFound):
        read_file(path)


def test_too_many_bytes(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(3000))
    with pytest.raises(ImageTooLarge, match="3,000 bytes and the limit is 100"):
        read_file(tmp_path / "large", Limits(max_bytes=100))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system has no /proc")
def test_a_file_that_hides_its_length_is_limited_too() -> None:
    with pytest.raises(ImageTooLarge):
        read_file("/proc/self/status", Limits(max_bytes=10))
