"""Drawings of clothes and bags."""

from __future__ import annotations

from sosie.demo.canvas import Canvas, letter_quad
from sosie.demo.outlines import box, moved, oval, points, smooth
from sosie.demo.paint import Paint, darker, lighter, readable_on
from sosie.demo.prints import ProductDesign, letters, motif

_RUBBER = (244, 243, 238)
_STEEL = (188, 194, 202)


def sneaker(canvas: Canvas, look: ProductDesign) -> None:
    """A sports shoe from its side: with stripes, a swoosh-less panel or a motif."""
    upper = smooth(
        [(10, 66), (9, 40), (16, 32), (26, 36), (38, 36), (47, 34), (62, 50), (82, 57), (93, 66), (92, 74), (10, 74)]
    )
    canvas.fill(upper, Paint(look.main, "down"))
    with canvas.within(upper):
        _shoe_side(canvas, look)
        canvas.fill(smooth([(80, 50), (98, 60), (98, 80), (76, 80), (76, 66)]), Paint(lighter(look.main, 0.22), "down"))
    canvas.fill(smooth([(14, 35), (24, 39), (36, 39), (44, 36), (36, 33), (20, 31)]), Paint(darker(look.main, 0.5)))
    for i in range(4):
        x, y = 47 + 5 * i, 38 + 4.2 * i
        canvas.stroke(points((x, y), (x - 6, y + 7)), 1.8, Paint(_RUBBER))
    canvas.fill(
        smooth([(7, 71), (40, 74), (92, 70), (95, 76), (90, 82), (50, 83), (10, 82), (6, 77)]), Paint(_RUBBER, "down")
    )
    canvas.stroke(smooth([(9, 79), (50, 80), (92, 77)], closed=False), 1.2, Paint(look.accent))


def _shoe_side(canvas: Canvas, look: ProductDesign) -> None:
    if look.style == "stripes":
        for x in (36, 45, 54):
            canvas.fill(points((x, 48), (x + 5, 48), (x - 3, 76), (x - 8, 76)), Paint(look.accent))
    elif look.style == "panel":
        canvas.fill(smooth([(4, 30), (24, 48), (34, 80), (0, 80)]), Paint(look.accent, "down"))
    else:
        for outline, color in motif(look.style, look.accent, 42, 59, 10):
            canvas.fill(outline, Paint(color))


def shirt(canvas: Canvas, look: ProductDesign) -> None:
    """A T-shirt laid flat: striped, plain with a motif, or with words."""
    half = [(50, 14), (60, 11), (70, 13), (92, 30), (82, 44), (73, 38), (74, 91), (50, 92)]
    cut = points(*half, *[(100 - x, y) for x, y in reversed(half[1:-1])])
    canvas.fill(cut, Paint(look.main, "across"))
    with canvas.within(cut):
        _shirt_front(canvas, look)
    for side in (-1, 1):
        canvas.stroke(points((50 + side * 23, 38), (50 + side * 25, 30)), 0.7, Paint(darker(look.main, 0.25)))
    canvas.fill(oval(50, 12, 11, 7.5, 0, 180), Paint(darker(look.main, 0.35)))
    canvas.stroke(oval(50, 12, 11.5, 8, 5, 175), 1.6, Paint(darker(look.main, 0.15)))


def _shirt_front(canvas: Canvas, look: ProductDesign) -> None:
    if look.style == "stripes":
        for y in range(24, 92, 9):
            canvas.fill(box(0, y, 100, y + 4), Paint(look.accent, "across"))
    elif look.style == "words":
        line = letters(look.words, look.accent)
        canvas.stick(line, *letter_quad(50, 44, 32 * line.height / line.width, line))
    else:
        for outline, color in motif(look.style, look.accent, 50, 50, 17):
            canvas.fill(outline, Paint(color))


def handbag(canvas: Canvas, look: ProductDesign) -> None:
    """A handbag with a flap and a clasp."""
    canvas.stroke(
        smooth([(30, 46), (33, 18), (50, 10), (67, 18), (70, 46)], closed=False),
        3,
        Paint(darker(look.main, 0.3), "down"),
    )
    body = smooth([(20, 42), (50, 40), (80, 42), (87, 66), (86, 84), (50, 88), (14, 84), (13, 66)])
    canvas.fill(body, Paint(look.main, "across"))
    with canvas.within(body):
        flap = [(8, 36), (92, 36), (88, 58), (50, 66), (12, 58)]
        canvas.fill(smooth(flap), Paint(darker(look.main, 0.3)))
        canvas.fill(smooth([(x, y - 1.6) for x, y in flap]), Paint(lighter(look.main, 0.12), "down"))
    canvas.fill(box(44, 58, 56, 68, 2), Paint(look.accent, "across"))
    canvas.fill(box(47, 61, 53, 65, 1), Paint(darker(look.accent, 0.4)))


