"""A store that is made by the first write, and what happens when another process makes it first."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sosie.catalog import Catalog
from sosie.catalog.indexing import optimize_after_run
from sosie.errors import EmbedderMismatch, StoreNotFound
from sosie.indexing.target import NewStore
from sosie.stores.base import Store
from sosie.stores.exact import ExactStore
from sosie.stores.opening import open_store
from sosie.types import IndexReport, Item, Manifest, Record
from support.catalogs import drawn_item, empty_store


def record_of(item_id: str) -> Record:
    return Record(item_id, item_id, f"{item_id}.jpg")


def test_the_first_write_makes_it_and_reads_go_there_from_then_on() -> None:
    made: list[Store] = []

    def make() -> Store:
        made.append(empty_store())
        return made[-1]

    new = NewStore(empty_store(), make)
    assert new.manifest == empty_store().manifest
    assert (list(new.scan()), new.get(["a"]), new.delete(["a"]), made) == ([], [], 0, [])
    new.upsert([record_of("a")])
    new.replace_manifest(replace(new.manifest, attributes={"size": "number"}), new.manifest)
    new.upsert([record_of("b")])
    [store] = made
    assert [record.item_id for record in store.scan()] == [record.item_id for record in new.scan()] == ["a", "b"]
    assert store.manifest.attributes == {"size": "number"}
    assert new.delete(["a"]) == 1
    assert [record.item_id for record in new.get(["a", "b"])] == ["b"]


class MadeMeanwhile:
    """A source during whose reading another process makes the store, with an embedder of its own choice."""

    def __init__(self, uri: str, items: list[Item], fingerprint: str | None) -> None:
        self.uri, self.items, self.fingerprint = uri, items, fingerprint

    def __iter__(self) -> Iterator[Item]:
        self._make_the_store()
        yield from self.items

    def _make_the_store(self) -> None:
        with Catalog(self.uri) as other:
            other.create()
            manifest: Manifest = other._store.manifest
            identity = replace(manifest.embedder, fingerprint=self.fingerprint or manifest.embedder.fingerprint)
            other._store.replace_manifest(replace(manifest, embedder=identity), manifest)

    def count(self) -> int:
        return len(self.items)

    def shard(self, index: int, total: int) -> "MadeMeanwhile":
        return MadeMeanwhile(self.uri, self.items[index::total], self.fingerprint)


def test_a_store_that_appears_meanwhile_is_used(tmp_path: Path) -> None:
    uri = str(tmp_path / "s.sosie")
    with Catalog(uri) as catalog:
        report = catalog.index(MadeMeanwhile(uri, [drawn_item(tmp_path, 1)], None))
        assert (report.added, catalog.stats().items) == (1, 1)


def test_a_store_that_appears_meanwhile_with_another_embedder_is_refused(tmp_path: Path) -> None:
    uri = str(tmp_path / "s.sosie")
    with Catalog(uri) as catalog, pytest.raises(EmbedderMismatch):
        catalog.index(MadeMeanwhile(uri, [drawn_item(tmp_path, 1)], "another"))
    assert open_store(uri).count() == 0


class CountsOptimizing(ExactStore):
    optimized = 0

    def optimize(self) -> None:
        self.optimized += 1


@pytest.mark.parametrize("interrupted", [False, True])
def test_only_a_completed_run_builds_a_snapshot(interrupted: bool) -> None:
    store = CountsOptimizing(empty_store().manifest)
    report = IndexReport(added=3, interrupted=interrupted)
    assert optimize_after_run(store, report) == report
    assert store.optimized == (not interrupted)


def test_a_catalog_says_whether_it_exists(tmp_path: Path) -> None:
    with Catalog(str(tmp_path / "s.sosie")) as catalog:
        assert not catalog.exists()
        with pytest.raises(StoreNotFound):
            catalog.stats()
        assert catalog.create()
        assert catalog.exists()
