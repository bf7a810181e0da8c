"""Every file of the hard pictures: which decode, at which size, to which colors, and which are refused for what."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sosie.errors import ImageError, UnsupportedImage
from sosie.images.decode import decode, read_file
from support.pictures import mean_difference
from support.shared import SHARED, shared

FOLDER = "data/hard_images"
REFUSED = {
    "LICENSE-imagededup": 'text that begins "Copyright 2019',
    "LICENSE-threatexchange": 'text that begins "BSD License',
    "formats/ukbench09268_corrupt.jpg": "data of an unknown kind",
}
SIZES = {
    "copies/shrink-a-little.jpg": (1152, 723),
    "copies/shrink-a-lot.jpg": (160, 100),
    "copies/square-128x128.jpg": (128, 128),
    "copies/square-256x256.jpg": (256, 256),
    "copies/square-512x512.jpg": (512, 512),
    "exif/exif-rotn-1.jpg": (4032, 3024),
    "exif/exif-rotn-6.jpg": (3024, 4032),
    "formats/Iggy.1024.ppm": (1024, 1024),
    "formats/baboon.pgm": (512, 512),
    "formats/copyleft.tiff": (220, 220),
    "formats/giphy.gif": (314, 400),
    "formats/marbles.pbm": (1152, 813),
    "formats/ukbench00120_resize.jpg": (300, 300),
    "formats/ukbench09268.jpg": (480, 640),
    "modes/I16.png": (256, 256),
    "turns/bridge-2-rotate-90.jpg": (1004, 1600),
    "turns/bridge-4-rotate-270.jpg": (1004, 1600),
    "turns/bridge-7-flip-plus-1.jpg": (1004, 1600),
    "turns/bridge-8-flip-minus-1.jpg": (1004, 1600),
}
USUAL = {"formats": (640, 480)}
NAMES = sorted(str(p.relative_to(SHARED / FOLDER)) for p in (SHARED / FOLDER).rglob("*") if p.is_file())


def load(name: str) -> Image.Image:
    return decode(read_file(shared(f"{FOLDER}/{name}")))


@pytest.mark.parametrize("name", NAMES or ["modes/original.jpg"])
def test_every_file_decodes_or_is_refused_for_the_right_reason(name: str) -> None:
    if name in REFUSED:
        with pytest.raises(UnsupportedImage, match=REFUSED[name]):
            load(name)
        return
    picture = load(name)
    assert picture.mode == "RGB"
    assert picture.size == SIZES.get(name, USUAL.get(Path(name).parent.name, (1600, 1004)))
    assert len(np.unique(np.asarray(picture.resize((32, 32))))) > 1


@pytest.mark.parametrize("name", ["CMYK.jpg", "HSV.webp", "LAB.webp", "P.png", "PA.webp", "RGBA.png", "YCbCr.jpg"])
def test_colored_modes_show_the_original(name: str) -> None:
    small = [load(f"modes/{file}").resize((100, 63), Image.Resampling.BOX) for file in (name, "original.jpg")]
    assert mean_difference(*small) < 6


@pytest.mark.parametrize("name", ["L.png", "LA.png", "I.webp", "F.webp", "1.png"])
def test_gray_modes_show_the_original(name: str) -> None:
    gray = load("modes/original.jpg").convert("L").convert("RGB")
    small = [picture.resize((100, 63), Image.Resampling.BOX) for picture in (load(f"modes/{name}"), gray)]
    assert mean_difference(*small) < 6


@pytest.mark.parametrize(
    ("name", "transposition"),
    [
        ("2-rotate-90", Image.Transpose.ROTATE_90),
        ("3-rotate-180", Image.Transpose.ROTATE_180),
        ("4-rotate-270", Image.Transpose.ROTATE_270),
        ("5-flipx", Image.Transpose.FLIP_TOP_BOTTOM),
        ("6-flipy", Image.Transpose.FLIP_LEFT_RIGHT),
        ("7-flip-plus-1", Image.Transpose.TRANSPOSE),
        ("8-flip-minus-1", Image.Transpose.TRANSVERSE),
    ],
)
def test_turned_copies_stay_as_they_were_turned(name: str, transposition: Image.Transpose) -> None:
    turned = load("turns/bridge-1-original.jpg").transpose(transposition)
    assert best_turn(load(f"turns/bridge-{name}.jpg"), turned) is None


def test_phone_photos_of_one_scene_stand_the_same_way_up() -> None:
    assert best_turn(load("exif/exif-rotn-6.jpg"), load("exif/exif-rotn-1.jpg")) is None


def test_reduced_scale_of_a_turned_phone_photo() -> None:
    data = read_file(shared(f"{FOLDER}/exif/exif-rotn-6.jpg"))
    small = decode(data, shorter_side=256)
    assert small.size == (378, 504)
    assert mean_difference(small, decode(data).resize(small.size, Image.Resampling.BOX)) < 1.5


@pytest.mark.parametrize("name", ["RGB.jpg", "L.png", "I16.png", "CMYK.jpg"])
def test_cut_off_photos_are_refused(name: str) -> None:
    data = read_file(shared(f"{FOLDER}/modes/{name}"))
    for share in (0.001, 0.3, 0.99):
        with pytest.raises(ImageError, match=r"truncated|expected a picture"):
            decode(data[: int(len(data) * share)])


def best_turn(picture: Image.Image, like: Image.Image) -> Image.Transpose | None:
    """The turn of ``picture`` that resembles ``like`` most, or None where it does so as it is."""
    goal = look(like)
    transpositions = [None, *Image.Transpose]
    return max(
        transpositions,
        key=lambda transposition: float(
            (look(picture if transposition is None else picture.transpose(transposition)) * goal).sum()
        ),
    )


def look(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    gray = np.asarray(picture.convert("L").resize((24, 24), Image.Resampling.BOX), np.float64)
    return (gray - gray.mean()) / (np.linalg.norm(gray - gray.mean()) + 1e-9)
