"""Charts of lines as SVG, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, TOP, RIGHT, BOTTOM = 70, 20, 220, 50
COLORS = (
    "#c2410c", "#0369a1", "#15803d", "#7e22ce", "#a16207", "#be123c", "#0f766e", "#475569", "#65a30d", "#c026d3",
    "#0891b2", "#78350f", "#4338ca", "#9f1239",
)  # fmt: skip
GRID = 'stroke="#94a3b8" stroke-opacity=".4"'

Point = tuple[float, float]
Line = Sequence[Point]


@dataclass(frozen=True)
class Axis:
    """A name and marks in rising order; the first and the last mark are the ends. ``form`` writes a mark."""

    name: str
    marks: Sequence[float]
    logarithmic: bool = False
    form: str = ",g"

    def share(self, value: float) -> float:
        """How far along the axis a value lies, 0 at the first mark and 1 at the last."""
        low, high, here = (math.log10(x) if self.logarithmic else x for x in (self.marks[0], self.marks[-1], value))
        return (here - low) / ((high - low) or 1)


def powers_of_ten(values: Sequence[float]) -> list[float]:
    """Marks for a logarithmic axis around all values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def chart(lines: Mapping[str, Line], across: Axis, up: Axis, strong: str = "") -> str:
    """One color a line, with a dot at each point; lines whose name begins with ``strong`` are thicker."""
    parts = _frame(across, up)
    for number, (name, line) in enumerate(lines.items()):
        color = COLORS[number % len(COLORS)]
        width = 3.5 if strong and name.startswith(strong) else 1.5
        places = [_place(point, across, up) for point in line]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{width}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width + 1}" fill="{color}"/>' for x, y in places]
        row = TOP + 16 + 20 * number
        parts.append(f'<path d="M{WIDTH - RIGHT + 20} {row - 4}h24" stroke="{color}" stroke-width="{width}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 52}" y="{row}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _place(point: Point, across: Axis, up: Axis) -> Point:
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    return LEFT + across.share(point[0]) * width, TOP + (1 - up.share(point[1])) * height


def _frame(across: Axis, up: Axis) -> list[str]:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="#64748b" role="img" aria-label="{escape(up.name)} by {escape(across.name)}">'
    ]
    for mark in up.marks:
        _, y = _place((across.marks[0], mark), across, up)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" {GRID}/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:{up.form}}</text>')
    for mark in across.marks:
        x, _ = _place((mark, up.marks[0]), across, up)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" {GRID}/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 28}" text-anchor="middle">{mark:{across.form}}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across.name)}</text>')
    height = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'transform="rotate(-90 16 {height})" text-anchor="middle"'
    parts.append(f'<text x="16" y="{height}" {turned}>{escape(up.name)}</text>')
    return parts
