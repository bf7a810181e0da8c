"""From an evaluation to the page."""

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
    """A query beside its first answers, and the product that should have been among them where it is not."""

    picture: str | None
    query: str
    wanted: str
    answers: tuple[Card, ...]
    missing: Card | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two products that are taken for each other."""

    wanted: Card
    answered: Card
    times: int
    queries: int


def render_evaluation_page(evaluation: Evaluation, pictures: PagePictures) -> str:
    """The whole page as text; styles, charts and pictures are within it, and nothing is fetched."""
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
    known = probability_quality(evaluation)
    return environment.get_template("page.html.jinja").render(
        evaluation=evaluation,
        amount=amount,
        setting=evaluation.setting,
        metrics=metrics_of(judged, depth),
        cards=CARDS,
        found=charts.found_within(judged, reached) if judged else None,
        places=charts.places(judged, reached) if judged else [],
        calibrated=known,
        reliability=charts.reliability_chart(known.bins) if known else None,
        groups={name: groups_of(evaluation, name) for name in evaluation.per},
        pairs=_pairs(evaluation, pictures),
        wrong=[_example(evaluation, one, pictures) for one in wrong_answers(judged)],
        right=[_example(evaluation, one, pictures) for one in right_answers(judged)],
        median=median_seconds(evaluation),
        chart=charts,
        shown_rejections=SHOWN_REJECTIONS,
    )


def _pairs(evaluation: Evaluation, pictures: PagePictures) -> list[Pair]:
    return [
        Pair(
            Card(pictures.of_product(one.wanted_product), one.wanted, "wanted", "wanted"),
            Card(pictures.of_item(one.answered_item), one.answered, "answered", "wrong"),
            one.times,
            one.queries,
        )
        for one in confusions_of(evaluation, SHOWN_CONFUSIONS)
    ]


def _example(evaluation: Evaluation, one: Answered, pictures: PagePictures) -> Example:
    stored = evaluation.setting.leave_one_out
    answers = tuple(
        Card(
            pictures.of_item(shown.item_id),
            shown.title,
            "" if shown.score is None else f"{shown.score:.3f}",
            "right" if shown.right else "wrong",
        )
        for shown in one.first[:SHOWN_ANSWERS]
    )
    return Example(
        pictures.of_item(one.query) if stored else pictures.of_file(one.image),
        one.query,
        one.label,
        answers,
        _missing(evaluation, one, pictures),
    )


def _missing(evaluation: Evaluation, one: Answered, pictures: PagePictures) -> Card | None:
    if evaluation.setting.by != BY_PRODUCT or (one.place or SHOWN_ANSWERS + 1) <= SHOWN_ANSWERS:
        return None
    place = f"place {one.place}" if one.place else f"not in {evaluation.setting.depth}"
    return Card(pictures.of_product(one.product_id), one.label, place, "wanted")
