"""Pictures full of details, and views of them: small words and shapes, reproducible by seed."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from support.pictures import draw_picture, encode


def draw_print(seed: int, side: int = 400) -> Image.Image:
    """A printed page of random words and marks on a drawn ground."""
    rng = np.random.default_rng(seed)
    page = np.array(draw_picture(seed, (side, side)))
    for _ in range(30):
        word = "".join(rng.choice(list("ABCDEFGHKLMNRSTUVWXYZ0123456789"), 6))
        place = (int(rng.integers(0, side - 60)), int(rng.integers(20, side)))
        color = [int(value) for value in rng.integers(0, 256, 3)]
        cv2.putText(page, word, place, int(rng.integers(0, 4)), float(rng.uniform(0.5, 1.2)), color, 2)
    return Image.fromarray(page)


def seen_from(
    picture: Image.Image, homography: npt.NDArray[np.float64], size: tuple[int, int], ground: int = 128
) -> Image.Image:
    """The picture mapped by a homography, in pixels, onto a gray ground of this width and height."""
    border = (ground, ground, ground)
    warped = cv2.warpPerspective(np.asarray(picture), homography, size, flags=cv2.INTER_AREA, borderValue=border)
    return Image.fromarray(warped)


def turned(degrees: float, scale: float, side: int, to: int) -> npt.NDArray[np.float64]:
    """A similarity that turns a square picture about its center and puts that into the center of another."""
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, scale)
    matrix[:, 2] += (to - side) / 2
    return np.vstack([matrix, (0, 0, 1)])


def turned_print(seed: int, degrees: float = 155, scale: float = 0.6) -> Image.Image:
    """The print as a photo shows it: turned and small, on a gray ground."""
    return seen_from(draw_print(seed), turned(degrees, scale, 400, 640), (640, 640))


def write_prints(folder: Path, number: int) -> None:
    """Writes prints as a catalog keeps them: 0.jpg, 1.jpg, …"""
    for seed in range(number):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_print(seed), "JPEG"))
