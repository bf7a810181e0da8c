"""Sources that could be read in part only: ``--sync`` removes nothing that may be in the rest, here and on a server."""

import gzip
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sosie
from catalog.pair import Pair
from sosie.catalog.base import CatalogProtocol
from sosie.errors import SourceError, UsageError
from sosie.indexing.coverage import Coverage
from sosie.sources.base import Source
from sosie.types import IndexReport, Item, Rejection
from support.pictures import draw_picture, encode
from support.served import served

COUNT = 8
HEADER = "item_id,product_id,image,title"
FOLDERS = ("a", "b")


def table_rows(count: int = COUNT) -> list[str]:
    return [f"i{seed},p{seed},{seed}.jpg,Thing {seed}" for seed in range(count)]


def records(count: int = COUNT) -> list[dict[str, Any]]:
    return [dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in table_rows(count)]


def write_table(path: Path, *rows: str, header: str = HEADER, end: str = "\n") -> Path:
    path.write_text("\n".join([header, *rows]) + end, encoding="utf-8")
    return path


@dataclass(frozen=True)
class Ending:
    """A source from elsewhere, whose reading ends with an error."""

    items: tuple[Item, ...]
    name: str = field(default="a broken source")

    def __str__(self) -> str:
        return self.name

    def __iter__(self) -> Iterator[Item | Rejection]:
        yield from self.items
        raise SourceError("the connection ended")

    def count(self) -> int | None:
        return None

    def shard(self, index: int, total: int) -> Source:
        return self


def without_id(folder: Path) -> Path:
    return write_table(folder / "t.csv", *table_rows(3), ",p7,7.jpg,Thing 7", *table_rows(5)[3:])


def blank_id(folder: Path) -> Path:
    return write_table(folder / "t.csv", *table_rows(3), '"  ",p7,7.jpg,Thing 7')


def too_many_cells(folder: Path) -> Path:
    return write_table(folder / "t.csv", *table_rows(3), "i4,p4,4.jpg,Thing,4,5,6")


def no_id_column(folder: Path) -> Path:
    return write_table(folder / "t.csv", "1.jpg,One", ",Two", header="image,title")


def cut_within_a_row(folder: Path) -> Path:
    return write_table(folder / "t.csv", *table_rows(3), "i3,p3", end="")


def cut_within_an_id(folder: Path) -> Path:
    return write_table(folder / "t.csv", *table_rows(3), "i", end="")


def cut_within_quotes(folder: Path) -> Path:
    return write_table(folder / "t.csv", *table_rows(3), 'i3,p3,3.jpg,"A lamp', end="")


def cut_gzip(folder: Path) -> Path:
    big = [f"{row},{os.urandom(3000).hex()}" for row in table_rows()]
    write_table(folder / "t.csv", *big, header=HEADER + ",note")
    packed = gzip.compress((folder / "t.csv").read_bytes())
    (folder / "t.csv.gz").write_bytes(packed[: int(len(packed) * 0.7)])
    return folder / "t.csv.gz"


