"""Reads the codes in an upright picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.codes.base import Code, Polygon
from sosie.codes.gtin import gtin_of

MOST_SIDE = 1280
"""Larger pictures are reduced to this longer side in pixels, to limit the time."""

Gray = npt.NDArray[np.uint8]


def read_codes(picture: Image.Image) -> tuple[Code, ...]:
    """The codes in an upright RGB picture, each text once: EAN and UPC, Code 128, DataBar, ITF-14, QR, Data Matrix.

    ZXing reads first. If it reads no article number, OpenCV searches for EAN and UPC codes in any direction.
    """
    gray = _gray(picture)
    codes = _by_zxing(gray)
    if not any(gtin_of(code.text) for code in codes):
        codes += _by_opencv(gray)
    return tuple({code.text: code for code in codes}.values())


def _gray(picture: Image.Image) -> Gray:
    small = picture.convert("L")
    small.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small, np.uint8)


def _by_zxing(gray: Gray) -> list[Code]:
    import zxingcpp

    kinds = zxingcpp.BarcodeFormat
    symbologies = [kinds.EANUPC, kinds.Code128, kinds.DataBar, kinds.ITF14, kinds.QRCode, kinds.DataMatrix]
    # Reduced and inverted copies took two fifths of the time, and gave no further codes in drawn photos.
    formats = zxingcpp.BarcodeFormats(symbologies)
    barcodes = zxingcpp.read_barcodes(gray, formats, try_downscale=False, try_invert=False)
    return [
        Code(barcode.text, str(barcode.format), _in_fractions(_corners(barcode.position), gray))
        for barcode in barcodes
        if barcode.text
    ]


def _corners(position: Any) -> list[tuple[float, float]]:
    ends = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return [(end.x, end.y) for end in ends]


def _by_opencv(gray: Gray) -> list[Code]:
    """Article numbers read by OpenCV. A valid check digit is required, because OpenCV sometimes guesses."""
    detected, texts, kinds, corners = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(gray)
    if not detected:
        return []
    return [
        Code(text, kind.replace("_", "-"), _in_fractions(places, gray))
        for text, kind, places in zip(texts, kinds, np.asarray(corners), strict=True)
        if gtin_of(text)
    ]


def _in_fractions(corners: npt.ArrayLike, gray: Gray) -> Polygon:
    """Corners in fractions, in clockwise order. For a code upside down, a reader may give them counterclockwise."""
    places = np.asarray(corners, np.float32)
    if cv2.contourArea(places, oriented=True) < 0:
        places = places[::-1]
    height, width = gray.shape
    return tuple((round(float(x) / width, 4), round(float(y) / height, 4)) for x, y in places)
