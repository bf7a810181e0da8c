"""Which photos teach: all of them their looks, an even part of them their details, and each only once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from sosie.errors import UsageError
from sosie.knowledge.training import shortened
from sosie.learning.feedback import Feedback, FeedbackLog
from sosie.learning.lessons import ITEMS_COMPARED, Lesson, LessonMaker, Lessons, lessons_of
from sosie.searching.evidence import Verified
from sosie.searching.photos import Photos
from sosie.searching.query import Query
from sosie.types import Item, Rejection
from support.learning import content_of

VECTOR = np.eye(4, dtype=np.float32)[0]
LEAST, MOST = "0" * 64, "f" * 64


@dataclass
class ComparingSearcher:
    """Stands for a searcher: notes what it was asked to compare."""

    compares_details: bool = True
    asked: list[int] = field(default_factory=list)

    def compared(self, query: Query, most: int) -> Mapping[str, Verified]:
        self.asked.append(most)
        return {}


def compared_of(contents: list[str], total: int | None, most: int, searcher: ComparingSearcher) -> list[str]:
    """The contents of the photos whose details were compared."""
    items = tuple(Item(content[:9], "p", "x.jpg") for content in contents)
    queries = tuple(Query(VECTOR[np.newaxis]) for _ in contents)
    lessons = LessonMaker(searcher, total, most)(Photos(items, tuple(contents), queries, (), 0.0))  # type: ignore[arg-type]
    assert [lesson.content for lesson in lessons.items] == contents
    return [lesson.content for lesson in lessons.items if lesson.compared is not None]


def test_the_details_of_an_even_part_of_the_photos_are_compared() -> None:
    contents = [content_of(row) for row in range(1000)]
    searcher = ComparingSearcher()
    chosen = compared_of(contents, 1000, 200, searcher)
    assert len(chosen) == pytest.approx(200, abs=40)
    assert searcher.asked == [ITEMS_COMPARED] * len(chosen)
    assert compared_of(contents[::-1], 1000, 200, searcher) == chosen[::-1]
    assert set(chosen) < set(compared_of(contents, 1000, 400, searcher))


def test_the_border_between_photos_that_are_compared_and_those_that_are_not() -> None:
    half = 1 << 31
    contents = [LEAST, f"{half - 1:08x}" + "f" * 56, f"{half:08x}" + "0" * 56, MOST]
    assert compared_of(contents, 200, 100, ComparingSearcher()) == contents[:2]


@pytest.mark.parametrize("total", [None, 3, 100])
def test_few_photos_and_those_of_unknown_number_are_all_compared(total: int | None) -> None:
    contents = [LEAST, content_of(1), MOST]
    assert compared_of(contents, total, 100, ComparingSearcher()) == contents


def test_without_details_in_the_store_nothing_is_compared() -> None:
    searcher = ComparingSearcher(compares_details=False)
    assert compared_of([LEAST, MOST], None, 100, searcher) == []
    assert searcher.asked == []


def feedback(content: str, opinion: str, product: str = "confirmed product") -> Feedback:
    return Feedback(opinion, "i", product, "q.jpg", content, "f" * 16, "embedding@1", VECTOR[np.newaxis], 1.0)  # type: ignore[arg-type]


def test_confirmed_photos_teach_too_rejected_ones_and_those_of_the_source_do_not() -> None:
    source = Lessons((Lesson("p", "a" * 64, VECTOR),))
    log = FeedbackLog(
        (feedback("a" * 64, "confirmed"), feedback("b" * 64, "confirmed"), feedback("c" * 64, "rejected")), 0, 0, 0
    )
    taught = lessons_of([source], log)
    assert [(lesson.content[0], lesson.product) for lesson in taught.items] == [("a", "p"), ("b", "confirmed product")]


def test_progress_counts_photos_and_rejections() -> None:
    bad = Rejection("bad", "decode", "broken")
    report: list[tuple[int, int]] = []
    batches = [Lessons((Lesson("p", "a" * 64, VECTOR),)), Lessons((Lesson("p", "b" * 64, VECTOR),), (bad,))]
    lessons = lessons_of(batches, on_photo=lambda *counts: report.append(counts))
    assert report == [(1, 0), (3, 1)]
    assert lessons.rejections == (bad,)


def test_a_source_of_which_nothing_can_be_used_is_refused() -> None:
    bad = Rejection("bad", "decode", "broken")
    with pytest.raises(UsageError, match="none of 2 photos can be used; the first: bad: decode: broken"):
        lessons_of([Lessons((), (bad, bad))])
    assert lessons_of([]).items == ()


def test_digests_are_kept_in_a_length_that_does_not_meet_by_chance() -> None:
    assert shortened([MOST, LEAST]) == ["0" * 16, "f" * 16]
