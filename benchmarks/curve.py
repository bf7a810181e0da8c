"""A chart of lines as SVG, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, TOP, RIGHT, BOTTOM = 60, 20, 220, 50
COLORS = ("#c2410c", "#0369a1", "#15803d", "#7e22ce", "#a16207", "#be123c", "#0f766e", "#475569")

Line = Sequence[tuple[float, float]]


def curve(lines: Mapping[str, Mapping[str, Line]], across: str, up: str, least: float) -> str:
    """Each entry is a color; its first line is solid, the second dashed. Sizes go across in powers of ten.

    Shares go up from ``least`` to 1.
    """
    every = [point for of_set in lines.values() for line in of_set.values() for point in line]
    low, high = (math.log10(bound(x for x, _ in every)) for bound in (min, max))

    def place(x: float, y: float) -> tuple[float, float]:
        share = (math.log10(x) - low) / ((high - low) or 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT), TOP + (1 - (y - least) / (1 - least)) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="#64748b" role="img" aria-label="{escape(up)} by {escape(across)}">'
    ]
    for y in [round(least + step * (1 - least) / 5, 2) for step in range(6)]:
        _, at = place(10**low, y)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#94a3b8" stroke-opacity=".4"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{y:.2f}</text>')
    for x in sorted({x for x, _ in every}):
        parts.append(f'<text x="{place(x, 1)[0]:.1f}" y="{HEIGHT - 28}" text-anchor="middle">{x:,.0f}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>'
    )
    for number, (name, of_set) in enumerate(lines.items()):
        color, row = COLORS[number % len(COLORS)], TOP + 16 + 20 * number
        for dashes, line in zip(("", ' stroke-dasharray="5 4"'), of_set.values(), strict=False):
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in (place(*point) for point in line))
            parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"{dashes}/>')
        parts.append(f'<path d="M{WIDTH - RIGHT + 20} {row - 4}h24" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 52}" y="{row}">{escape(name)}</text>')
    legend = ", ".join(f"{kind}: {way}" for kind, way in zip(("solid", "dashed"), _ways(lines), strict=False))
    parts.append(
        f'<text x="{WIDTH - RIGHT + 20}" y="{TOP + 16 + 20 * len(lines) + 10}">{escape(legend)}</text></svg>\n'
    )
    return "\n".join(parts)


def _ways(lines: Mapping[str, Mapping[str, Line]]) -> list[str]:
    return list(dict.fromkeys(way for of_set in lines.values() for way in of_set))