def cut_json_lines(folder: Path) -> Path:
    text = "\n".join(map(json.dumps, records()))
    (folder / "t.jsonl").write_text(text[: len(text) * 2 // 3], encoding="utf-8")
    return folder / "t.jsonl"


def json_lines_with_a_bad_line(folder: Path) -> Path:
    lines = [json.dumps(record) for record in records(4)]
    (folder / "t.jsonl").write_text("\n".join([*lines[:2], "{oops", *lines[2:]]), encoding="utf-8")
    return folder / "t.jsonl"


def cut_json(folder: Path) -> Path:
    text = json.dumps({"products": records()}, indent=1)
    (folder / "t.json").write_text(text[: len(text) * 2 // 3], encoding="utf-8")
    return folder / "t.json"


def json_with_a_list_as_id(folder: Path) -> Path:
    rows = records(4)
    rows[2]["item_id"] = ["i2"]
    (folder / "t.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder / "t.json"


def feed(count: int) -> str:
    items = "".join(
        f"<item><g:id>i{n}</g:id><title>Thing {n}</title><g:image_link>file:{n}.jpg</g:image_link></item>\n"
        for n in range(count)
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
        + items + "</channel></rss>"
    )  # fmt: skip


def cut_feed(folder: Path) -> Path:
    text = feed(COUNT).replace("file:", "")
    (folder / "feed.xml").write_text(text[: len(text) * 2 // 3], encoding="utf-8")
    return folder / "feed.xml"


def feed_without_an_id(folder: Path) -> Path:
    (folder / "feed.xml").write_text(feed(4).replace("file:", "").replace("<g:id>i2</g:id>", ""), encoding="utf-8")
    return folder / "feed.xml"


def damaged_parquet(folder: Path) -> Path:
    rows = [{**record, "note": os.urandom(2000).hex()} for record in records()]
    pq.write_table(pa.Table.from_pylist(rows), folder / "t.parquet", row_group_size=2)
    data = bytearray((folder / "t.parquet").read_bytes())
    middle = len(data) // 2
    data[middle - 3000 : middle + 3000] = bytes(6000)
    (folder / "t.parquet").write_bytes(data)
    return folder / "t.parquet"


def parquet_with_a_null_id(folder: Path) -> Path:
    rows = records(4)
    rows[1]["item_id"] = None
    pq.write_table(pa.Table.from_pylist(rows), folder / "t.parquet")
    return folder / "t.parquet"


def workbook_without_an_id(folder: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (HEADER, *table_rows(3), ",p7,7.jpg,Thing 7"):
        book.active.append([cell or None for cell in row.split(",")])
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def export_without_a_handle(folder: Path) -> Path:
    rows = [f"i{n},Thing {n},{n}.jpg" for n in range(3)]
    return write_table(folder / "t.csv", *rows, ",Thing 7,7.jpg", header="Handle,Title,Image Src")


def table_in_memory(folder: Path) -> object:
    rows = [{**record, "image": str(folder / record["image"])} for record in records(4)]
    return [*rows[:2], {**rows[2], "item_id": ""}]


def source_from_elsewhere(folder: Path) -> object:
    return Ending((Item("i0", "p0", str(folder / "0.jpg")),))


HALF_READ: dict[str, Callable[[Path], object]] = {
    one.__name__: one
    for one in (
        without_id, blank_id, too_many_cells, no_id_column, cut_within_a_row, cut_within_an_id, cut_within_quotes,
        cut_gzip, cut_json_lines, json_lines_with_a_bad_line, json_with_a_list_as_id, cut_json, cut_feed,
        feed_without_an_id, damaged_parquet, parquet_with_a_null_id, workbook_without_an_id, export_without_a_handle,
        table_in_memory,
        source_from_elsewhere,
    )
}  # fmt: skip

REFUSED = ("cut_gzip", "cut_json")
"""So short that the damage is met when the format is recognized."""


def zipped(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "p.zip", "w") as archive:
        for path in sorted((folder / "tree").rglob("*.jpg")):
            archive.write(path, path.relative_to(folder / "tree"))
    return folder / "p.zip"


def tarred(folder: Path) -> Path:
    with tarfile.open(folder / "p.tar", "w") as archive:
        for path in sorted((folder / "tree").rglob("*.jpg")):
            archive.add(path, path.relative_to(folder / "tree"))
    return folder / "p.tar"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures beside a table and in a tree of folders, and a store of each."""
    folder = tmp_path_factory.mktemp("half read")
    for seed in range(COUNT):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (40, 30))))
        tree = folder / "tree" / FOLDERS[seed % 2]
        tree.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / f"{seed}.jpg", tree)
    for name, source in {"table": write_table(folder / "t.csv", *table_rows()), "tree": folder / "tree"}.items():
        with sosie.open(folder / f"{name}.sosie") as catalog:
            assert catalog.index(source).added == COUNT
    return folder


@pytest.fixture(scope="module")
def make_pair(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Pair]]:
    with ExitStack() as stack:

        def make(name: str) -> Pair:
            folder = tmp_path_factory.mktemp("pair")
            here, there = (Path(shutil.copytree(shop / f"{name}.sosie", folder / f"{n}.sosie")) for n in range(2))
            running = stack.enter_context(served(there))
            local, remote = stack.enter_context(sosie.open(here)), stack.enter_context(sosie.open(running.url))
            return Pair(local, remote, shop)

        yield make


@pytest.fixture(scope="module")
def of_table(make_pair: Callable[[str], Pair]) -> Pair:
    return make_pair("table")


@pytest.fixture
def folder(shop: Path, tmp_path: Path) -> Path:
    """The pictures, to put a source beside them."""
    for path in shop.glob("*.jpg"):
        (tmp_path / path.name).symlink_to(path)
    shutil.copytree(shop / "tree", tmp_path / "tree")
    return tmp_path


def ids(catalog: CatalogProtocol) -> set[str]:
    return {record.item_id for record in catalog.items(limit=100)}


@pytest.mark.parametrize("kind", HALF_READ)
def test_nothing_is_removed_where_a_table_was_read_in_part(kind: str, of_table: Pair, folder: Path) -> None:
    source = HALF_READ[kind](folder)
    for catalog in (of_table.local, of_table.remote):
        before = ids(catalog)
        if kind in REFUSED:
            with pytest.raises(SourceError, match="cut off"):
                catalog.index(source, sync=True)  # type: ignore[arg-type]
            assert ids(catalog) == before
            continue
        report = catalog.index(source, sync=True)  # type: ignore[arg-type]
        assert report.removed == 0
        assert before <= ids(catalog)
        assert report.gaps
        assert report.kept >= 1
        assert any("not read completely" in note and "--allow-unread" in note for note in report.notes)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "json", "zip"])
def test_nothing_is_removed_where_a_file_changes_while_it_is_read(
    ending: str, shop: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / f"t.{ending}"
    if ending == "zip":
        path = zipped(folder)
    elif ending == "parquet":
        pq.write_table(pa.Table.from_pylist(records(4)), path)
    elif ending == "csv":
        write_table(path, *table_rows(4))
    else:
        text = json.dumps(records(4)) if ending == "json" else "\n".join(map(json.dumps, records(4)))
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(Coverage, "_add", lambda self, entry: os.utime(path, (1, 1)))
    shutil.copytree(shop / "table.sosie", folder / "s.sosie")
    with sosie.open(folder / "s.sosie") as catalog:
        report = catalog.index(path, sync=True)
        assert report.removed == 0
        assert len(ids(catalog)) >= COUNT
    assert "changed while it was read" in report.gaps[0]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_nothing_is_removed_where_an_archive_ends_early(
    pack: Callable[[Path], Path], make_pair: Callable[[str], Pair], folder: Path
) -> None:
    pair, archive = make_pair("tree"), pack(folder)
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) // 2])
    for catalog in (pair.local, pair.remote):
        try:
            report = catalog.index(archive, sync=True)
        except SourceError:
            report = IndexReport(gaps=("not even begun",))
        assert report.gaps
        assert report.removed == 0
        assert len(ids(catalog)) == COUNT


def test_items_below_a_folder_that_cannot_be_read_stay_and_others_go(
    make_pair: Callable[[str], Pair], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, scandir = make_pair("tree"), os.scandir
    (folder / "tree" / "b" / "1.jpg").unlink()

    def refusing(path: str) -> Any:
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    for catalog in (pair.local, pair.remote):
        report = catalog.index(folder / "tree", sync=True)
        assert (report.removed, report.kept) == (1, 4)
        assert report.gaps == ("1 folder could not be read: 'a/'",)
        assert ids(catalog) == {f"a/{n}.jpg" for n in (0, 2, 4, 6)} | {f"b/{n}.jpg" for n in (3, 5, 7)}


def test_a_link_to_a_disk_that_is_not_there_is_no_empty_folder(make_pair: Callable[[str], Pair], folder: Path) -> None:
    pair = make_pair("tree")
    shutil.rmtree(folder / "tree" / "a")
    (folder / "tree" / "a").symlink_to(folder / "not mounted")
    report = pair.local.index(folder / "tree", sync=True)
    assert (report.removed, report.kept) == (0, 4)


def test_views_of_a_row_that_could_not_be_read_stay(make_pair: Callable[[str], Pair], folder: Path) -> None:
    pair = make_pair("table")
    write_table(folder / "t.csv", "i0,p0,0.jpg|1.jpg,Thing", *table_rows()[1:])
    for catalog in (pair.local, pair.remote):
        write_table(folder / "t.csv", "i0,p0,0.jpg|1.jpg,Thing", *table_rows()[1:])
        catalog.index(folder / "t.csv")
        assert len(ids(catalog)) == COUNT + 1
        write_table(folder / "t.csv", "i0,p0,,Thing", *table_rows()[1:])
        assert catalog.index(folder / "t.csv", sync=True).removed == 0
        assert len(ids(catalog)) == COUNT + 1


def test_a_dry_run_says_what_would_stay_and_allow_unread_removes(
    make_pair: Callable[[str], Pair], folder: Path
) -> None:
    pair, source = make_pair("table"), without_id(folder)
    for catalog in (pair.local, pair.remote):
        dry = catalog.index(source, sync=True, dry_run=True)
        assert (dry.removed, dry.kept) == (0, 3)
        assert not [change for change in dry.changes if change.action == "remove"]
        assert "3 items that may be in the unread part" in " ".join(dry.notes)
        report = catalog.index(source, sync=True, allow_unread=True)
        assert (report.removed, report.kept) == (3, 0)
        assert ids(catalog) == {f"i{n}" for n in range(5)}


@pytest.mark.parametrize(
    ("limit", "removed"), [(None, 5), (4, 0), (5, 5), ("60%", 0), ("62.5 %", 5), ("100%", 5), (0, 0)]
)
def test_a_removal_above_the_limit_removes_nothing(
    limit: int | str | None, removed: int, shop: Path, folder: Path
) -> None:
    source = write_table(folder / "t.csv", *table_rows(3))
    with sosie.open(shop / "table.sosie") as catalog:
        report = catalog.index(source, sync=True, dry_run=True, max_removals=limit)
    assert (report.removed, report.kept) == (removed, 0 if removed else 5)
    assert ("--max-removals 5" in " ".join(report.notes)) == (not removed)


@pytest.mark.parametrize("limit", ["many", "101%", "-1", -1, True, "5%%", ""])
def test_a_limit_that_is_none_is_refused(limit: Any) -> None:
    with pytest.raises(UsageError, match="expected a number of items, or a share"):
        sosie.IndexOptions(sync=True, max_removals=limit)


@pytest.mark.parametrize("option", [{"max_removals": 3}, {"allow_unread": True}])
def test_options_of_sync_are_refused_without_it(option: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="only together with --sync"):
        sosie.IndexOptions(**option)
