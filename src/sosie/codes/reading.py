"""An upright picture → the codes in it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.codes.base import Code, Polygon
from sosie.codes.gtin import gtin_of

MOST_SIDE = 1280
"""A larger picture is made smaller first, so that the time stays bounded."""

Grey = npt.NDArray[np.uint8]


def read_codes(picture: Image.Image) -> tuple[Code, ...]:
    """The codes in an upright RGB picture, each text once: EAN and UPC, Code 128, DataBar, ITF-14, QR, Data Matrix.

    ZXing reads first. Where it sees no article number, OpenCV looks for EAN and UPC, whose bars it follows in any
    direction.
    """
    grey = _grey(picture)
    codes = _by_zxing(grey)
    if not any(gtin_of(code.text) for code in codes):
        codes += _by_opencv(grey)
    return tuple({code.text: code for code in codes}.values())


def _grey(picture: Image.Image) -> Grey:
    small = picture.convert("L")
    small.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small, np.uint8)


def _by_zxing(grey: Grey) -> list[Code]:
    import zxingcpp

    kinds = zxingcpp.BarcodeFormat
    wanted = [kinds.EANUPC, kinds.Code128, kinds.DataBar, kinds.ITF14, kinds.QRCode, kinds.DataMatrix]
    # Its smaller copies and negatives cost two fifths of the time and found nothing more in drawn photos.
    formats = zxingcpp.BarcodeFormats(wanted)
    read = zxingcpp.read_barcodes(grey, formats, try_downscale=False, try_invert=False)
    return [Code(one.text, str(one.format), _in_fractions(_corners(one.position), grey)) for one in read if one.text]


def _corners(position: Any) -> list[tuple[float, float]]:
    ends = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return [(end.x, end.y) for end in ends]


def _by_opencv(grey: Grey) -> list[Code]:
    """Only numbers with a right check digit: this reader guesses now and then."""
    found, texts, kinds, corners = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(grey)
    if not found:
        return []
    return [
        Code(text, kind.replace("_", "-"), _in_fractions(places, grey))
        for text, kind, places in zip(texts, kinds, np.asarray(corners), strict=True)
        if gtin_of(text)
    ]


def _in_fractions(corners: npt.ArrayLike, grey: Grey) -> Polygon:
    """Clockwise: a reader that comes upon a code upside down gives its corners the other way round."""
    places = np.asarray(corners, np.float32)
    if cv2.contourArea(places, oriented=True) < 0:
        places = places[::-1]
    height, width = grey.shape
    return tuple((round(float(x) / width, 4), round(float(y) / height, 4)) for x, y in places)
