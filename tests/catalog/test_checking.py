"""A damaged blob costs only itself, and ``check --repair`` makes it again from the picture."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import sosie
from sosie.catalog import Catalog
from sosie.types import DETAILS, THUMBNAIL
from support.pictures import draw_picture, encode


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(6):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (320, 240))))
    return folder


@pytest.fixture
def catalog(pictures: Path, tmp_path: Path) -> Iterator[Catalog]:
    with sosie.open(tmp_path / "shop.sosie") as opened:
        assert isinstance(opened, Catalog)
        assert opened.index(pictures).added == 6
        yield opened


def harm(catalog: Catalog, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(Path(catalog.uri) / "catalog.db")) as connection, connection:
        assert connection.execute(statement, values).rowcount == 1


def blobs(catalog: Catalog, item_id: str) -> dict[str, bytes]:
    return dict(catalog._resources.store.get([item_id], (THUMBNAIL, DETAILS))[0].blobs)


ROW = "row = (SELECT row FROM item WHERE item_id = ?)"


@pytest.mark.parametrize("name", [THUMBNAIL, DETAILS])
@pytest.mark.parametrize("kind", ["cut", "zeros", "nonsense"])
def test_a_damaged_blob_costs_only_itself(
    catalog: Catalog, pictures: Path, caplog: pytest.LogCaptureFixture, name: str, kind: str
) -> None:
    before = blobs(catalog, "3.jpg")
    data = {"cut": before[name][: len(before[name]) // 2], "zeros": bytes(500), "nonsense": before[name][:60] * 9}[kind]
    harm(catalog, f"UPDATE blob SET data = ? WHERE name = ? AND {ROW}", data, name, "3.jpg")
    with caplog.at_level(logging.WARNING):
        assert catalog.search(pictures / "3.jpg").matches[0].item_id == "3.jpg"
        assert catalog.search(pictures / "4.jpg").matches[0].item_id == "4.jpg"
        result = catalog.search(pictures / "3.jpg", k=2)
        assert catalog.explain(pictures / "3.jpg", result).width > 100
    report = catalog.check()
    assert [problem for problem in report.problems if "'3.jpg'" in problem and name in problem], report
    assert report.repaired == ()
    mended = catalog.check(repair=True)
    assert mended.repaired == (f"item '3.jpg': its {name} made again from its picture",)
    assert blobs(catalog, "3.jpg") == before
    assert catalog.check().problems == ()
    assert catalog.index(pictures).unchanged == 6


def test_what_cannot_be_made_anew_is_said_and_keeps_the_item(catalog: Catalog, pictures: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for seed in (10, 11):
        (other / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (320, 240))))
    catalog.index(other)
    (other / "10.jpg").unlink()
    (other / "11.jpg").write_bytes(encode(draw_picture(12, (320, 240))))
    for item_id in ("10.jpg", "11.jpg"):
        harm(catalog, f"UPDATE blob SET data = x'00' WHERE name = 'thumbnail' AND {ROW}", item_id)
    report = catalog.check(repair=True)
    assert report.repaired == ()
    output = " ".join(report.problems)
    assert "'10.jpg': its thumbnail could not be made again" in output
    assert "has changed since it was indexed" in output
    assert catalog.count() == 8


def test_vectors_that_were_removed_are_made_anew(catalog: Catalog, pictures: Path) -> None:
    before = catalog.search(pictures / "2.jpg").matches[0]
    harm(catalog, "UPDATE vector SET data = x'0000' WHERE key = (SELECT row FROM item WHERE item_id = ?)"
                  " + ((SELECT min(name) FROM vector) << 40)", "2.jpg")  # fmt: skip
    report = catalog.check(repair=True)
    assert "item '2.jpg': its vectors made again from its picture" in report.repaired
    assert catalog.check().problems == ()
    after = catalog.search(pictures / "2.jpg").matches[0]
    assert (after.item_id, after.score) == (before.item_id, pytest.approx(before.score, abs=1e-3))


def test_a_catalog_that_cannot_be_opened_is_salvaged(catalog: Catalog, pictures: Path) -> None:
    catalog.close()
    file = Path(catalog.uri) / "catalog.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(file.read_bytes())
    data[:4096] = bytes(4096)
    file.write_bytes(data)
    with sosie.open(catalog.uri) as broken:
        assert "damaged" in broken.check().problems[0]
        report = broken.check(repair=True)
        assert "a new catalog.db has the 6 items" in report.repaired[0]
        assert broken.check().problems == ()
        assert broken.search(pictures / "3.jpg").matches[0].item_id == "3.jpg"
