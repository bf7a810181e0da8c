"""Which reader finds codes drawn onto shop-floor photos, and how long it takes.

PYTHONPATH=src:benchmarks python benchmarks/codes.py
"""

import io
import time
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
import zxingcpp
from grocery import read_photos
from PIL import Image, ImageFilter
from report import table, write_section

from sosie.codes.reading import read_codes

EAN, LINK = "4006381333931", "https://id.gs1.org/01/04006381333931"
SIDES = (640, 1000)
PHOTOS = 8
Reader = Callable[[Image.Image], list[str]]


class Scene(NamedTuple):
    """A code of a width in pixels, quiet zones included, turned counter-clockwise and blurred."""

    name: str
    text: str
    width: int
    degrees: float = 0
    blur: float = 0


SCENES = (
    Scene("EAN, upright", EAN, 240),
    Scene("EAN, turned by 20°", EAN, 240, 200, 0.5),
    Scene("EAN, turned by 30°", EAN, 240, 30),
    Scene("EAN, turned by 45°", EAN, 240, 45, 0.7),
    Scene("EAN, turned by 60°", EAN, 240, 120, 0.7),
    Scene("EAN, blurred (1 px)", EAN, 240, 10, 1),
    Scene("EAN, small", EAN, 150, 5),
    Scene("EAN, large, blurred (2 px)", EAN, 500, 35, 2),
    Scene("QR, turned by 33°, blurred (1 px)", LINK, 120, 33, 1),
    Scene("QR, small", LINK, 70, 15),
    Scene("none", "", 0),
)


def main() -> None:
    body = [
        f"{PHOTOS} photos each, JPEG quality 80; an EAN of 240 pixels has 2 pixels a bar. In brackets codes that are "
        "not there; last the milliseconds of CPU on one thread. `read_codes` uses ZXing, and OpenCV where ZXing reads "
        "no article number."
    ]
    for side in SIDES:
        rows = [row(scene, side) for scene in SCENES]
        body.append(f"### {side} pixels\n\n{table(['photo', *READERS], rows)}")
        print(body[-1], flush=True)
    write_section("Codes", "PYTHONPATH=src:benchmarks python benchmarks/codes.py", "\n\n".join(body))


def row(scene: Scene, side: int) -> list[str]:
    rng = np.random.default_rng(1)
    photos = [photo_of(scene, side, index, rng) for index in range(PHOTOS)]
    return [scene.name, *(measured(reader, photos, scene.text) for reader in READERS.values())]


def measured(reader: Reader, photos: list[Image.Image], text: str) -> str:
    began = time.process_time()
    answers = [reader(photo) for photo in photos]
    each = (time.process_time() - began) / len(photos)
    hits = sum(text in texts for texts in answers)
    strange = sum(read != text for texts in answers for read in texts)
    return f"{hits / len(photos):.2f} ({strange}) {each * 1000:.1f}"


def photo_of(scene: Scene, side: int, index: int, rng: np.random.Generator) -> Image.Image:
    """A shop-floor photo of this longer side with the code somewhere on it."""
    paths = read_photos("shopfloor_val").paths
    photo = Image.open(paths[index * 37]).convert("RGB")
    photo = photo.resize((round(photo.width * side / max(photo.size)), round(photo.height * side / max(photo.size))))
    if scene.text:
        code = drawn(scene)
        turned = code.rotate(scene.degrees, Image.Resampling.BICUBIC, expand=True)
        mask = Image.new("L", code.size, 255).rotate(scene.degrees, expand=True)
        left, top = (
            int(rng.integers(0, max(1, whole - part))) for whole, part in zip(photo.size, turned.size, strict=True)
        )
        photo.paste(turned, (left, top), mask)
    out = io.BytesIO()
    photo.filter(ImageFilter.GaussianBlur(scene.blur)).save(out, "JPEG", quality=80)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def drawn(scene: Scene) -> Image.Image:
    kind = zxingcpp.BarcodeFormat.EAN13 if scene.text == EAN else zxingcpp.BarcodeFormat.QRCode
    code = zxingcpp.create_barcode(scene.text, kind)
    picture = Image.fromarray(np.array(zxingcpp.write_barcode_to_image(code, scale=4, add_quiet_zones=True)))
    height = round(picture.height * scene.width / picture.width)
    return picture.convert("RGB").resize((scene.width, height), Image.Resampling.LANCZOS)


def zxing(photo: Image.Image) -> list[str]:
    return [barcode.text for barcode in zxingcpp.read_barcodes(np.asarray(photo.convert("L")))]


def opencv(photo: Image.Image) -> list[str]:
    gray = np.asarray(photo.convert("L"))
    bars = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(gray)[1]
    squares = cv2.QRCodeDetector().detectAndDecodeMulti(gray)[1]
    return [text for text in (*bars, *squares) if text]


def both(photo: Image.Image) -> list[str]:
    return [code.text for code in read_codes(photo)]


READERS: dict[str, Reader] = {"ZXing, all it knows": zxing, "OpenCV, both readers": opencv, "`read_codes`": both}


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
