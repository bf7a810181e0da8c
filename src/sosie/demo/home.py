"""Drawings of things for a home."""

from __future__ import annotations

import numpy as np

from sosie.demo.canvas import Canvas
from sosie.demo.outlines import Points, box, moved, oval, points, revolved, smooth
from sosie.demo.paint import Color, Paint, darker, lighter, mix
from sosie.demo.prints import ProductDesign, motif

_EARTH = (84, 62, 48)
_LEAF = (66, 132, 78)


def mug(canvas: Canvas, look: ProductDesign) -> None:
    """A mug: plain, striped, dipped in glaze, or with a motif."""
    canvas.stroke(
        smooth([(66, 38), (82, 38), (86, 52), (80, 66), (65, 68)], closed=False), 6.5, Paint(look.main, "down")
    )
    body = revolved([(24, 25), (30, 25.5), (74, 24), (82, 20)], 44)
    canvas.fill(body, Paint(look.main, "cylinder"))
    with canvas.within(body):
        _glaze(canvas, look)
    canvas.fill(oval(44, 24, 25, 6), Paint(lighter(look.main, 0.35)))
    canvas.fill(oval(44, 24.8, 22.8, 4.9), Paint(darker(mix(look.main, (250, 250, 250), 0.4), 0.35), "down"))


def _glaze(canvas: Canvas, look: ProductDesign) -> None:
    if look.style == "stripes":
        for y in (38, 48, 58):
            canvas.fill(box(18, y, 70, y + 4.5), Paint(look.accent, "cylinder"))
    elif look.style == "dipped":
        canvas.fill(
            smooth([(10, 62), (30, 60), (44, 64), (60, 59), (80, 63), (80, 95), (10, 95)]),
            Paint(look.accent, "cylinder"),
        )
    elif look.style:
        for outline, color in motif(look.style, look.accent, 44, 54, 17):
            canvas.fill(outline, Paint(color))


def plate(canvas: Canvas, look: ProductDesign) -> None:
    """A plate from above: a rim, rings or petals."""
    canvas.fill(oval(50, 50, 43, 43), Paint(look.main, "across"))
    canvas.fill(oval(50, 50, 41, 41), Paint(lighter(look.main, 0.2), "down"))
    if look.style == "petals":
        for angle in range(0, 360, 30):
            canvas.fill(moved(oval(0, -34.5, 3, 5.6), 50, 50, degrees=angle), Paint(look.accent))
    else:
        canvas.stroke(oval(50, 50, 38, 38), 3 if look.style == "rim" else 1, Paint(look.accent))
    canvas.fill(oval(50, 50, 28, 28), Paint(darker(look.main, 0.08), "across"))
    canvas.fill(oval(50, 50.6, 27, 27), Paint(lighter(look.main, 0.25), "down"))
    if look.style == "rings":
        for radius in (24, 32, 35):
            canvas.stroke(oval(50, 50, radius, radius), 0.9, Paint(look.accent))


def lamp(canvas: Canvas, look: ProductDesign) -> None:
    """A table lamp with a ball, a stem or three legs under its shade."""
    if look.style == "ball":
        canvas.fill(oval(50, 72, 16, 16), Paint(look.accent, "ball"))
        canvas.fill(box(47.5, 46, 52.5, 60), Paint(darker(look.accent), "cylinder"))
    elif look.style == "tripod":
        for foot in (32, 50, 68):
            canvas.stroke(points((50, 46), (foot, 90)), 2.6, Paint(look.accent, "across"))
    else:
        canvas.fill(revolved([(44, 2), (84, 2), (87, 15), (90, 16)]), Paint(look.accent, "cylinder"))
    canvas.fill(oval(50, 46, 3, 2) if look.style == "tripod" else oval(50, 88.5, 13, 2.6), Paint(darker(look.accent)))
    canvas.fill(points((37, 9), (63, 9), (76, 48), (24, 48)), Paint(look.main, "cylinder"))
    canvas.fill(oval(50, 48, 26, 3.4), Paint(darker(look.main, 0.22), "across"))
    canvas.fill(oval(50, 48.5, 22, 2.4), Paint((255, 244, 208)))


def chair(canvas: Canvas, look: ProductDesign) -> None:
    """A shell chair on wooden or metal legs."""
    for top, foot in ((36, 27), (66, 73), (42, 39), (60, 61)):
        canvas.stroke(points((top, 60), (foot, 93)), 3, Paint(look.accent, "across"))
    back = smooth([(30, 12), (50, 8), (70, 12), (74, 30), (70, 56), (50, 60), (30, 56), (26, 30)])
    canvas.fill(back, Paint(look.main, "cylinder"))
    if look.style == "slats":
        for x in (36, 44, 52, 60):
            canvas.fill(box(x, 16, x + 3.4, 50, 1.7), Paint((250, 250, 250)))
    canvas.fill(
        smooth([(26, 52), (50, 50), (74, 52), (80, 62), (68, 70), (50, 72), (32, 70), (20, 62)]),
        Paint(lighter(look.main, 0.14), "down"),
    )
    if look.style == "cushion":
        canvas.fill(oval(50, 58, 22, 7), Paint(lighter(look.main, 0.5), "down"))


def plant(canvas: Canvas, look: ProductDesign) -> None:
    """A plant in a pot: a rubber plant, a cactus or a snake plant."""
    {"cactus": _cactus, "blades": _blades}.get(look.style, _foliage)(canvas)
    canvas.fill(points((32, 64), (68, 64), (63, 93), (37, 93)), Paint(look.main, "cylinder"))
    canvas.fill(box(29.5, 59, 70.5, 67, 1.5), Paint(lighter(look.main, 0.1), "cylinder"))
    canvas.fill(oval(50, 59.4, 19.5, 1.8), Paint(_EARTH))


