"""Records of an evaluation, one for each query; all figures are computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from sosie.evaluation.metrics import Ranking
from sosie.types import JSON, Rejection


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the first matches of a query; ``label`` is the value by which it is judged right or wrong."""

    item_id: str
    product_id: str
    title: str
    label: str
    score: float | None
    right: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A query and its result.

    - ``right``: the ranks, from 1, of the right matches among the first ``Evaluation.depth``.
    - ``relevant``: the number of right products in the gallery; 0 if the gallery lacks the query's product.
    - ``groups``: the attributes for figures by group.
    - ``probability``: the probability of the first match; None while the store is not calibrated.
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
        """The rank of the first right match; None if there is none."""
        return self.right[0] if self.right else None


@dataclass(frozen=True, slots=True)
class EvaluationSetting:
    """The settings of an evaluation."""

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
    """The result of an evaluation. ``seconds`` is its total time.

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
        """The queries with a right product in the gallery. Figures are computed over these."""
        return tuple(query for query in self.answered if query.relevant)

    @property
    def absent(self) -> tuple[Answered, ...]:
        """The queries without a right product in the gallery."""
        return tuple(query for query in self.answered if not query.relevant)


def ranking_of(answered: Sequence[Answered], depth: int) -> Ranking:
    """The ranked lists of these queries, for the metrics."""
    right = np.zeros((len(answered), depth), np.bool_)
    for row, query in enumerate(answered):
        right[row, [place - 1 for place in query.right]] = True
    return Ranking(right, np.array([query.relevant for query in answered], np.int64))


def answered_to_dict(answered: Answered) -> dict[str, JSON]:
    """One query's row in the JSON of an evaluation."""
    return {**asdict(answered), "groups": dict(answered.groups), "place": answered.place}


def answered_from_dict(row: Mapping[str, JSON]) -> Answered:
    """Reads the query that ``answered_to_dict`` wrote; ``KeyError`` or ``TypeError`` for other data."""
    values = {name: value for name, value in row.items() if name != "place"}
    shown = tuple(Shown(**match) for match in values.pop("first"))
    return Answered(**{**values, "right": tuple(values["right"]), "first": shown})
