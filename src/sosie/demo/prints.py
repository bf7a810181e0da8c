"""Printed designs on products: labels with a brand, a name and a motif, as flat RGBA pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sosie.demo.outlines import Points, moved, oval, points, smooth, star
from sosie.demo.paint import Color, darker, lighter, mix, readable_on

_LETTER_HEIGHT = 64
_FINER = 2


@dataclass(frozen=True, slots=True)
class ProductDesign:
    """The design of a product: two colors, the printed texts, and the name of a ``style`` or motif."""

    main: Color
    accent: Color
    style: str = ""
    brand: str = ""
    words: str = ""


Patches: TypeAlias = list[tuple[Points, Color]]


def _leaf(color: Color) -> Patches:
    blade = smooth([(0, -46), (26, -12), (16, 30), (0, 46), (-16, 30), (-26, -12)])
    rib = points((-2, -38), (2, -38), (2, 46), (-2, 46))
    return [(blade, color), (rib, lighter(color, 0.5))]


def _leaves(color: Color) -> Patches:
    return [(moved(o, dx, 6, 0.85, degrees), c) for dx, degrees in ((-22, -34), (22, 34)) for o, c in _leaf(color)]


def _citrus(color: Color) -> Patches:
    slices = [moved(points((-11, -32), (11, -32), (0, -5)), degrees=a) for a in range(0, 360, 45)]
    rind = [(oval(0, 0, 46, 46), color), (oval(0, 0, 39, 39), lighter(color, 0.75))]
    return rind + [(s, lighter(color, 0.15)) for s in slices]


def _berries(color: Color) -> Patches:
    places = ((-20, 12), (20, 14), (0, -14))
    skins = [(oval(x, y, 23, 23), mix(color, darker(color), i / 4)) for i, (x, y) in enumerate(places)]
    glints = [(oval(x - 8, y - 9, 5, 4), lighter(color, 0.7)) for x, y in places]
    return skins + glints + [(moved(o, 18, -34, 0.4, 60), (70, 130, 70)) for o, _ in _leaf(color)[:1]]


def _cherry(color: Color) -> Patches:
    stems = [
        (points((-22, 14), (6, -44), (9, -43), (-18, 16)), (86, 110, 60)),
        (points((20, 14), (6, -44), (10, -45), (25, 14)), (86, 110, 60)),
    ]
    fruits = [(oval(x, 22, 21, 21), color) for x in (-22, 22)]
    return stems + fruits + [(oval(x, 15, 5, 5), lighter(color, 0.7)) for x in (-28, 16)]


def _bean(color: Color) -> Patches:
    crease = smooth([(-4, -38), (6, -14), (-6, 12), (4, 38), (0, 38), (-10, 12), (2, -14), (-8, -38)])
    bean = [(oval(0, 0, 28, 40), color), (crease, darker(color, 0.6))]
    return [
        (moved(o, dx, dy, 0.75, degrees), c) for dx, dy, degrees in ((-18, -12, -24), (18, 12, 28)) for o, c in bean
    ]


def _sun(color: Color) -> Patches:
    return [(star(0, 0, 48, 30, 14), lighter(color, 0.25)), (oval(0, 0, 26, 26), color)]


def _wave(color: Color) -> Patches:
    crest = smooth([(-48, 0), (-24, -14), (0, 0), (24, 14), (48, 0), (48, 12), (24, 26), (0, 12), (-24, -2), (-48, 12)])
    return [(moved(crest, 0, dy), mix(color, (255, 255, 255), i * 0.25)) for i, dy in enumerate((-26, -4, 18))]


def _peak(color: Color) -> Patches:
    hill, snow = points((-48, 40), (-6, -40), (36, 40)), points((-6, -40), (-20, -14), (-8, -20), (0, -10), (8, -16))
    return [(points((4, 40), (28, -8), (50, 40)), lighter(color)), (hill, color), (snow, (250, 250, 250))]


def _star(color: Color) -> Patches:
    return [(star(0, 4, 48, 20), color)]


def _heart(color: Color) -> Patches:
    t = np.linspace(0, 2 * np.pi, 60)
    height = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [(np.stack([16 * np.sin(t) ** 3, -2 - height], axis=1) * 2.7, color)]


def _rings(color: Color) -> Patches:
    return [(oval(0, 0, r, r), color if i % 2 == 0 else lighter(color, 0.8)) for i, r in enumerate((46, 36, 26, 14))]


def _rocket(color: Color) -> Patches:
    fins = [(points((s * 10, 12), (s * 32, 40), (s * 10, 32)), darker(color)) for s in (-1, 1)]
    flame = (smooth([(-9, 34), (9, 34), (0, 50)]), (248, 180, 60))
    hull = (smooth([(0, -48), (18, -14), (16, 22), (8, 36), (-8, 36), (-16, 22), (-18, -14)]), color)
    return [flame, *fins, hull, (oval(0, -8, 8, 8), (225, 240, 250))]


_MOTIFS: Mapping[str, Callable[[Color], Patches]] = {
    "bean": _bean,
    "berries": _berries,
    "cherry": _cherry,
    "citrus": _citrus,
    "heart": _heart,
    "leaf": _leaf,
    "leaves": _leaves,
    "peak": _peak,
    "rings": _rings,
    "rocket": _rocket,
    "star": _star,
    "sun": _sun,
    "wave": _wave,
}


def motif(name: str, color: Color, x: float, y: float, radius: float) -> Patches:
    """The outlines and colors of a small drawing, with its middle at (x, y)."""
    return [(moved(outline, x, y, radius / 50), shade) for outline, shade in _MOTIFS[name](color)]


@lru_cache(maxsize=256)
def letters(text: str, color: Color) -> Image.Image:
    """A line of text as a closely fitting RGBA picture, in Pillow's own font."""
    font = ImageFont.load_default(_LETTER_HEIGHT)
    left, top, right, bottom = font.getbbox(text, stroke_width=1)
    picture = Image.new("RGBA", (round(right - left) + 4, round(bottom - top) + 4), (*color, 0))
    ImageDraw.Draw(picture).text((2 - left, 2 - top), text, (*color, 255), font, stroke_width=1)
    return picture