def _foliage(canvas: Canvas) -> None:
    for x, y, degrees, size in (
        (34, 40, -48, 0.40),
        (66, 40, 48, 0.40),
        (40, 24, -22, 0.42),
        (61, 22, 24, 0.42),
        (50, 34, 0, 0.46),
    ):
        canvas.stroke(points((50, 60), (x, y)), 1.4, Paint(darker(_LEAF)))
        _draw_leaf(canvas, x, y, degrees, size)


def _draw_leaf(canvas: Canvas, x: float, y: float, degrees: float, size: float) -> None:
    blade = smooth([(0, -46), (26, -12), (20, 26), (0, 44), (-20, 26), (-26, -12)])
    canvas.fill(moved(blade, x, y, size, degrees), Paint(_LEAF, "across"))
    canvas.fill(
        moved(points((-1.5, -40), (1.5, -40), (2, 42), (-2, 42)), x, y, size, degrees), Paint(lighter(_LEAF, 0.4))
    )


def _cactus(canvas: Canvas) -> None:
    for body in (
        box(41, 14, 59, 64, 9),
        box(24, 28, 34, 48, 5),
        box(66, 22, 76, 44, 5),
        box(24, 42, 46, 49, 4),
        box(56, 38, 76, 45, 4),
    ):
        canvas.fill(body, Paint((86, 148, 104), "cylinder"))
    for x in (45, 50, 55):
        canvas.stroke(points((x, 20), (x, 58)), 0.6, Paint((210, 232, 196)))
    canvas.fill(moved(oval(0, 0, 5, 4), 50, 13), Paint((236, 110, 140), "ball"))


def _blades(canvas: Canvas) -> None:
    for foot, tip, top in ((42, 26, 20), (58, 76, 18), (46, 40, 8), (55, 60, 6), (50, 50, 14)):
        edge = smooth([(foot - 5, 62), (tip - 4.4, 36), (tip, top), (tip + 4.4, 36), (foot + 5, 62)])
        canvas.fill(edge, Paint((214, 200, 96)))
        canvas.fill(np.asarray((edge - [tip, 40]) * [0.62, 0.95] + [tip, 41]), Paint((58, 112, 76), "down"))


def vase(canvas: Canvas, look: ProductDesign) -> None:
    """A vase, slim or round, with rings or a motif."""
    slim = [(10, 9), (18, 7), (40, 15), (68, 20), (86, 15), (92, 13)]
    belly = [(14, 12), (20, 9), (28, 11), (48, 29), (66, 31), (84, 20), (91, 15)]
    body = revolved(slim if look.style == "slim" else belly)
    canvas.fill(body, Paint(look.main, "cylinder"))
    with canvas.within(body):
        _decorate(canvas, look)
    top, half = (10, 9) if look.style == "slim" else (14, 12)
    canvas.fill(oval(50, top, half, 1.9), Paint(darker(look.main, 0.5)))


def _decorate(canvas: Canvas, look: ProductDesign) -> None:
    if look.style in ("slim", "belly"):
        for y in (52, 60):
            canvas.fill(box(10, y, 90, y + 3), Paint(look.accent, "cylinder"))
        return
    for outline, color in motif(look.style, look.accent, 50, 60, 19):
        canvas.fill(outline, Paint(color))


def clock(canvas: Canvas, look: ProductDesign) -> None:
    """A wall clock; ``style`` selects the hours with a mark."""
    canvas.fill(oval(50, 50, 42, 42), Paint(look.main, "across"))
    canvas.fill(oval(50, 50, 36, 36), Paint((250, 249, 245), "down"))
    for hour in range(12):
        if look.style == "all" or hour % 3 == 0:
            canvas.fill(moved(_mark(hour), 50, 50, degrees=hour * 30), Paint(look.accent))
    for degrees, length, width in ((305, 20, 3.2), (60, 28, 2.2)):
        canvas.stroke(moved(points((0, 4), (0, -length)), 50, 50, degrees=degrees), width, Paint((44, 44, 50)))
    canvas.fill(oval(50, 50, 2.6, 2.6), Paint(look.accent))


def _mark(hour: int) -> Points:
    long, half = (8, 1.4) if hour % 3 == 0 else (4, 0.9)
    return box(-half, -33, half, -33 + long)


def cushion(canvas: Canvas, look: ProductDesign) -> None:
    """A cushion: plain, checked, striped or with a motif."""
    body = smooth([(14, 14), (50, 19), (86, 14), (81, 50), (86, 86), (50, 81), (14, 86), (19, 50)])
    canvas.fill(body, Paint(look.main, "ball"))
    with canvas.within(body):
        _weave(canvas, look.style, look.accent)


def _weave(canvas: Canvas, style: str, color: Color) -> None:
    if style == "check":
        for row in range(6):
            for column in range(row % 2, 6, 2):
                canvas.fill(box(14 + 12 * column, 14 + 12 * row, 26 + 12 * column, 26 + 12 * row), Paint(color))
    elif style == "stripes":
        for x in range(18, 86, 12):
            canvas.fill(box(x, 8, x + 5, 92), Paint(color, "down"))
    else:
        for outline, shade in motif(style, color, 50, 50, 24):
            canvas.fill(outline, Paint(shade))
