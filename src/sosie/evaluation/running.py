"""The run: every labelled query is asked, and what came is kept in the few numbers that the figures need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sosie.evaluation.judging import BY_PRODUCT, Judge, is_right, text_of
from sosie.evaluation.leave_one_out import Others, others_of, stored_items, without_own
from sosie.evaluation.records import Answered, Evaluation, Setting, Shown
from sosie.filters import Where
from sosie.indexing.embedding import Embedded
from sosie.indexing.pipeline import Progress
from sosie.stores.base import Store
from sosie.types import EMBEDDING, Hit, Item, Record, Rejection

DEPTH = 100
SHOWN = 5
Probability: TypeAlias = Callable[[Sequence[Hit]], float]
"""From the answer to a query, best first, to the probability that its first match is the same product."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to evaluate: by which attribute an answer is judged, by which query attributes figures are broken down,
    how many products of each answer are looked at, and what a calibrated store says of its first match."""

    by: str = BY_PRODUCT
    per: tuple[str, ...] = ()
    depth: int = DEPTH
    probability: Probability | None = None
    calibration: str | None = None


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
    seconds: float


def evaluate(
    store: Store,
    uri: str,
    queries: Iterable[Embedded] | None,
    plan: Plan,
    total: int | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Evaluation:
    """Ask with every embedded query, or with None leave one out: with every item of the store but its own picture.

    Memory grows by some hundred bytes a query, whatever the size of pictures and store.
    """
    began = time.perf_counter()
    vector_name = store.manifest.active[EMBEDDING]
    judge, found = Judge(store, plan.by), _Found()
    for batch in stored_items(store, vector_name) if queries is None else queries:
        found.rejected += batch.rejections
        for question in _asked(store, vector_name, judge, plan, batch, found, queries is None):
            found.answered.append(_answered(question, judge, plan))
        done = len(found.answered) + len(found.rejected)
        on_progress(Progress(done, total, len(found.rejected)))
    setting = _setting(store, uri, plan, vector_name, queries is None)
    return Evaluation(setting, tuple(found.answered), tuple(found.rejected), time.perf_counter() - began, plan.per)


def _asked(
    store: Store, vector_name: str, judge: Judge, plan: Plan, batch: Embedded, found: _Found, leave_out: bool
) -> Iterator[_Question]:
    rows: list[int] = []
    wanted: list[Where] = []
    for row, item in enumerate(batch.items):
        where = judge.wanted(item)
        if isinstance(where, Rejection):
            found.rejected.append(where)
        else:
            rows.append(row)
            wanted.append(where)
    if not rows:
        return
    began = time.perf_counter()
    items, vectors = [batch.items[row] for row in rows], batch.vectors[rows]
    hits = store.search(vector_name, vectors, plan.depth + leave_out, distinct="product_id")
    seconds = batch.seconds + (time.perf_counter() - began) / len(rows)
    totals = judge.totals(wanted)
    others = others_of(store, vector_name, items, vectors, wanted) if leave_out else [None] * len(rows)
    for item, where, relevant, answer, own in zip(items, wanted, totals, hits, others, strict=True):
        left, still = (answer, relevant) if own is None else _left_out(answer, relevant, where, item, own, plan.depth)
        yield _Question(item, where, still, left, seconds)


def _left_out(
    hits: Sequence[Hit], relevant: int, wanted: Where, item: Item, others: Others, depth: int
) -> tuple[Sequence[Hit], int]:
    own_counted = is_right(wanted, _as_record(item))
    return without_own(hits, item, others, depth), relevant - (own_counted and not others.right)


def _answered(question: _Question, judge: Judge, plan: Plan) -> Answered:
    item, hits = question.item, question.hits
    right = [is_right(question.wanted, hit.record) for hit in hits]
    probability = plan.probability(hits) if plan.probability and hits else None
    return Answered(
        query=item.item_id,
        product_id=item.product_id,
        label=judge.label(_as_record(item)),
        image=item.image if isinstance(item.image, str) else item.image[0],
        groups={name: text_of(item.attributes.get(name)) for name in plan.per},
        right=tuple(place for place, one in enumerate(right, start=1) if one),
        relevant=question.relevant,
        first=tuple(_shown(hit, judge, one) for hit, one in zip(hits[:SHOWN], right, strict=False)),
        probability=probability,
        seconds=question.seconds,
    )


def _shown(hit: Hit, judge: Judge, right: bool) -> Shown:
    record = hit.record
    title = text_of(record.attributes.get("title")) or record.product_id
    score = None if hit.score is None else round(hit.score, 6)
    return Shown(hit.item_id, record.product_id, title, judge.label(record), score, right)


def _as_record(item: Item) -> Record:
    return Record(item.item_id, item.product_id, item.image, item.links, item.attributes)


def _setting(store: Store, uri: str, plan: Plan, vector_name: str, leave_one_out: bool) -> Setting:
    embedder = store.manifest.embedder
    [products] = store.facets([BY_PRODUCT], limit=1)
    return Setting(
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