class Sheet:
    """A flat design of ``width`` × ``height`` pixels, drawn in units of a hundredth of its width."""

    def __init__(self, ground: Color, width: int, height: int) -> None:
        self._scale = width / 100
        self.height = height / self._scale
        self.picture = Image.new("RGBA", (width, height), (*ground, 255))

    def patch(self, patches: Patches) -> None:
        """Fill outlines, in order."""
        draw = ImageDraw.Draw(self.picture)
        for outline, color in patches:
            draw.polygon([float(v) * self._scale for v in outline.ravel()], fill=(*color, 255))

    def write(self, text: str, y: float, height: float, color: Color, room: float = 88.0) -> None:
        """Write a line centered at ``y``. It is made smaller to fit into ``room``."""
        line = letters(text, color)
        factor = min(height / line.height, room / line.width) * self._scale
        line = line.resize(
            (max(1, round(line.width * factor)), max(1, round(line.height * factor))), Image.Resampling.BICUBIC
        )
        corner = (round((self.picture.width - line.width) / 2), round(y * self._scale - line.height / 2))
        self.picture.alpha_composite(line, corner)


def _ribbon(sheet: Sheet, look: ProductDesign) -> None:
    h = sheet.height
    sheet.patch([(points((0, 0.06 * h), (100, 0.06 * h), (100, 0.27 * h), (0, 0.27 * h)), look.main)])
    sheet.write(look.brand.upper(), 0.165 * h, 13, readable_on(look.main))
    sheet.patch(motif(look.style, look.accent, 50, 0.53 * h, min(30, 0.23 * h)))
    sheet.write(look.words, 0.86 * h, 10, (44, 44, 52))


def _field(sheet: Sheet, look: ProductDesign) -> None:
    h = sheet.height
    disc = min(40.0, 0.29 * h)
    sheet.patch(
        [(points((0, 0), (100, 0), (100, h), (0, h)), look.main), (oval(50, 0.55 * h, disc, disc), (250, 246, 236))]
    )
    sheet.write(look.brand.upper(), 0.12 * h, 12, readable_on(look.main))
    sheet.patch(motif(look.style, look.accent, 50, 0.55 * h, 0.7 * disc))
    sheet.write(look.words, 0.92 * h, 9, readable_on(look.main))


def _slope(sheet: Sheet, look: ProductDesign) -> None:
    h = sheet.height
    sheet.patch([(points((0, 0.5 * h), (100, 0.3 * h), (100, h), (0, h)), look.main)])
    sheet.write(look.brand, 0.17 * h, 16, darker(look.main, 0.35))
    sheet.patch(motif(look.style, look.accent, 50, 0.55 * h, min(26, 0.2 * h)))
    sheet.write(look.words, 0.88 * h, 10, readable_on(look.main))


_LAYOUTS: Mapping[str, Callable[[Sheet, ProductDesign], None]] = {"ribbon": _ribbon, "field": _field, "slope": _slope}


@lru_cache(maxsize=128)
def label(look: ProductDesign, layout: str, width: int = 360, height: int = 480) -> Image.Image:
    """A printed label of a brand's layout (``ribbon``, ``field`` or ``slope``): RGBA of this size."""
    sheet = Sheet((250, 247, 240), width * _FINER, height * _FINER)
    _LAYOUTS[layout](sheet, look)
    return sheet.picture.reduce(_FINER)
