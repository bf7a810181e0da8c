"""Renders an evaluation as an HTML page."""

from __future__ import annotations

from dataclasses import dataclass

from sosie.evaluation.page import charts
from sosie.evaluation.page.examples import right_answers, wrong_answers
from sosie.evaluation.page.pictures import PagePictures
from sosie.evaluation.records import Answered, Evaluation
from sosie.evaluation.relevance import BY_PRODUCT
from sosie.evaluation.summary import confusions_of, groups_of, median_seconds, metrics_of, probability_quality
from sosie.support.wording import amount

CARDS = ("hit rate@1", "hit rate@5", "hit rate@10", "mAP")
SHOWN_ANSWERS = 5
SHOWN_CONFUSIONS = 12
SHOWN_REJECTIONS = 20


@dataclass(frozen=True, slots=True)
class Card:
    """A picture with its caption; ``state`` is right, wrong or wanted."""

    picture: str | None
    title: str
    note: str
    state: str


@dataclass(frozen=True, slots=True)
class Example:
    """A query with its first matches. If the right product is not among them, it is added."""

    picture: str | None
    query: str
    wanted: str
    answers: tuple[Card, ...]
    missing: Card | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A confusion: the right product, and the product that ranked first instead."""

    wanted: Card
    answered: Card
    times: int
    queries: int


def render_evaluation_page(evaluation: Evaluation, pictures: PagePictures) -> str:
    """The HTML page, self-contained with its styles, charts and pictures."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sosie.evaluation.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    judged, depth = evaluation.judged, evaluation.setting.depth
    reached = min(depth, evaluation.setting.products)
    quality = probability_quality(evaluation)
    return environment.get_template("page.html.jinja").render(
        evaluation=evaluation,
        amount=amount,
        setting=evaluation.setting,
        metrics=metrics_of(judged, depth),
        cards=CARDS,
        hits=charts.found_within(judged, reached) if judged else None,
        places=charts.places(judged, reached) if judged else [],
        calibrated=quality,
        reliability=charts.reliability_chart(quality.bins) if quality else None,
        groups={name: groups_of(evaluation, name) for name in evaluation.per},
        pairs=_pairs(evaluation, pictures),
        wrong=[_example(evaluation, query, pictures) for query in wrong_answers(judged)],
        right=[_example(evaluation, query, pictures) for query in right_answers(judged)],
        median=median_seconds(evaluation),
        chart=charts,
        shown_rejections=SHOWN_REJECTIONS,
    )


def _pairs(evaluation: Evaluation, pictures: PagePictures) -> list[Pair]:
    return [
        Pair(
            Card(pictures.of_product(confusion.wanted_product), confusion.wanted, "wanted", "wanted"),
            Card(pictures.of_item(confusion.answered_item), confusion.answered, "answered", "wrong"),
            confusion.times,
            confusion.queries,
        )
        for confusion in confusions_of(evaluation, SHOWN_CONFUSIONS)
    ]


def _example(evaluation: Evaluation, query: Answered, pictures: PagePictures) -> Example:
    stored = evaluation.setting.leave_one_out
    answers = tuple(
        Card(
            pictures.of_item(shown.item_id),
            shown.title,
            "" if shown.score is None else f"{shown.score:.3f}",
            "right" if shown.right else "wrong",
        )
        for shown in query.first[:SHOWN_ANSWERS]
    )
    return Example(
        pictures.of_item(query.query) if stored else pictures.of_file(query.image),
        query.query,
        query.label,
        answers,
        _missing(evaluation, query, pictures),
    )


def _missing(evaluation: Evaluation, query: Answered, pictures: PagePictures) -> Card | None:
    if evaluation.setting.by != BY_PRODUCT or (query.place or SHOWN_ANSWERS + 1) <= SHOWN_ANSWERS:
        return None
    place = f"place {query.place}" if query.place else f"not in {evaluation.setting.depth}"
    return Card(pictures.of_product(query.product_id), query.label, place, "wanted")
