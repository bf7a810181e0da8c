"""Drawings for leisure: toys, books, balls and audio."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sosie.demo.canvas import Canvas
from sosie.demo.outlines import box, moved, oval, points, smooth
from sosie.demo.paint import Paint, darker, lighter
from sosie.demo.prints import ProductDesign, Sheet, label, motif
from sosie.demo.solids import Cuboid

_PAPER = (240, 234, 220)
_EYE = (34, 34, 40)


def ball(canvas: Canvas, look: ProductDesign) -> None:
    """A ball: for football, basketball or the beach."""
    body = oval(50, 50, 41, 41)
    canvas.fill(body, Paint(look.main, "ball"))
    with canvas.within(body):
        {"patches": _patches, "seams": _seams}.get(look.style, _gores)(canvas, look)


def _patches(canvas: Canvas, look: ProductDesign) -> None:
    canvas.fill(moved(oval(0, 0, 12, 12)[::15], 50, 50, degrees=-90), Paint(look.accent))
    for degrees in range(0, 360, 72):
        canvas.stroke(moved(points((0, -12), (0, -28)), 50, 50, degrees=degrees), 0.9, Paint(darker(look.main, 0.3)))
        canvas.fill(
            moved(points((-9, -32), (9, -32), (14, -44), (-14, -44)), 50, 50, degrees=degrees), Paint(look.accent)
        )
        canvas.stroke(moved(points((-9, -32), (-14, -22)), 50, 50, degrees=degrees), 0.9, Paint(darker(look.main, 0.3)))


def _seams(canvas: Canvas, look: ProductDesign) -> None:
    ink = Paint(look.accent)
    canvas.stroke(points((50, 5), (50, 95)), 1.4, ink)
    canvas.stroke(points((5, 50), (95, 50)), 1.4, ink)
    for side in (-1, 1):
        canvas.stroke(
            smooth([(50 + side * 34, 10), (50 + side * 17, 50), (50 + side * 34, 90)], closed=False), 1.4, ink
        )


def _gores(canvas: Canvas, look: ProductDesign) -> None:
    for i, degrees in enumerate(range(0, 360, 60)):
        gore = smooth([(0, 0), (26, -30), (20, -60), (-4, -60), (-8, -24)])
        canvas.fill(
            moved(gore, 42, 40, degrees=degrees), Paint(look.accent if i % 2 else lighter(look.accent, 0.5), "ball")
        )
    canvas.fill(oval(42, 40, 5, 5), Paint(look.main, "ball"))


def book(canvas: Canvas, look: ProductDesign) -> None:
    """A hardcover book with its title and a motif."""
    pages = Sheet(_PAPER, 80, 400)
    for x in range(8, 100, 12):
        pages.patch([(box(x, 0, x + 2, 500), darker(_PAPER, 0.12))])
    top = Image.new("RGBA", (40, 40), (*_PAPER, 255))
    side = pages.picture if canvas.pose.yaw > 0 else Image.new("RGBA", (40, 40), (*darker(look.main, 0.2), 255))
    Cuboid(52, 74, 9).draw(canvas, {"front": label(look, "field", 400, 570), "side": side, "top": top})


def headphones(canvas: Canvas, look: ProductDesign) -> None:
    """Headphones that stand upright."""
    canvas.stroke(
        smooth([(20, 62), (18, 38), (32, 17), (50, 12), (68, 17), (82, 38), (80, 62)], closed=False),
        5,
        Paint(look.main, "down"),
    )
    canvas.stroke(smooth([(30, 21), (50, 14), (70, 21)], closed=False), 5, Paint(look.accent, "down"))
    for side in (-1, 1):
        x = 50 + side * 29
        canvas.fill(box(x - 10, 48, x + 10, 86, 9), Paint(look.main, "cylinder"))
        canvas.fill(box(x - side * 11 - 4, 50, x - side * 11 + 4, 84, 4), Paint(darker(look.accent, 0.2), "cylinder"))
        canvas.fill(oval(x + side * 2, 67, 5, 10), Paint(look.accent, "ball"))


def duck(canvas: Canvas, look: ProductDesign) -> None:
    """A rubber duck, with a scarf or a motif on its wing."""
    canvas.fill(
        smooth([(14, 48), (26, 58), (42, 52), (60, 50), (80, 58), (84, 74), (70, 88), (36, 90), (18, 78)]),
        Paint(look.main, "ball"),
    )
    canvas.fill(oval(64, 34, 20, 20), Paint(look.main, "ball"))
    canvas.fill(smooth([(80, 34), (94, 34), (97, 38), (90, 43), (80, 42)]), Paint((240, 130, 50), "down"))
    canvas.fill(oval(70, 28, 3.4, 4.2), Paint(_EYE))
    canvas.fill(oval(71, 26.6, 1.2, 1.2), Paint((255, 255, 255)))
    canvas.fill(smooth([(26, 66), (44, 62), (56, 70), (44, 80), (30, 78)]), Paint(darker(look.main, 0.1), "down"))
    if look.style == "scarf":
        canvas.stroke(smooth([(46, 50), (62, 56), (80, 49)], closed=False), 6, Paint(look.accent, "down"))
        canvas.stroke(points((52, 54), (48, 70)), 5, Paint(look.accent, "down"))
    else:
        for outline, color in motif(look.style, look.accent, 42, 71, 8):
            canvas.fill(outline, Paint(color))


def robot(canvas: Canvas, look: ProductDesign) -> None:
    """A toy robot."""
    canvas.stroke(points((50, 18), (50, 8)), 1.6, Paint((150, 154, 160)))
    canvas.fill(oval(50, 8, 3.4, 3.4), Paint(look.accent, "ball"))
    for x in (17, 75):
        canvas.fill(box(x, 46, x + 8, 72, 4), Paint(look.accent, "cylinder"))
    for x in (34, 54):
        canvas.fill(box(x, 78, x + 12, 93, 3), Paint(darker(look.main), "cylinder"))
    canvas.fill(box(32, 17, 68, 40, 6), Paint(look.main, "across"))
    canvas.fill(box(27, 42, 73, 80, 5), Paint(look.main, "across"))
    canvas.fill(box(37, 23, 63, 34, 4), Paint(_EYE))
    for x in (44, 56):
        canvas.fill(oval(x, 28.5, 3, 3), Paint(lighter(look.accent, 0.3), "ball"))
    canvas.fill(box(34, 50, 66, 72, 3), Paint((246, 246, 242), "down"))
    for outline, color in motif(look.style, look.accent, 50, 61, 8):
        canvas.fill(outline, Paint(color))


def bear(canvas: Canvas, look: ProductDesign) -> None:
    """A teddy bear with a bow."""
    fur, pale = Paint(look.main, "ball"), Paint(lighter(look.main, 0.4), "ball")
    for x, y, rx, ry in (
        (31, 15, 9, 9),
        (69, 15, 9, 9),
        (22, 58, 8, 16),
        (78, 58, 8, 16),
        (35, 84, 13, 10),
        (65, 84, 13, 10),
    ):
        canvas.fill(oval(x, y, rx, ry), fur)
    canvas.fill(oval(50, 65, 25, 25), fur)
    canvas.fill(oval(50, 67, 15, 17), pale)
    canvas.fill(oval(50, 29, 24, 21), fur)
    canvas.fill(oval(50, 36, 11, 9), pale)
    for outline in (oval(41, 26, 2.6, 3), oval(59, 26, 2.6, 3), oval(50, 32.5, 3.6, 2.6)):
        canvas.fill(outline, Paint(_EYE))
    for side in (-1, 1):
        canvas.fill(smooth([(50, 50), (50 + side * 15, 44), (50 + side * 15, 57)]), Paint(look.accent, "down"))


def speaker(canvas: Canvas, look: ProductDesign) -> None:
    """A loudspeaker with one or two drivers."""
    front = Sheet(look.main, 300, 460)
    for y, radius in ((48, 18), (104, 34)) if look.style == "two" else ((80, 40),):
        rings = ((radius, (50, 50, 56)), (radius * 0.86, look.accent), (radius * 0.4, darker(look.accent, 0.5)))
        front.patch([(oval(50, y, r, r), color) for r, color in rings])
    front.write(look.brand, 144, 8, lighter(look.main, 0.7))
    side = Image.new("RGBA", (40, 40), (*look.main, 255))
    Cuboid(46, 72, 34).draw(canvas, {"front": front.picture, "side": side, "top": side})


def guitar(canvas: Canvas, look: ProductDesign) -> None:
    """A ukulele."""
    canvas.fill(box(47, 12, 53, 56), Paint((92, 62, 42), "cylinder"))
    canvas.fill(smooth([(44, 4), (56, 4), (55, 14), (45, 14)]), Paint(look.accent, "across"))
    canvas.fill(
        smooth([(50, 44), (64, 46), (65, 58), (72, 70), (66, 88), (50, 93), (34, 88), (28, 70), (35, 58), (36, 46)]),
        Paint(look.main, "across"),
    )
    canvas.fill(oval(50, 62, 8, 8), Paint(darker(look.main, 0.75)))
    canvas.stroke(oval(50, 62, 9, 9), 1, Paint(look.accent))
    canvas.fill(box(42, 78, 58, 81, 1), Paint((92, 62, 42)))
    for x in np.linspace(48.2, 51.8, 4).tolist():
        canvas.stroke(points((x, 8), (x, 79)), 0.3, Paint((236, 232, 220)))


def umbrella(canvas: Canvas, look: ProductDesign) -> None:
    """An open umbrella from its side."""
    canvas.stroke(smooth([(50, 20), (50, 84), (53, 91), (58, 91), (60, 85)], closed=False), 2, Paint((110, 78, 52)))
    dome = points(*oval(50, 52, 42, 38, 180, 360).tolist(), (78, 47), (64, 52), (50, 47), (36, 52), (22, 47))
    canvas.fill(dome, Paint(look.main, "ball"))
    with canvas.within(dome):
        canvas.fill(smooth([(50, 12), (64, 50), (36, 50)]), Paint(look.accent, "down"))


def banana(canvas: Canvas, look: ProductDesign) -> None:
    """A banana."""
    skin = smooth([(18, 20), (16, 40), (28, 66), (54, 82), (84, 76), (88, 70), (62, 64), (42, 48), (30, 24), (25, 16)])
    canvas.fill(skin, Paint(look.main, "down"))
    canvas.stroke(smooth([(22, 26), (32, 54), (54, 72), (82, 74)], closed=False), 0.9, Paint(darker(look.main, 0.18)))
    canvas.stroke(points((21, 20), (20, 12)), 4, Paint(look.accent))
    canvas.fill(oval(86, 73, 3, 3.4), Paint(darker(look.accent, 0.5)))


def board_game(canvas: Canvas, look: ProductDesign) -> None:
    """A square box with a game in it."""
    front = label(look, "slope", 460, 460)
    side = Sheet(darker(look.main, 0.1), 200, 460)
    side.write(look.brand, 115, 14, lighter(look.main, 0.8))
    Cuboid(60, 60, 16).draw(
        canvas, {"front": front, "side": side.picture, "top": Image.new("RGBA", (40, 40), (*look.main, 255))}
    )
