"""Drawings of packaged goods with printed labels."""

from __future__ import annotations

from PIL import Image

from sosie.demo.canvas import Canvas
from sosie.demo.outlines import box, oval, points, revolved, smooth
from sosie.demo.paint import Color, Paint, darker, lighter, readable_on
from sosie.demo.prints import ProductDesign, Sheet, label
from sosie.demo.solids import Cuboid

_METAL = (206, 210, 216)


def _plain(color: Color) -> Image.Image:
    return Image.new("RGBA", (32, 32), (*color, 255))


def _narrow(look: ProductDesign, height: int) -> Image.Image:
    sheet = Sheet(look.main, 200, height)
    sheet.write(look.brand, 0.2 * sheet.height, 15, readable_on(look.main))
    for i in range(7):
        y, right = (0.42 + 0.06 * i) * sheet.height, 86 - 9 * (i % 3)
        sheet.patch([(box(14, y, right, y + 3), lighter(look.main, 0.55))])
    return sheet.picture


def carton(canvas: Canvas, look: ProductDesign) -> None:
    """A folding box of tea."""
    front = label(look, "ribbon", 400, 460)
    Cuboid(50, 58, 24).draw(canvas, {"front": front, "side": _narrow(look, 460), "top": _plain(look.main)})


def cereal(canvas: Canvas, look: ProductDesign) -> None:
    """A tall, flat box of cereal."""
    front = label(look, "slope", 400, 560)
    Cuboid(54, 76, 16).draw(
        canvas, {"front": front, "side": _narrow(look, 560), "top": _plain(darker(look.main, 0.15))}
    )


def juice(canvas: Canvas, look: ProductDesign) -> None:
    """A slim drinks carton with a screw cap."""
    block = Cuboid(30, 76, 28)
    front = label(look, "field", 300, 720)
    block.draw(canvas, {"front": front, "side": _narrow(look, 720), "top": _plain(lighter(look.main, 0.6))})
    x, y = block.face("top", canvas.pose).mean(axis=0)
    canvas.fill(box(x - 5, y - 5, x + 5, y + 1, 1), Paint(look.accent, "cylinder"))
    canvas.fill(oval(x, y - 5, 5, 1.9), Paint(lighter(look.accent, 0.3)))


def can(canvas: Canvas, look: ProductDesign) -> None:
    """A drinks can."""
    canvas.fill(revolved([(13, 16.6), (17, 19), (82, 19), (87, 16)]), Paint(_METAL, "cylinder"))
    canvas.fill(revolved([(19, 19), (80, 19)]), Paint(look.main, "cylinder"))
    canvas.wrap(label(look, "field", 360, 480), (31, 20, 69, 77), 150)
    canvas.fill(oval(50, 13, 16.6, 3.2), Paint(lighter(_METAL, 0.4), "across"))
    canvas.fill(oval(50, 13.3, 14.6, 2.5), Paint(darker(_METAL, 0.22), "across"))
    canvas.fill(oval(50, 13.8, 4, 1), Paint(lighter(_METAL, 0.6)))


def oil(canvas: Canvas, look: ProductDesign) -> None:
    """A slim glass bottle with a label."""
    glass = darker(look.accent, 0.45)
    canvas.fill(
        revolved([(8, 4.4), (28, 4.6), (36, 11), (42, 15), (50, 15.6), (90, 15.6), (93, 13)]),
        Paint(glass, "cylinder"),
    )
    canvas.fill(box(44.8, 5, 55.2, 17, 1), Paint(look.main, "cylinder"))
    canvas.wrap(label(look, "ribbon", 360, 420), (34.4, 49, 65.6, 85), 150)


def shampoo(canvas: Canvas, look: ProductDesign) -> None:
    """A bottle with a pump, soft of shape."""
    canvas.fill(box(47.5, 8, 52.5, 26), Paint((236, 238, 240), "cylinder"))
    canvas.fill(smooth([(48, 6), (56, 6), (66, 9), (66, 12), (55, 11), (47, 12)]), Paint((226, 229, 233), "down"))
    canvas.fill(box(42, 20, 58, 28, 2), Paint((222, 226, 230), "cylinder"))
    canvas.fill(revolved([(27, 8), (33, 18), (40, 21), (86, 21), (92, 18)]), Paint(look.main, "cylinder"))
    canvas.wrap(label(look, "field", 380, 400), (29, 42, 71, 84), 150)


def jar(canvas: Canvas, look: ProductDesign) -> None:
    """A jar of jam under a lid of cloth pattern."""
    canvas.fill(revolved([(26, 20), (32, 25), (40, 26), (82, 26), (89, 21)]), Paint(look.accent, "cylinder"))
    canvas.fill(revolved([(28, 19), (34, 23.5), (38, 24)]), Paint(lighter(look.accent, 0.35), "cylinder"))
    canvas.fill(box(27, 14, 73, 28, 2.4), Paint(look.main, "cylinder"))
    canvas.fill(oval(50, 15, 22.5, 3.6), Paint(lighter(look.main, 0.25), "across"))
    canvas.wrap(label(look, "ribbon", 380, 330), (24, 42, 76, 78), 150)


def coffee(canvas: Canvas, look: ProductDesign) -> None:
    """A bag of coffee with a folded top."""
    bag = smooth([(27, 20), (50, 18.5), (73, 20), (75, 40), (77, 78), (74, 91), (50, 93), (26, 91), (23, 78), (25, 40)])
    canvas.fill(bag, Paint(look.main, "cylinder"))
    canvas.fill(points((27, 12), (73, 12), (74, 22), (26, 22)), Paint(darker(look.main, 0.2), "cylinder"))
    canvas.fill(box(27, 15.5, 73, 17.5), Paint(lighter(look.main, 0.3), "cylinder"))
    canvas.stick(label(look, "ribbon", 340, 400), 31, 34, 69, 79)


def chocolate(canvas: Canvas, look: ProductDesign) -> None:
    """A bar of chocolate in its wrapper."""
    front = label(look, "slope", 360, 640)
    Cuboid(42, 76, 5).draw(canvas, {"front": front, "side": _plain(look.main), "top": _plain((232, 214, 160))})


def toothpaste(canvas: Canvas, look: ProductDesign) -> None:
    """A tube that stands on its cap."""
    canvas.fill(points((28, 6), (72, 6), (65, 78), (35, 78)), Paint((250, 250, 250), "cylinder"))
    canvas.fill(points((28, 6), (72, 6), (71.4, 12), (28.6, 12)), Paint(look.main, "across"))
    canvas.fill(box(37, 78, 63, 93, 2), Paint(look.main, "cylinder"))
    canvas.wrap(label(look, "slope", 300, 480), (33, 16, 67, 74), 150)
