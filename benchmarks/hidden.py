"""How many right matches does a part that differs take, if glare, a price label or a hand is before the product?

PYTHONPATH=src:benchmarks python benchmarks/hidden.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import numpy.typing as npt
from exact_pictures import grounds, printed
from hard_photos import Protocol, photographs
from PIL import Image
from report import table, write_section

from sosie.details.base import CATALOG_PICTURE, PHOTO
from sosie.details.candidates import DetailsCandidate, Geometry, compare_candidates
from sosie.details.extract import extract
from sosie.details.joining import CLEAR_AGREEMENT
from sosie.images.decode import decode
from sosie.images.transform import encode_thumbnail
from sosie.support.blas import one_blas_thread

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/hidden.py"
SETS = ("eshop", "jsk", "groceries")
SEED, STEP = 71, 2
PHONE = Protocol(length=(260, 420), tilt=25, yaw=25, light=(0.6, 1.1), hidden=(0.0, 0.0))
SKIN = ((224, 172, 138), (141, 85, 54), (198, 134, 96))

Pixels = npt.NDArray[np.uint8]
Dice = np.random.Generator


def nothing(picture: Pixels, dice: Dice) -> Pixels:
    return picture


def glare(picture: Pixels, dice: Dice) -> Pixels:
    """A white spot, a sixth to a third as large as the picture."""
    height, width = picture.shape[:2]
    spot = np.zeros((height, width), np.float32)
    axes = (dice.uniform(0.08, 0.17, 2) * (width, height)).astype(int)
    center = (dice.uniform(0.25, 0.75, 2) * (width, height)).astype(int)
    cv2.ellipse(spot, center.tolist(), axes.tolist(), float(dice.uniform(0, 180)), 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(spot, (0, 0), max(axes) / 3)[..., np.newaxis]
    return np.asarray(picture + (255 - picture.astype(np.float32)) * 0.95 * soft, np.uint8)


def price_label(picture: Pixels, dice: Dice) -> Pixels:
    """A yellow, white or orange label with a price, a quarter as wide as the picture."""
    height, width = picture.shape[:2]
    wide, high = int(0.25 * width), int(0.12 * height)
    left, top = (dice.uniform(0.1, 0.65, 2) * (width, height)).astype(int).tolist()
    made = picture.copy()
    color = [(255, 230, 60), (250, 250, 250), (255, 150, 50)][int(dice.integers(3))]
    cv2.rectangle(made, (left, top), (left + wide, top + high), color, -1)
    text = f"{dice.integers(1, 40)}.{dice.integers(10, 99)}"
    cv2.putText(made, text, (left + wide // 10, top + 3 * high // 4), 0, wide / 95, (20, 20, 20), max(1, wide // 35))
    return made


def hand(picture: Pixels, dice: Dice) -> Pixels:
    """Three fingers from the left or the right edge, of one of three colors of skin."""
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.float32)
    from_left, thick = bool(dice.integers(2)), int(0.09 * height)
    start = dice.uniform(0.25, 0.5) * height
    for finger in range(3):
        reach = dice.uniform(0.25, 0.45) * width
        y = int(start + finger * 1.25 * thick)
        begin, end = (0, int(reach)) if from_left else (width, int(width - reach))
        cv2.line(mask, (begin, y), (end, y + int(dice.uniform(-0.5, 0.5) * thick)), 1.0, thick)
    soft = cv2.GaussianBlur(mask, (0, 0), 1.5)[..., np.newaxis]
    shade = 1 - 0.35 * np.abs(cv2.GaussianBlur(mask, (0, 0), thick / 3) - 1)[..., np.newaxis]
    skin = np.array(SKIN[int(dice.integers(len(SKIN)))], np.float32) * shade
    return np.asarray(picture * (1 - soft) + skin * soft, np.uint8)


COVERS: Mapping[str, Callable[[Pixels, Dice], Pixels]] = {
    "nothing": nothing,
    "glare": glare,
    "a price label": price_label,
    "a hand": hand,
}


def main() -> None:
    """Compare each photo with the product that it shows."""
    backgrounds, rows = grounds(), []
    with one_blas_thread():
        for name in SETS:
            pictures = [photo.picture for photo in printed(name)][:: STEP if name != "groceries" else 1]
            for cover, draw in COVERS.items():
                geometries = compared(pictures, draw, backgrounds)
                clear = [geometry for geometry in geometries if geometry.inliers >= CLEAR_AGREEMENT]
                taken = sum(geometry.differs for geometry in clear)
                alike, covered = (
                    np.nanmean([getattr(geometry, part) for geometry in clear]) for part in ("alike", "covered")
                )
                rows.append([name, cover, len(geometries), len(clear), taken, f"{taken / len(clear):.3f}",
                             f"{alike:.2f}", f"{covered:.2f}"])  # fmt: skip
                print(rows[-1], flush=True)
    columns = ("pictures of", "before the product", "photos", "agree", "differ", "share", "alike", "covered")
    write_section(
        "What is before a product",
        COMMAND,
        f"""\
Drawn photos of eshop, household goods and packages, as `hard_photos.py` makes them, compared with their own catalog
picture. *Agree*: at least {CLEAR_AGREEMENT} points do; *differ*: of these, those where a place between the agreeing
points is unlike, so that a calibration that ships does not call them a match; *alike*, *covered*: means of these
features. Nothing was chosen on these photos.

{table(columns, rows)}""",
    )


def compared(
    pictures: list[Image.Image], draw: Callable[[Pixels, Dice], Pixels], backgrounds: list[Image.Image]
) -> list[Geometry]:
    """The geometry of a photo of each picture, with something before it."""
    dice = np.random.default_rng(SEED)
    covered = [Image.fromarray(draw(np.asarray(picture.convert("RGB")), dice)) for picture in pictures]
    return [
        compare_candidates(extract(photo, PHOTO), photo, [candidate(picture)])[0]
        for picture, photo in zip(pictures, photographs(covered, backgrounds, PHONE, SEED), strict=True)
    ]


def candidate(picture: Image.Image) -> DetailsCandidate:
    """A catalog picture as a store keeps it."""
    thumbnail = decode(encode_thumbnail(picture))
    return DetailsCandidate("item", "product", extract(picture, CATALOG_PICTURE), thumbnail)


if __name__ == "__main__":
    main()
