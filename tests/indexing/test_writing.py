"""Rejected rows are counted, and two writers share their attribute types."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sosie.errors import SourceError
from sosie.indexing.batch import Action, BatchOutcome
from sosie.indexing.writing import Writer, learn_types
from sosie.stores.exact import ExactStore
from sosie.types import AttributeType, Change, Manifest, Record, Rejection
from support.catalogs import empty_store


def outcome(*writes: tuple[str, Action], unchanged: int = 0, rejected: Sequence[str] = ()) -> BatchOutcome:
    records = [(Record(item_id, item_id, "x.jpg", attributes={"size": 1}), action) for item_id, action in writes]
    return BatchOutcome(records, [Rejection(item_id, "decode", "broken") for item_id in rejected], unchanged)


class Refusing(ExactStore):
    """Refuses item b, as a cluster refuses single rows."""

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        super().upsert([record for record in records if record.item_id != "b"])
        return [Rejection(record.item_id, "store", "too large") for record in records if record.item_id == "b"]


def test_batches_are_written_together_and_counted_one_by_one() -> None:
    heard: list[Rejection] = []
    store = Refusing(empty_store().manifest)
    writer = Writer(store, on_rejection=heard.append)
    writer.write(
        [
            outcome(("a", "add"), ("b", "add"), unchanged=2, rejected=["x"]),
            outcome(("c", "update"), unchanged=3),
        ]
    )
    report = writer.report(1.5, interrupted=False)
    assert (report.added, report.updated, report.unchanged, report.seconds) == (1, 1, 5, 1.5)
    assert [rejection.item_id for rejection in report.rejected] == ["x", "b"]
    assert tuple(heard) == report.rejected
    assert (writer.done, writer.rejected) == (9, 2)
    assert [record.item_id for record in store.scan()] == ["a", "c"]
    assert store.manifest.attributes == {"size": "number"}


class Bulky(ExactStore):
    """A store that is written best in calls of five items, and notes their sizes."""

    items_at_once = 5

    def __init__(self, manifest: Manifest) -> None:
        super().__init__(manifest)
        self.sizes: list[int] = []

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        self.sizes.append(len(records))
        return super().upsert(records)


def test_a_store_that_takes_many_at_once_gets_many_or_what_there_is_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Bulky(empty_store().manifest)
    writer = Writer(store)
    for number in range(4):
        writer.write([outcome((f"{number}a", "add"), (f"{number}b", "add"))])
    assert (store.sizes, writer.done) == ([6], 6)
    monkeypatch.setattr("sosie.indexing.writing.LONGEST_WAIT", 0.0)
    writer.write([outcome(unchanged=3)])
    assert (store.sizes, writer.done) == ([6, 2], 11)
    monkeypatch.undo()
    writer.write([outcome(("c", "add"))])
    assert store.sizes == [6, 2]
    writer.flush()
    writer.flush()
    assert (store.sizes, writer.done) == ([6, 2, 1], 12)
    writer.write([outcome(unchanged=2)])
    assert writer.done == 14


def test_a_dry_run_lists_the_changes_and_touches_nothing() -> None:
    store = empty_store()
    writer = Writer(store, dry_run=True)
    writer.write([outcome(("a", "add")), outcome(("c", "update"))])
    writer.remove(["d", "e"])
    report = writer.report(0, interrupted=True)
    assert report.changes == (Change("a", "add"), Change("c", "update"), Change("d", "remove"), Change("e", "remove"))
    assert (report.added, report.updated, report.removed, report.interrupted) == (1, 1, 2, True)
    assert (store.count(), store.manifest) == (0, empty_store().manifest)


class Overtaken(ExactStore):
    """Another writer adds types just before the first change of the manifest arrives."""

    def __init__(self, manifest: Manifest, theirs: dict[str, AttributeType]) -> None:
        super().__init__(manifest)
        self._theirs = theirs

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        theirs, self._theirs = self._theirs, {}
        if theirs:
            super().replace_manifest(replace(expected, attributes={**expected.attributes, **theirs}), expected)
        super().replace_manifest(new, expected)


def test_types_of_two_writers_stand_beside_each_other() -> None:
    store = Overtaken(empty_store().manifest, {"brand": "string"})
    learn_types(store, {"price": "number"})
    assert store.manifest.attributes == {"brand": "string", "price": "number"}


def test_another_type_of_another_writer_is_respected() -> None:
    store = Overtaken(empty_store().manifest, {"price": "string"})
    with pytest.raises(SourceError, match="'price' the type string, but this run needs number"):
        learn_types(store, {"price": "number"})
    assert store.manifest.attributes == {"price": "string"}
