"""Items that a run with ``sync`` may remove."""

from collections.abc import Iterator

import pytest

from sosie.errors import SourceError
from sosie.indexing.coverage import Coverage
from sosie.indexing.removal import Removal, RemovalLimit
from sosie.sources.base import Source
from sosie.types import Item, Rejection


class Listed:
    """A source of entries, and of an error that ends the reading."""

    def __init__(self, *entries: Item | Rejection, error: SourceError | None = None) -> None:
        self._entries = entries
        self._error = error

    def __iter__(self) -> Iterator[Item | Rejection]:
        yield from self._entries
        if self._error:
            raise self._error

    def count(self) -> int | None:
        return None

    def shard(self, index: int, total: int) -> Source:
        return self


def item(number: int) -> Item:
    return Item(f"i{number}", "p", "1.jpg")


def read(*entries: Item | Rejection, error: SourceError | None = None) -> Coverage:
    coverage = Coverage(Listed(*entries, error=error))
    list(coverage)
    return coverage


CATALOG = [f"i{number}" for number in range(300)]


@pytest.mark.parametrize(("missing", "goes"), [(20, True), (21, True), (30, True), (31, False), (299, False)])
def test_a_tenth_of_the_catalog_or_twenty_items_are_removed_without_asking(missing: int, goes: bool) -> None:
    plan = Removal(read(*map(item, range(300 - missing)))).plan(CATALOG)
    assert (len(plan.gone), plan.kept) == ((missing, 0) if goes else (0, missing))


def test_twenty_items_of_a_small_catalog_go_unasked_and_one_more_does_not() -> None:
    small = CATALOG[:40]
    assert len(Removal(read(*map(item, range(20)))).plan(small).gone) == 20
    assert Removal(read(*map(item, range(19)))).plan(small).gone == ()


def test_more_items_are_removed_after_a_yes_and_the_question_has_the_numbers() -> None:
    questions: list[tuple[int, int]] = []
    removal = Removal(read(item(0)), confirm=lambda removed, total: not questions.append((removed, total)))
    assert len(removal.plan(CATALOG).gone) == 299
    assert questions == [(299, 300)]


def test_an_explicit_limit_needs_no_confirmation() -> None:
    removal = Removal(
        read(item(0)), limit=RemovalLimit.of(298), confirm=lambda removed, total: pytest.fail("confirmed")
    )
    assert removal.plan(CATALOG).kept == 299


def test_nothing_goes_after_a_reading_that_ended_early_unless_it_is_allowed() -> None:
    coverage = read(item(0), error=SourceError("the file was cut off"))
    plan = Removal(coverage).plan(["i0", "i1"])
    assert (plan.gone, plan.kept) == ((), 1)
    assert "the file was cut off" in plan.notes[0]
    allowed = Removal(coverage, allow_unread=True).plan(["i0", "i1"])
    assert (allowed.gone, allowed.kept) == (("i1",), 0)
    assert "the file was cut off" in allowed.notes[0]


def test_allow_unread_does_not_lift_the_limit() -> None:
    coverage = read(item(0), Rejection("", "source", "row 3: no id"))
    plan = Removal(coverage, allow_unread=True).plan(CATALOG)
    assert plan.kept == 299
    gaps, limit = plan.notes
    assert "removed" not in gaps
    assert "so none was removed" in limit


def test_notes_say_removed_only_of_items_that_were_removed() -> None:
    coverage = read(item(0), Rejection("", "source", "row 3: no id"))
    removal = Removal(coverage, allow_unread=True)
    assert "items were removed nevertheless" in removal.plan(["i0", "i1"]).notes[0]
    assert "removed" not in removal.plan(["i0"]).notes[0]
    rehearsal = Removal(coverage, allow_unread=True, dry_run=True)
    assert "items would be removed nevertheless" in rehearsal.plan(["i0", "i1"]).notes[0]
    assert "so none would be removed" in rehearsal.plan(CATALOG).notes[1]
    assert "Kept 1 item that" in Removal(coverage).plan(["i0", "i1"]).notes[0]


def test_views_of_a_rejected_item_stay_and_those_of_an_indexed_item_are_removed() -> None:
    coverage = read(item(0), Rejection("i1", "source", "row 3: no image"))
    assert Removal(coverage).plan(["i0", "i0~ab12", "i1", "i1~ab12"]).gone == ("i0~ab12",)


def test_what_lies_below_an_unreadable_folder_stays() -> None:
    coverage = read(item(0), Rejection("a/b/", "source", "cannot read this folder"))
    plan = Removal(coverage).plan(["a/b/1.jpg", "a/b/c/2.jpg", "a/bc/3.jpg", "a/1.jpg"])
    assert (plan.gone, plan.kept) == (("a/bc/3.jpg", "a/1.jpg"), 2)
