"""Two products whose labels differ in a word or a color: is the right one first?

    PYTHONPATH=src:benchmarks python benchmarks/variants.py

Labels are drawn on the eshop pictures.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
from exact_pictures import catalog, grounds
from PIL import Image, ImageDraw, ImageFont
from planar_photos import photographs
from report import table, write_section

from sosie.details.base import CATALOG_PICTURE, PHOTO
from sosie.details.candidates import DetailsCandidate, compare_candidates
from sosie.details.codec import pack, unpack
from sosie.details.extract import extract
from sosie.details.joining import joined_scores

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/variants.py"
WORDS = (
    "Mild", "Strong", "Cherry", "Lemon", "Ginger", "Classic", "Light", "Dark", "Mango", "Vanilla", "Spicy", "Sweet",
)  # fmt: skip
SEEDS = {"first half": 301, "second half": 302}
STRANGERS = 6

EXPLANATION = """101 eshop pictures, each as two products whose labels differ: in a word on a white strip (30 % of
the width, 8 % of the height) or in the color of a strip (45 %, 12 %). A planar photo of one, 30 % of it hidden, against
both and six other products, without looks. In some photos the label is hidden."""

Edit = Callable[[Image.Image, np.random.Generator], list[Image.Image]]


def main() -> None:
    pictures = [photo.picture.convert("RGB") for photo in catalog("eshop")]
    rows = []
    for part, (name, seed) in enumerate(SEEDS.items()):
        for kind, edit in (("word", other_word), ("color", other_color)):
            rows.append([f"{kind}, {name}", *measured(pictures[part::2], edit, seed)])
            print(rows[-1], flush=True)
    columns = ("variants", "photos", "right first")
    write_section("Variants of one brand", COMMAND, f"{EXPLANATION}\n\n{table(columns, rows)}")


def measured(pictures: list[Image.Image], edit: Edit, seed: int) -> list[str]:
    dice = np.random.default_rng(seed)
    items = [variant for picture in pictures for variant in edit(picture, dice)]
    details = [unpack(pack(extract(item, CATALOG_PICTURE))) for item in items]
    shown = [2 * place + int(dice.integers(2)) for place in range(len(pictures))]
    right = []
    for place, made in photographs([items[row] for row in shown], grounds(), 1, seed=seed):
        row = shown[place]
        strangers = [int(item) for item in dice.integers(0, len(items), STRANGERS) if item // 2 != row // 2]
        rows = dice.permutation([row, row ^ 1, *strangers]).tolist()
        candidates = [DetailsCandidate(str(item), str(item), details[item], items[item]) for item in rows]
        geometries = compare_candidates(extract(made.picture, PHOTO), made.picture, candidates)
        first = int(np.argmax(joined_scores(np.zeros(len(rows)), geometries)))
        right.append(rows[first] == row)
    return [str(len(right)), f"{np.mean(right):.3f}"]


def other_word(picture: Image.Image, dice: np.random.Generator) -> list[Image.Image]:
    width, height = picture.size
    wide, high = int(width * 0.3), int(height * 0.08)
    x, y = int(dice.uniform(0.15, 0.55) * width), int(dice.uniform(0.2, 0.75) * height)
    font = ImageFont.load_default(size=int(high * 0.75))
    variants = []
    for word in dice.choice(WORDS, 2, replace=False):
        variant = picture.copy()
        pen = ImageDraw.Draw(variant)
        pen.rectangle((x, y, x + wide, y + high), fill="white")
        pen.text((x + wide * 0.05, y + high * 0.1), word, fill="black", font=font)
        variants.append(variant)
    return variants


def other_color(picture: Image.Image, dice: np.random.Generator) -> list[Image.Image]:
    width, height = picture.size
    wide, high = int(width * 0.45), int(height * 0.12)
    x, y = int(dice.uniform(0.05, 0.5) * width), int(dice.uniform(0.15, 0.75) * height)
    hue = dice.uniform()
    variants = []
    for shade in (hue, (hue + 1 / 3) % 1):
        variant = picture.copy()
        color = tuple(int(255 * part) for part in colorsys.hsv_to_rgb(shade, 0.7, 0.8))
        ImageDraw.Draw(variant).rectangle((x, y, x + wide, y + high), fill=color)
        variants.append(variant)
    return variants


if __name__ == "__main__":
    main()
