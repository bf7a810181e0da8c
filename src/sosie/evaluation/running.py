"""The run: every labelled query is asked, and what came is kept in the few numbers that the figures need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sosie.evaluation.leave_one_out import Others, others_of, stored_items, without_own
from sosie.evaluation.records import Answered, Evaluation, EvaluationSetting, Shown
from sosie.evaluation.relevance import BY_PRODUCT, Judge, is_right, text_of
from sosie.filters import Where
from sosie.roles import role_values
from sosie.stores.base import Store
from sosie.types import EMBEDDING, Hit, Item, Progress, Record, Rejection

DEPTH = 100
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """How to evaluate: by which attribute an answer is judged, by which query attributes figures are broken down,
    and how many products of each answer are looked at."""

    by: str = BY_PRODUCT
    per: tuple[str, ...] = ()
    depth: int = DEPTH
    calibration: str | None = None


@dataclass(frozen=True, slots=True)
class AnsweredQueries:
    """A batch of labelled queries with their answers, one each, best product first, and those that got none.

    ``probabilities`` are those of the first products, None where the store is not calibrated; ``seconds`` is what each
    query took.
    """

    items: tuple[Item, ...]
    answers: tuple[Sequence[Hit], ...]
    probabilities: tuple[float | None, ...]
    rejections: tuple[Rejection, ...]
    seconds: float


@dataclass(slots=True)
class _Found:
    answered: list[Answered] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Question:
    item: Item
    wanted: Where
    relevant: int
    hits: Sequence[Hit]
    probability: float | None
    seconds: float


def evaluate(
    store: Store,
    uri: str,
    queries: Iterable[AnsweredQueries] | None,
    plan: Plan,
    total: int | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Evaluation:
    """Judge the answers to labelled queries, or with None leave one out: ask with every item but its own picture.

    Memory grows by some hundred bytes a query, whatever the size of pictures and store.
    """
    began = time.perf_counter()
    vector_name = store.manifest.active[EMBEDDING]
    judge, found = Judge(store, plan.by), _Found()
    batches = (
        _left_one_out(store, vector_name, judge, plan, found) if queries is None else _asked(queries, judge, found)
    )
    for batch in batches:
        found.answered += [_answered(question, judge, plan) for question in batch]
        done = len(found.answered) + len(found.rejected)
        on_progress(Progress(done, total, len(found.rejected)))
    setting = _setting(store, uri, plan, vector_name, queries is None)
    return Evaluation(setting, tuple(found.answered), tuple(found.rejected), time.perf_counter() - began, plan.per)


def _asked(queries: Iterable[AnsweredQueries], judge: Judge, found: _Found) -> Iterator[list[_Question]]:
    for batch in queries:
        found.rejected += batch.rejections
        rows, wanted = _judgeable(batch.items, judge, found)
        yield [
            _Question(batch.items[row], where, relevant, batch.answers[row], batch.probabilities[row], batch.seconds)
            for row, where, relevant in zip(rows, wanted, judge.totals(wanted), strict=True)
        ]


def _left_one_out(store: Store, vector_name: str, judge: Judge, plan: Plan, found: _Found) -> Iterator[list[_Question]]:
    for batch in stored_items(store, vector_name):
        found.rejected += batch.rejections
        rows, wanted = _judgeable(batch.items, judge, found)
        if not rows:
            yield []
            continue
        began = time.perf_counter()
        items, vectors = [batch.items[row] for row in rows], batch.vectors[rows]
        answers = store.search(vector_name, vectors, plan.depth + 1, distinct="product_id")
        seconds = batch.seconds + (time.perf_counter() - began) / len(rows)
        totals, others = judge.totals(wanted), others_of(store, vector_name, items, vectors, wanted)
        questions = []
        for item, where, relevant, answer, own in zip(items, wanted, totals, answers, others, strict=True):
            left, still = _left_out(answer, relevant, where, item, own, plan.depth)
            questions.append(_Question(item, where, still, left, None, seconds))
        yield questions


def _judgeable(items: Sequence[Item], judge: Judge, found: _Found) -> tuple[list[int], list[Where]]:
    """The rows of the queries that can be judged, and what would be right for each; the others are rejected."""
    rows: list[int] = []
    wanted: list[Where] = []
    for row, item in enumerate(items):
        where = judge.wanted(item)
        if isinstance(where, Rejection):
            found.rejected.append(where)
        else:
            rows.append(row)
            wanted.append(where)
    return rows, wanted


def _left_out(
    hits: Sequence[Hit], relevant: int, wanted: Where, item: Item, others: Others, depth: int
) -> tuple[Sequence[Hit], int]:
    own_counted = is_right(wanted, _as_record(item))
    return without_own(hits, item, others, depth), relevant - (own_counted and not others.right)


def _answered(question: _Question, judge: Judge, plan: Plan) -> Answered:
    item, hits = question.item, question.hits
    right = [is_right(question.wanted, hit.record) for hit in hits]
    return Answered(
        query=item.item_id,
        product_id=item.product_id,
        label=judge.label(_as_record(item)),
        image=item.image if isinstance(item.image, str) else item.image[0],
        groups={name: text_of(item.attributes.get(name)) for name in plan.per},
        right=tuple(place for place, one in enumerate(right, start=1) if one),
        relevant=question.relevant,
        first=tuple(_shown(hit, judge, one) for hit, one in zip(hits[:SHOWN], right, strict=False)),
        probability=question.probability,
        seconds=question.seconds,
    )


def _shown(hit: Hit, judge: Judge, right: bool) -> Shown:
    record = hit.record
    title = text_of(role_values(record.attributes).get("title")) or record.product_id
    score = None if hit.score is None else round(hit.score, 6)
    return Shown(hit.item_id, record.product_id, title, judge.label(record), score, right)


def _as_record(item: Item) -> Record:
    return Record(item.item_id, item.product_id, item.image, item.links, item.attributes)


def _setting(store: Store, uri: str, plan: Plan, vector_name: str, leave_one_out: bool) -> EvaluationSetting:
    embedder = store.manifest.embedder
    [products] = store.facets([BY_PRODUCT], limit=1)
    return EvaluationSetting(
        store=uri,
        embedder=embedder.name,
        fingerprint=embedder.fingerprint,
        generation=vector_name,
        calibration=plan.calibration,
        by=plan.by,
        leave_one_out=leave_one_out,
        depth=plan.depth,
        items=store.count(),
        products=products.distinct,
    )
