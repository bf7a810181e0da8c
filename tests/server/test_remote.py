"""The facade's words against a server do what they do on a store."""

from __future__ import annotations

import csv
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

import sosie
from sosie.catalog.remote.catalog import RemoteCatalog
from sosie.cli.main import main
from sosie.errors import ItemNotFound, SourceError, StoreReadOnly, StoreUnavailable, UnsupportedImage, UsageError
from sosie.indexing.embedding import Fetched
from sosie.types import Item
from support.pictures import draw_picture, encode
from support.served import served


@pytest.fixture
def remote(copied: Path) -> Iterator[RemoteCatalog]:
    with served(copied) as running, sosie.open(running.url) as catalog:
        assert isinstance(catalog, RemoteCatalog)
        yield catalog


def test_it_answers_as_the_store_does(copied: Path, shop: Path, remote: RemoteCatalog, pictures: list[bytes]) -> None:
    with sosie.open(str(shop)) as local:
        here = local.search(pictures[3], 5, where=["price<50", "brand=Bolt"])
        there = remote.search(pictures[3], 5, where=["price<50", "brand=Bolt"])
        assert [(m.item_id, m.score, m.attributes, m.links) for m in there.matches] == [
            (m.item_id, m.score, m.attributes, m.links) for m in here.matches
        ]
        assert there.query == here.query
        assert (
            remote.similar("Größe/a b", 3).to_dict()["matches"][0]["item_id"]
            == local.similar("Größe/a b", 3).matches[0].item_id
        )
        assert remote.get("Größe/a b").attributes == local.get("Größe/a b").attributes
        assert remote.thumbnail("i1") == local.thumbnail("i1")
        assert remote.stats().items == local.stats().items


def test_unchanged_items_are_skipped_and_sync_removes(remote: RemoteCatalog, shop: Path, tmp_path: Path) -> None:
    table = shop.parent / "catalog.csv"
    assert remote.index(table).unchanged == 12
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:10]
    (tmp_path / "new.jpg").write_bytes(encode(draw_picture(50)))
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    for row in rows:
        row["image"] = str(shop.parent / row["image"])
    rows[0]["price"] = "99"
    rows += [{**rows[1], "item_id": name, "image": f"{name}.jpg"} for name in ("new", "bad", "missing")]
    with (tmp_path / "catalog.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    dry = remote.index(tmp_path / "catalog.csv", sync=True, dry_run=True)
    assert (dry.added, dry.updated, dry.removed) == (2, 1, 2)
    assert remote.stats().items == 12
    report = remote.index(tmp_path / "catalog.csv", sync=True)
    assert (report.added, report.updated, report.unchanged, report.removed) == (1, 1, 9, 2)
    assert {(entry.item_id, entry.stage) for entry in report.rejected} == {("bad", "decode"), ("missing", "read")}
    assert remote.get("i0").attributes["price"] == 99
    assert remote.stats().items == 11


def test_a_source_that_holds_nothing_is_named(remote: RemoteCatalog, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"nothing to index in the folder '{tmp_path}'"):
        remote.index(tmp_path, sync=True)
    assert remote.stats().items == 12


def test_problems_are_raised_as_what_they_are(remote: RemoteCatalog, pictures: list[bytes]) -> None:
    with pytest.raises(UnsupportedImage):
        remote.search(b"no picture")
    with pytest.raises(ItemNotFound, match="none"):
        remote.get("none")
    with pytest.raises(UsageError, match="unknown attribute"):
        remote.search(pictures[0], where="color=red")
    assert remote.delete(["i1", "none"]) == 1
    with pytest.raises(StoreUnavailable, match="is it running"):
        sosie.open("http://127.0.0.1:9").stats()


def test_a_run_survives_a_restart_of_the_server(copied: Path) -> None:
    """The server goes away in the middle of a run, and is there again at the same address a little later."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ExitStack() as servers, RemoteCatalog(f"http://127.0.0.1:{port}") as remote:
        running = servers.enter_context(served(copied, listen_at=port))
        waits: list[float] = []

        def restart(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                servers.enter_context(served(copied, listen_at=port))

        def items() -> Iterator[Fetched]:
            for number in range(70):
                if number == 40:
                    running.stop()
                yield Fetched(Item(f"new {number}", "p", "a.jpg"), encode(draw_picture(number, (64, 64))))

        remote._client._sleep = restart
        assert remote.upsert(items()).added == 70
        assert len(waits) == 2
        assert remote.stats().items == 82


def test_attributes_are_changed_as_in_the_store(
    copied: Path, shop: Path, remote: RemoteCatalog, tmp_path: Path
) -> None:
    own = shutil.copytree(shop, tmp_path / "local.sosie")
    changes = {"i1": {"price": 3, "new": ("a", "b")}, "Größe/a b": {"title": None}, "none": {"price": 1}}
    with sosie.open(str(own)) as local:
        for catalog in (local, remote):
            assert catalog.update(changes) == 2
            assert catalog.update({}) == 0
            with pytest.raises(SourceError, match="price"):
                catalog.update({"i2": {"title": "changed"}, "i3": {"price": "dear"}})
            assert catalog.get("i2").attributes["title"] == "Thing 2"
        for item_id in ("i1", "i2", "Größe/a b"):
            assert remote.get(item_id).attributes == local.get(item_id).attributes
        assert local.get("i1").attributes["new"] == ("a", "b")


def test_ids_that_make_a_long_address(remote: RemoteCatalog, pictures: list[bytes]) -> None:
    items = [Fetched(Item(f"{'ü' * 70}{number:03}", "p", "a.jpg"), pictures[0]) for number in range(40)]
    assert remote.upsert(items).added == 40
    assert remote.upsert(items).unchanged == 40
    named = {"item_id": [item.item.item_id for item in items]}
    assert remote.count(named) == len(remote.items(named, limit=100)) == 40
    assert sum(count for _, count in remote.facets(["product_id"], named)[0].values) == 40
    assert len(remote.similar("i1", 50, where=named).matches) == 1


def test_a_store_that_may_only_be_read_is_called_so(remote: RemoteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise StoreReadOnly("/secret/path may only be read")

    monkeypatch.setattr("sosie.catalog.Catalog.delete", refuse)
    with pytest.raises(StoreReadOnly, match="is read-only") as refused:
        remote.delete(["i1"])
    assert "secret" not in str(refused.value)


def test_the_command_line(copied: Path, shop: Path) -> None:
    with served(copied) as running:

        def say(*words: str) -> str:
            result = CliRunner().invoke(main, [*words, "--store", running.url])
            assert result.exit_code == 0, result.output
            return result.stdout

        assert "12 unchanged" in say("index", str(shop.parent / "catalog.csv"))
        assert "Thing 3" in say("search", str(shop.parent / "3.jpg"))
        assert "1 removed" in say("delete", "i1")
        assert "11 items" in say("stats")
