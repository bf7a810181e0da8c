"""Computes the points and boxes of the charts that the template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sosie.evaluation.records import Answered
from sosie.evaluation.reliability import Bin

WIDTH, HEIGHT = 560, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 14, 30
_STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
MOST_PLACES = 20
_BORDERS = (1, 2, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a chart in the chart's coordinates, with its text; ``size`` is a radius."""

    x: float
    y: float
    text: str
    size: float = 4.0


@dataclass(frozen=True, slots=True)
class Chart:
    """A line with marks, and positions of grid lines and axis labels."""

    line: str
    area: str
    marks: tuple[Mark, ...]
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A named share of the queries; ``kind`` selects its color."""

    name: str
    count: int
    share: float
    kind: str


def found_within(judged: Sequence[Answered], depth: int) -> Chart:
    """The share of queries with a right match among the first k, for k = 1, 2, …"""
    last = max(2, min(depth, MOST_PLACES))
    places = [query.place or depth + 1 for query in judged]
    shares = [sum(place <= k for place in places) / len(places) for k in range(1, last + 1)]
    points = [(_x((k - 1) / (last - 1)), _y(share)) for k, share in enumerate(shares, start=1)]
    named = [k for k in (1, 5, 10, last) if k <= last]
    marks = tuple(Mark(*points[k - 1], f"{shares[k - 1]:.0%}") for k in dict.fromkeys(named))
    across = tuple(Mark(points[k - 1][0], HEIGHT - 8, str(k)) for k in dict.fromkeys(named))
    return _chart(points, marks, across)


def reliability_chart(bins: Sequence[Bin]) -> Chart:
    """The share of right answers against the probability, with a point for each bin."""
    points = [(_x(group.probability), _y(group.right)) for group in bins]
    marks = tuple(
        Mark(x, y, f"{group.probability:.0%} stated, {group.right:.0%} right, {group.count} answers")
        for (x, y), group in zip(points, bins, strict=True)
    )
    across = tuple(Mark(_x(step), HEIGHT - 8, f"{step:.0%}") for step in _STEPS)
    return _chart(points, marks, across)


def places(judged: Sequence[Answered], depth: int) -> list[Bar]:
    """The distribution of the rank of the first right match."""
    borders = [border for border in _BORDERS if border <= depth]
    first_ranks = [border.place for border in judged if border.place is not None]
    bars, low = [], 1
    for high in borders + ([depth] if depth > borders[-1] else []):
        count = sum(low <= place <= high for place in first_ranks)
        kind = "good" if high == 1 else "fair"
        bars.append(Bar(str(high) if low == high else f"{low}–{high}", count, count / len(judged), kind))
        low = high + 1
    missed = len(judged) - len(first_ranks)
    return [*bars, Bar("not found", missed, missed / len(judged), "bad")]


def _chart(points: Sequence[tuple[float, float]], marks: tuple[Mark, ...], across: tuple[Mark, ...]) -> Chart:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    area = f"{points[0][0]:.1f},{_y(0):.1f} {line} {points[-1][0]:.1f},{_y(0):.1f}"
    return Chart(line, area, marks, across, tuple(Mark(_LEFT - 8, _y(step), f"{step:.0%}") for step in _STEPS))


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (HEIGHT - _TOP - _BOTTOM)
