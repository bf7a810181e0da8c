"""Folders of pictures, and what else lies in them."""

import inspect
import os
import sys
from pathlib import Path
from typing import Any

import pi_heif
import pytest
from PIL import Image

from sosie.errors import SourceError
from sosie.sources.opening import open_source
from sosie.sources.pictures.endings import SUFFIXES
from sosie.sources.pictures.folder import FolderSource
from support.tables import items, only_item, only_reason, rejections


def touch(at: Path, *names: str) -> None:
    for name in names:
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(b"x")


def ids(at: Path) -> list[str]:
    return [item.item_id for item in items(FolderSource(at))]


def test_goes_down_in_order_and_passes_over_what_is_no_picture(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a/z.png", "a/b/c d.webp", "a.heic", "notes.txt", "README", "jpg", "c.jpg/x.jpg")
    assert ids(tmp_path) == ["a/b/c d.webp", "a/z.png", "a.heic", "b.JPG", "c.jpg/x.jpg"]
    assert not rejections(FolderSource(tmp_path))


def test_hidden_files_and_folders_are_passed_over_but_not_a_hidden_root(tmp_path: Path) -> None:
    touch(tmp_path, ".root/.x.jpg", ".root/.git/y.jpg", ".root/z.jpg")
    assert ids(tmp_path / ".root") == ["z.jpg"]


def test_the_folder_is_an_attribute_and_may_name_the_product(tmp_path: Path) -> None:
    touch(tmp_path, "shoes/42/1.jpg", "top.jpg")
    inner, top = items(FolderSource(tmp_path))
    assert (inner.product_id, inner.attributes) == ("shoes/42/1.jpg", {"folder": "shoes/42"})
    assert (top.product_id, top.attributes) == ("top.jpg", {})
    inner, top = items(FolderSource(tmp_path, product_from_folder=True))
    assert (inner.product_id, top.product_id) == ("shoes/42", "top.jpg")


def test_the_image_is_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "my pictures/Größe 1.jpg")
    monkeypatch.chdir(tmp_path)
    image = only_item(FolderSource("my pictures")).image
    assert image == str(tmp_path / "my pictures" / "Größe 1.jpg")


def test_names_are_composed_and_the_path_stays_as_it_is(tmp_path: Path) -> None:
    touch(tmp_path, "e\u0301te\u0301/cafe\u0301.jpg")
    item = only_item(FolderSource(tmp_path))
    assert item.item_id == "\u00e9t\u00e9/caf\u00e9.jpg"
    assert item.attributes == {"folder": "\u00e9t\u00e9"}
    assert Path(str(item.image)).read_bytes() == b"x"


def test_folders_linked_in_a_loop_are_read_once(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.jpg", "b/y.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "b" / "ring").symlink_to(tmp_path / "b" / "ring")
    assert ids(tmp_path) == ["a/x.jpg", "b/y.jpg"]


def test_links_to_pictures_and_folders_elsewhere_are_followed(tmp_path: Path) -> None:
    touch(tmp_path, "shop/x.jpg", "else/y.jpg")
    (tmp_path / "shop" / "more").symlink_to(tmp_path / "else")
    (tmp_path / "shop" / "z.jpg").symlink_to(tmp_path / "else" / "y.jpg")
    assert ids(tmp_path / "shop") == ["more/y.jpg", "x.jpg", "z.jpg"]


def test_depth_needs_no_recursion(tmp_path: Path) -> None:
    deep = "d/" * 150 + "x.jpg"
    touch(tmp_path, deep)
    source = FolderSource(tmp_path)
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    try:
        item_id = only_item(source).item_id
    finally:
        sys.setrecursionlimit(usual)
    assert item_id == deep


def test_what_is_no_file_is_rejected(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "not a file" in only_reason(FolderSource(tmp_path))


def test_a_name_that_is_not_utf8_is_rejected_in_words_that_can_be_printed(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.jpg")).touch()
    (rejection,) = FolderSource(tmp_path)
    assert rejection == type(rejection)("caf\\xe9.jpg", "source", rejection.reason)  # type: ignore[call-arg]
    assert "UTF-8" in rejection.reason  # type: ignore[union-attr]


def test_a_folder_that_cannot_be_read_is_rejected_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a/x.jpg", "b/y.jpg", "c/z.jpg")
    scandir = os.scandir

    def refusing(path: Any) -> Any:
        if str(path).endswith("b"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    source = FolderSource(tmp_path)
    assert [item.item_id for item in items(source)] == ["a/x.jpg", "c/z.jpg"]
    (rejection,) = rejections(source)
    assert (rejection.item_id, rejection.stage) == ("b/", "source")
    assert "Permission denied" in rejection.reason


@pytest.mark.parametrize("name", ["nowhere", "file.jpg"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    touch(tmp_path, "file.jpg")
    with pytest.raises(SourceError, match=f"{name}.*check the path"):
        FolderSource(tmp_path / name)


def test_a_folder_that_vanishes_is_a_source_error(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    source = FolderSource(tmp_path / "shop")
    (tmp_path / "shop").rmdir()
    with pytest.raises(SourceError, match="cannot continue reading the folder"):
        list(source)


NO_PICTURES = {"BLP", "BUFR", "EPS", "FITS", "FLI", "FTEX", "GBR", "GRIB", "HDF5", "IPTC", "MPEG", "PDF", "WMF"}
AMBIGUOUS = {".rgb", ".rgba", ".bw"}
NOT_READ = {".arw", ".cr2", ".cr3", ".dng", ".emf", ".eps", ".jxl", ".nef", ".orf", ".rw2", ".svg", ".svgz", ".wmf"}


def test_the_endings_are_those_of_pillow_and_of_pictures_that_would_be_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    Image.init()
    for table in ("ID", "OPEN", "EXTENSION", "MIME", "SAVE"):
        monkeypatch.setattr(Image, table, type(getattr(Image, table))(getattr(Image, table)))
    pi_heif.register_heif_opener()
    readable = {
        ending
        for ending, format in Image.registered_extensions().items()
        if format in Image.OPEN and format not in NO_PICTURES
    }
    assert readable - AMBIGUOUS == SUFFIXES - NOT_READ


def test_a_table_beside_the_pictures_is_named(tmp_path: Path) -> None:
    for name in ("7.jpg", "products.csv", "then.xlsx", "notes.txt", "sub/more.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    source = open_source(tmp_path)
    assert len(list(source)) == 1
    notes = [note for note in source.report().notes if "index it instead" in note]
    assert notes == ["'products.csv' was not read: if it is a table of these pictures, index it instead"]
