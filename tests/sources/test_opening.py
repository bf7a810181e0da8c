"""The kind of source at a path is recognized."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sosie.errors import SourceError, UsageError
from sosie.sources.annotated.imaterialist import ImaterialistSource
from sosie.sources.opening import open_source
from sosie.sources.pictures.folder import FolderSource
from sosie.sources.tables.table import TableSource
from support.tables import write_csv, write_jsonl, write_parquet, write_product

ROWS = [{"item_id": "a", "image": "b.jpg"}]


def make(at: Path, name: str) -> Path:
    path = at / name
    if name.lower().endswith(("jsonl", "ndjson")):
        return write_jsonl(path, ROWS)
    if name.endswith("parquet"):
        return write_parquet(path, ROWS)
    if name.endswith("product.json"):
        return write_product(path, [{"id": "a", "url": "http://h/a", "class": 1}])
    if name.endswith("array.json"):
        path.write_text('\ufeff\n [{"item_id": "a", "image": "b.jpg"}]')
        return path
    if name.endswith("folder.csv"):
        path.mkdir()
        return path
    return write_csv(path, ROWS)


KINDS = {
    "folder.csv": FolderSource,
    "a b.csv": TableSource,
    "ü.TSV": TableSource,
    "t.txt": TableSource,
    "t.JSONL": TableSource,
    "t.ndjson": TableSource,
    "t.parquet": TableSource,
    "array.json": TableSource,
    "product.json": ImaterialistSource,
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
@pytest.mark.parametrize("as_type", [str, Path])
def test_the_kind_of_source(tmp_path: Path, name: str, kind: type, as_type: type) -> None:
    assert type(open_source(as_type(make(tmp_path, name)))) is kind


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("option", "kind", "said"),
    [
        ({"label": 1}, ImaterialistSource, "--label"),
        ({"columns": {"item_id": "item_id"}}, TableSource, "--column"),
        ({"product_from_folder": True}, FolderSource, "product_from_folder"),
    ],
)
def test_an_option_that_does_not_apply_is_refused(
    tmp_path: Path, name: str, option: dict[str, Any], kind: type, said: str
) -> None:
    path = make(tmp_path, name)
    if KINDS[name] is kind:
        assert open_source(path, **option).count() is not None
    else:
        with pytest.raises(UsageError, match=f"{said}.* applies to .*leave it out"):
            open_source(path, **option)


@pytest.mark.parametrize("name", KINDS)
def test_folders_of_pictures_go_with_whatever_names_pictures(tmp_path: Path, name: str) -> None:
    path = make(tmp_path, name)
    if KINDS[name] is FolderSource:
        with pytest.raises(UsageError, match=r"--images.* applies to .*leave it out"):
            open_source(path, images_dir=".")
    else:
        assert open_source(path, images_dir=[tmp_path]).count() is not None


def test_label_0_is_a_label(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a label \(--label\) applies to"):
        open_source(tmp_path, label=0)


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no file or folder at 'nope\.csv', relative to .*; expected a folder"):
        open_source("nope.csv")


@pytest.mark.parametrize("name", ["photo.jpg", "README", "t.xlsx"])
def test_an_unknown_kind_of_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match=f"{name}' is not a source; expected a folder"):
        open_source(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(SourceError, match="is not a source"):
        open_source(tmp_path / "t.csv")


@pytest.mark.parametrize("name", [name for name in KINDS if name != "folder.csv"])
def test_a_file_that_may_not_be_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path, name)

    def refuse(*_: object, **__: object) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match="Permission denied"):
        open_source(path)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "folder.csv"])
def test_a_file_that_vanishes_is_a_source_error(tmp_path: Path, name: str) -> None:
    path = make(tmp_path, name)
    source = open_source(path)
    path.unlink()
    with pytest.raises(SourceError, match=r"cannot|can be read"):
        list(source)


def test_opening_loads_no_heavy_library() -> None:
    script = "import sys, sosie.sources.opening as _; sys.exit(bool({'duckdb', 'PIL', 'ijson'} & set(sys.modules)))"
    assert (
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        ).returncode
        == 0
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Rar!\x1a\x07\x01\x00" + bytes(100), "is a RAR archive: unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"), "by a password"),
        (b"-- MySQL dump\nDROP TABLE IF EXISTS `p`;\n", "is an SQL dump: export the table of products as CSV"),
        (b"- sku: '7'\n  image: a.jpg\n", "is YAML: write it as JSON"),
        (b"sku,title\n7,Mug\n", "has no column of pictures; it has 'sku', 'title'; expected one with addresses"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_do(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(SourceError, match=re.escape(said)):
        open_source(tmp_path / "t.csv")


@pytest.mark.parametrize("first", ["insert,image", "- sku;image", "create table,image", "set image,image"])
def test_headers_that_resemble_other_formats(tmp_path: Path, first: str) -> None:
    separator = ";" if ";" in first else ","
    (tmp_path / "t.csv").write_text(f"{first}\n7{separator}a.jpg\n8{separator}b.jpg\n")
    assert type(open_source(tmp_path / "t.csv")) is TableSource
