"""What an evaluation found, query by query; every figure is computed from this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from sosie.evaluation.metrics import Ranking
from sosie.types import JSON, Rejection


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the first answers to a query; ``label`` is what it was judged by."""

    item_id: str
    product_id: str
    title: str
    label: str
    score: float | None
    right: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A query and what became of it.

    ``right`` holds the places, from 1, of the right answers among the first ``Evaluation.depth``, and ``relevant``
    how many the gallery holds: 0 where the query's product is not in it. ``groups`` are the attributes by which
    figures are broken down; ``probability`` is that of the first answer, None while the store is not calibrated.
    """

    query: str
    product_id: str
    label: str
    image: str
    groups: Mapping[str, str]
    right: tuple[int, ...]
    relevant: int
    first: tuple[Shown, ...]
    probability: float | None
    seconds: float

    @property
    def place(self) -> int | None:
        """The place of the first right answer, None where none was found."""
        return self.right[0] if self.right else None


@dataclass(frozen=True, slots=True)
class EvaluationSetting:
    """What was evaluated, and how."""

    store: str
    embedder: str
    fingerprint: str
    generation: str
    calibration: str | None
    by: str
    leave_one_out: bool
    depth: int
    items: int
    products: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The outcome of one evaluation. ``seconds`` is how long all of it took.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     evaluation = catalog.evaluate(leave_one_out=True)
    >>> len(evaluation.judged)
    6
    """

    setting: EvaluationSetting
    answered: tuple[Answered, ...]
    rejected: tuple[Rejection, ...] = ()
    seconds: float = 0.0
    per: tuple[str, ...] = field(default=())

    @property
    def judged(self) -> tuple[Answered, ...]:
        """The queries that some answer in the gallery would satisfy; figures are over these."""
        return tuple(one for one in self.answered if one.relevant)

    @property
    def absent(self) -> tuple[Answered, ...]:
        """The queries for which nothing in the gallery is right."""
        return tuple(one for one in self.answered if not one.relevant)


def ranking_of(answered: Sequence[Answered], depth: int) -> Ranking:
    """The rank lists of these queries, as the metrics take them."""
    right = np.zeros((len(answered), depth), np.bool_)
    for row, one in enumerate(answered):
        right[row, [place - 1 for place in one.right]] = True
    return Ranking(right, np.array([one.relevant for one in answered], np.int64))


def answered_to_dict(answered: Answered) -> dict[str, JSON]:
    """One query's row in the JSON of an evaluation."""
    return {**asdict(answered), "groups": dict(answered.groups), "place": answered.place}


def answered_from_dict(row: Mapping[str, JSON]) -> Answered:
    """The query that ``answered_to_dict`` wrote; ``KeyError`` or ``TypeError`` where it is none."""
    values = {name: value for name, value in row.items() if name != "place"}
    shown = tuple(Shown(**one) for one in values.pop("first"))
    return Answered(**{**values, "right": tuple(values["right"]), "first": shown})
