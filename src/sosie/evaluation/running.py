"""Runs an evaluation: judges the result of every labeled query, and keeps the numbers that figures need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sosie.evaluation.leave_one_out import OtherViews, other_views_of, stored_items, without_own
from sosie.evaluation.records import Answered, Evaluation, EvaluationSetting, Shown
from sosie.evaluation.relevance import BY_PRODUCT, DEPTH, Judge, is_right, text_of
from sosie.filters import Where
from sosie.roles import role_values
from sosie.stores.base import Store
from sosie.types import EMBEDDING, Hit, Item, Progress, Record, Rejection

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of an evaluation.

    It holds the attribute by which matches are judged, the attributes for figures by group, and the number of products
    of each result to judge.
    """

    by: str = BY_PRODUCT
    per: tuple[str, ...] = ()
    depth: int = DEPTH
    calibration: str | None = None


@dataclass(frozen=True, slots=True)
class AnsweredQueries:
    """A batch of labeled queries with their results, best product first, and rejections of queries without a result.

    ``probabilities`` are those of the first products, None while the store is not calibrated. ``seconds`` is the time
    of one query.
    """

    items: tuple[Item, ...]
    answers: tuple[Sequence[Hit], ...]
    probabilities: tuple[float | None, ...]
    rejections: tuple[Rejection, ...]
    seconds: float


@dataclass(slots=True)
class _Tally:
    answered: list[Answered] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _JudgedQuery:
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
    """Judges the results of labeled queries. With ``queries`` None, every item of the store is a query (leave-one-out).

    Memory grows by a few hundred bytes a query, whatever the size of pictures and store.
    """
    began = time.perf_counter()
    vector_name = store.manifest.active[EMBEDDING]
    judge, tally = Judge(store, plan.by), _Tally()
    batches = (
        _judge_left_out(store, vector_name, judge, plan, tally)
        if queries is None
        else _judge_answers(queries, judge, tally)
    )
    for batch in batches:
        tally.answered += [_answered(query, judge, plan) for query in batch]
        done = len(tally.answered) + len(tally.rejected)
        on_progress(Progress(done, total, len(tally.rejected)))
    setting = _setting(store, uri, plan, vector_name, queries is None)
    return Evaluation(setting, tuple(tally.answered), tuple(tally.rejected), time.perf_counter() - began, plan.per)


def _judge_answers(queries: Iterable[AnsweredQueries], judge: Judge, tally: _Tally) -> Iterator[list[_JudgedQuery]]:
    for batch in queries:
        tally.rejected += batch.rejections
        rows, wanted = _judgeable(batch.items, judge, tally)
        yield [
            _JudgedQuery(batch.items[row], where, relevant, batch.answers[row], batch.probabilities[row], batch.seconds)
            for row, where, relevant in zip(rows, wanted, judge.totals(wanted), strict=True)
        ]


def _judge_left_out(
    store: Store, vector_name: str, judge: Judge, plan: Plan, tally: _Tally
) -> Iterator[list[_JudgedQuery]]:
    for batch in stored_items(store, vector_name):
        tally.rejected += batch.rejections
        rows, wanted = _judgeable(batch.items, judge, tally)
        if not rows:
            yield []
            continue
        began = time.perf_counter()
        items, vectors = [batch.items[row] for row in rows], batch.vectors[rows]
        answers = store.search(vector_name, vectors, plan.depth + 1, distinct="product_id")
        seconds = batch.seconds + (time.perf_counter() - began) / len(rows)
        totals, views = judge.totals(wanted), other_views_of(store, vector_name, items, vectors, wanted)
        judged = []
        for item, where, relevant, answer, own in zip(items, wanted, totals, answers, views, strict=True):
            left, still = _left_out(answer, relevant, where, item, own, plan.depth)
            judged.append(_JudgedQuery(item, where, still, left, None, seconds))
        yield judged


def _judgeable(items: Sequence[Item], judge: Judge, tally: _Tally) -> tuple[list[int], list[Where]]:
    """The rows of the queries that can be judged, with the condition for right matches; other queries are rejected."""
    rows: list[int] = []
    wanted: list[Where] = []
    for row, item in enumerate(items):
        where = judge.wanted(item)
        if isinstance(where, Rejection):
            tally.rejected.append(where)
        else:
            rows.append(row)
            wanted.append(where)
    return rows, wanted


def _left_out(
    hits: Sequence[Hit], relevant: int, wanted: Where, item: Item, views: OtherViews, depth: int
) -> tuple[Sequence[Hit], int]:
    own_counted = is_right(wanted, _as_record(item))
    return without_own(hits, item, views, depth), relevant - (own_counted and not views.right)


def _answered(query: _JudgedQuery, judge: Judge, plan: Plan) -> Answered:
    item, hits = query.item, query.hits
    right = [is_right(query.wanted, hit.record) for hit in hits]
    return Answered(
        query=item.item_id,
        product_id=item.product_id,
        label=judge.label(_as_record(item)),
        image=item.image if isinstance(item.image, str) else item.image[0],
        groups={name: text_of(item.attributes.get(name)) for name in plan.per},
        right=tuple(place for place, is_match in enumerate(right, start=1) if is_match),
        relevant=query.relevant,
        first=tuple(_shown(hit, judge, is_match) for hit, is_match in zip(hits[:SHOWN], right, strict=False)),
        probability=query.probability,
        seconds=query.seconds,
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
