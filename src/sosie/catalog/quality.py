"""Evaluates a catalog, and finds its duplicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sosie.catalog.asking import process_source
from sosie.catalog.options import check_k
from sosie.catalog.resources import Resources
from sosie.errors import UsageError
from sosie.evaluation.grouping import refuse_unknown
from sosie.evaluation.page.page import render_evaluation_page
from sosie.evaluation.page.pictures import PagePictures
from sosie.evaluation.records import Evaluation
from sosie.evaluation.running import Plan, evaluate
from sosie.searching.photos import answers_to
from sosie.searching.searcher import Searcher
from sosie.sources.base import Source
from sosie.sources.opening import opened
from sosie.types import Progress

if TYPE_CHECKING:
    from sosie.duplicates.records import DuplicateReport


def evaluate_catalog(
    resources: Resources,
    queries: Source | str | Path | None,
    by: str,
    leave_one_out: bool,
    per: Sequence[str],
    depth: int,
    workers: int | None,
    on_progress: Callable[[Progress], None],
) -> Evaluation:
    """Searches with labeled pictures and records the answers; see ``CatalogProtocol.evaluate``."""
    if (queries is None) != leave_one_out:
        raise UsageError("an evaluation needs either labeled queries or leave_one_out, and not both")
    store, plan = resources.store, Plan(by, tuple(per), check_k(depth))
    source = None if queries is None else opened(queries)
    refuse_unknown(per, source, store)
    if source is None:
        return evaluate(store, resources.uri, None, plan, store.count(), on_progress)
    knowledge = resources.knowledge
    searcher = Searcher(store, knowledge)
    answers = process_source(resources, knowledge, source, lambda photos: answers_to(photos, searcher, depth), workers)
    plan = replace(plan, calibration=searcher.calibration)
    return evaluate(store, resources.uri, answers, plan, source.count(), on_progress)


def evaluation_page(resources: Resources, evaluation: Evaluation) -> str:
    """The evaluation as one HTML page with pictures of the catalog."""
    return render_evaluation_page(evaluation, PagePictures(resources.store, resources.limits))


def duplicates_of(
    resources: Resources, workers: int | None, on_progress: Callable[[int, int | None], None]
) -> DuplicateReport:
    """Groups of items whose pictures are copies of each other, or whose products share a code."""
    from sosie.duplicates import find_duplicates

    return find_duplicates(resources.store, workers, on_progress)


def duplicates_page(resources: Resources, report: DuplicateReport) -> str:
    """The groups as one HTML page with pictures of the catalog."""
    from sosie.duplicates.page.page import render_duplicates_page

    return render_duplicates_page(report, resources.uri, PagePictures(resources.store, resources.limits))