def tote(canvas: Canvas, look: ProductDesign) -> None:
    """A cotton bag with a printed motif and the brand's name."""
    for x in (34, 58):
        canvas.stroke(
            smooth([(x, 36), (x, 14), (x + 4, 8), (x + 8, 14), (x + 8, 36)], closed=False),
            2.6,
            Paint(darker(look.main, 0.12)),
        )
    canvas.fill(points((20, 32), (80, 32), (83, 92), (17, 92)), Paint(look.main, "across"))
    canvas.stroke(points((20, 36), (80, 36)), 0.6, Paint(darker(look.main, 0.2)))
    for outline, color in motif(look.style, look.accent, 50, 58, 16):
        canvas.fill(outline, Paint(color))
    canvas.stick(letters(look.brand, look.accent), *letter_quad(50, 82, 5.4, letters(look.brand, look.accent)))


def backpack(canvas: Canvas, look: ProductDesign) -> None:
    """A backpack with a pocket in a second color."""
    canvas.stroke(smooth([(42, 14), (44, 6), (56, 6), (58, 14)], closed=False), 2.6, Paint(darker(look.main)))
    for x in (18, 76):
        canvas.fill(box(x, 44, x + 7, 82, 3), Paint(darker(look.main, 0.35), "cylinder"))
    canvas.fill(
        smooth([(28, 20), (50, 10), (72, 20), (78, 50), (77, 84), (50, 91), (23, 84), (22, 50)]),
        Paint(look.main, "cylinder"),
    )
    canvas.stroke(smooth([(27, 38), (50, 31), (73, 38)], closed=False), 1.2, Paint(darker(look.main, 0.45)))
    canvas.fill(box(30, 52, 70, 84, 7), Paint(look.accent, "cylinder"))
    canvas.stroke(points((33, 59), (67, 59)), 1.1, Paint(darker(look.accent, 0.4)))
    patch = letters(look.brand, readable_on(look.accent))
    canvas.stick(patch, *letter_quad(50, 71, 5, patch))


def watch(canvas: Canvas, look: ProductDesign) -> None:
    """A wrist watch; ``style`` is the shape of its case."""
    canvas.fill(points((39, 6), (61, 6), (64, 38), (36, 38)), Paint(look.main, "cylinder"))
    canvas.fill(points((36, 62), (64, 62), (61, 94), (39, 94)), Paint(look.main, "cylinder"))
    for y in (76, 81, 86):
        canvas.fill(oval(50, y, 1, 1), Paint(darker(look.main, 0.6)))
    square = look.style == "square"
    canvas.fill(box(71, 47, 76, 53, 1), Paint(_STEEL, "down"))
    for outline, paint in (
        (box(27, 27, 73, 73, 8 if square else 23), Paint(look.accent, "across")),
        (
            box(31, 31, 69, 69, 5 if square else 19),
            Paint((248, 247, 243) if look.style != "dark" else (40, 44, 54), "down"),
        ),
    ):
        canvas.fill(outline, paint)
    ink = (236, 236, 232) if look.style == "dark" else (48, 48, 56)
    for hour in range(12):
        canvas.fill(moved(box(-0.6, -17, 0.6, -13.5), 50, 50, degrees=30 * hour), Paint(ink))
    for degrees, length in ((300, 9), (55, 14)):
        canvas.stroke(moved(points((0, 2), (0, -length)), 50, 50, degrees=degrees), 1.4, Paint(ink))


def cap(canvas: Canvas, look: ProductDesign) -> None:
    """A baseball cap with a motif on its front."""
    crown = smooth([(16, 62), (18, 40), (34, 24), (52, 22), (70, 32), (76, 62), (46, 68)])
    canvas.fill(crown, Paint(look.main, "ball"))
    for path in ([(50, 22), (42, 42), (40, 66)], [(50, 22), (62, 38), (68, 62)]):
        canvas.stroke(smooth(path, closed=False), 0.6, Paint(darker(look.main, 0.35)))
    canvas.fill(
        smooth([(42, 63), (62, 58), (78, 60), (94, 70), (92, 76), (74, 72), (52, 73), (42, 69)]),
        Paint(look.accent, "down"),
    )
    canvas.fill(oval(51, 22, 3, 1.8), Paint(look.accent))
    for outline, color in motif(look.style, lighter(look.accent, 0.1), 54, 47, 9):
        canvas.fill(outline, Paint(color))


def sunglasses(canvas: Canvas, look: ProductDesign) -> None:
    """Sunglasses, round or square, with tinted lenses."""
    for x in (10, 90):
        canvas.stroke(points((x, 44), (x + (3 if x < 50 else -3), 34)), 2.4, Paint(darker(look.main)))
    for x in (28, 72):
        radius = 18 if look.style == "round" else 6
        canvas.fill(box(x - 19, 37, x + 19, 37 + 2 * min(18, 14 + radius / 4), radius), Paint(look.main, "down"))
        canvas.fill(
            box(x - 15.5, 40, x + 15.5, 37 + 2 * min(18, 14 + radius / 4) - 3, radius - 2), Paint(look.accent, "down")
        )
        canvas.fill(points((x - 8, 44), (x - 4, 44), (x - 10, 60), (x - 13, 57)), Paint(lighter(look.accent, 0.45)))
    canvas.stroke(smooth([(45, 46), (50, 43), (55, 46)], closed=False), 3, Paint(look.main))
