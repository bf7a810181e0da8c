"""Finds duplicates: gets candidate pairs, compares them, and joins them to groups."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

from sosie.codes.gtin import gtin_of
from sosie.duplicates.candidates import Pair, Survey, survey
from sosie.duplicates.describing import likeness
from sosie.duplicates.grouping import Groups
from sosie.duplicates.looks import ComparablePicture, comparable_picture
from sosie.duplicates.pairs import find_copy_overlay
from sosie.duplicates.records import DuplicateReport, Likeness
from sosie.duplicates.screening import Sketch, may_correlate, may_share_details
from sosie.knowledge.codes import codes_of
from sosie.knowledge.knowledge import knowledge_of
from sosie.stores.base import Store
from sosie.support.batches import in_order
from sosie.support.blas import one_blas_thread
from sosie.types import DETAILS, THUMBNAIL

_PAIRS_A_BATCH = 32
_KEPT_LOOKS = 512
"""Pictures that are kept in memory for comparison; each takes about 250 KB."""

Progress = Callable[[int, int | None], None]


def find_duplicates(
    store: Store, workers: int | None = None, on_progress: Progress = lambda done, total: None
) -> DuplicateReport:
    """Groups of items with the same picture, edited or not, or with the same code under several products.

    It uses the thumbnails, vectors and details in the store; an item without a thumbnail is compared by its bytes only.
    ``workers`` threads compare, by default one for each core. ``on_progress`` is called with the number of searched
    items, then with the number of compared pairs and the number of all pairs.
    """
    began = time.perf_counter()
    seen = survey(store, workers, on_items=lambda done: on_progress(done, None))
    groups = Groups()
    for first, second in seen.same_bytes:
        groups.join(Likeness(first, second, "same bytes"))
    pairs = sorted(seen.pairs)
    for done, evidence in enumerate(_compare_pairs(store, pairs, seen.sketches, groups, workers), start=1):
        if evidence is not None:
            groups.join(evidence)
        if done % _PAIRS_A_BATCH == 0 or done == len(pairs):
            on_progress(done, len(pairs))
    for evidence in _same_codes(store, seen):
        groups.join(evidence)
    return DuplicateReport(
        len(seen.products), groups.groups(seen.products), len(pairs), time.perf_counter() - began,
        tuple(seen.damaged),
    )  # fmt: skip


def _compare_pairs(
    store: Store, pairs: Sequence[Pair], sketches: Mapping[str, Sketch], groups: Groups, workers: int | None
) -> Iterator[Likeness | None]:
    """For each pair, the evidence that the two pictures are copies; None if they are not.

    If a pair is already in one group of ``groups``, which the caller extends, it is not compared: its evidence would
    not be used. Thumbnails and details are read only for pairs that may be copies by their sketches.
    """

    @lru_cache(maxsize=_KEPT_LOOKS)
    def look(item_id: str) -> ComparablePicture:
        [record] = store.get([item_id], (THUMBNAIL, DETAILS))
        return comparable_picture(record)

    def compared(first: str, second: str, by_details: bool) -> Likeness | None:
        copy_overlay = find_copy_overlay(look(first), look(second), by_details=by_details)
        return None if copy_overlay is None else likeness(first, second, copy_overlay)

    def work(batch: Sequence[Pair]) -> list[Likeness | None]:
        every, joined = list[Likeness | None](), Groups()
        for (first, second), (by_details, may_be_copies) in zip(batch, _screened(batch, sketches), strict=True):
            settled = groups.are_joined(first, second) or joined.are_joined(first, second)
            evidence = compared(first, second, by_details) if may_be_copies and not settled else None
            if evidence is not None:
                joined.join(evidence)
            every.append(evidence)
        return every

    with one_blas_thread():
        for ready in in_order(pairs, work, _PAIRS_A_BATCH, workers):
            for batch in ready:
                yield from batch


def _screened(pairs: Sequence[Pair], sketches: Mapping[str, Sketch]) -> Iterator[tuple[bool, bool]]:
    """For each pair, whether details may show that the two are copies, and whether anything may."""
    for first, same_first in itertools.groupby(pairs, key=itemgetter(0)):
        candidates = [sketches[second] for _, second in same_first]
        by_details = may_share_details(sketches[first], candidates)
        yield from zip(
            by_details.tolist(), (by_details | may_correlate(sketches[first], candidates)).tolist(), strict=True
        )


def _same_codes(store: Store, seen: Survey) -> Iterator[Likeness]:
    """Items of different products with the same code, if the catalog has an attribute for codes."""
    attribute = knowledge_of(store.manifest).code_attribute
    if attribute is None:
        return
    firsts: dict[str, str] = {}
    for record in store.scan():
        for code in codes_of(record, attribute):
            first = firsts.setdefault(gtin_of(code) or code, record.item_id)
            if seen.products[first] != record.product_id:
                yield Likeness(first, record.item_id, "same code", code=code)
