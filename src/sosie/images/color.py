"""Converts a loaded picture of any mode to upright RGB."""

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from sosie.images.profiles import to_srgb

_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_WIDE_GRAY_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_USUAL_RANGES = {"F": (1.0, 255.0, 65535.0), "I": (255.0, 65535.0)}


def upright_rgb(picture: Image.Image) -> Image.Image:
    """The picture in mode RGB and sRGB, oriented by its metadata, on white, without metadata.

    A picture that is already upright RGB is not copied; only its metadata is removed.
    """
    transposition = _TRANSPOSITIONS.get(_orientation(picture))
    rgb = _rgb(picture)
    upright = rgb if transposition is None else rgb.transpose(transposition)
    upright.info.clear()
    upright.getexif().clear()
    return upright


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Warning:
        raise
    except Exception:
        return 1


def _rgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if picture.mode in _WIDE_GRAY_MODES:
        return to_srgb(_narrow_gray(picture), profile)
    if not picture.has_transparency_data:
        return to_srgb(_without_palette(picture), profile)
    rgba = _with_alpha(picture)
    white = Image.new("RGB", picture.size, "white")
    white.paste(to_srgb(rgba.convert("RGB"), profile), mask=rgba.getchannel("A"))
    return white


def _with_alpha(picture: Image.Image) -> Image.Image:
    if picture.mode == "La":
        picture = picture.convert("LA")
    return picture if picture.mode == "RGBA" else picture.convert("RGBA")


def _without_palette(picture: Image.Image) -> Image.Image:
    if picture.mode in ("L", "RGB", "CMYK", "LAB"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _narrow_gray(picture: Image.Image) -> Image.Image:
    """16-bit, 32-bit and floating gray as mode L.

    Values may be within 0..1 (floating only), 0..255 or 0..65535; the narrowest of these scales is used. Other values
    are stretched from minimum to maximum. Values that are not finite become black.
    """
    values = np.nan_to_num(np.asarray(picture, np.float32), copy=True, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = _range(values, _USUAL_RANGES["F" if picture.mode == "F" else "I"])
    values -= low
    values *= 255.0 / (high - low)
    return Image.fromarray(np.rint(values, out=values).clip(0, 255).astype(np.uint8))


def _range(values: npt.NDArray[np.float32], usual: tuple[float, ...]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if low >= 0:
        for end in usual:
            if high <= end:
                return 0.0, end
    return low, max(high, low + 1.0)
