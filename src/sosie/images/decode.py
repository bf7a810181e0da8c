"""Bytes, arrays and Pillow pictures → upright RGB, or an ``ImageError`` that says why not. Safe in many threads."""

from PIL import Image

from sosie.errors import UnsupportedImage
from sosie.images.arrays import from_array
from sosie.images.colour import upright_rgb
from sosie.images.container import in_spite_of_warnings, open_picture, refusals, without_size_warning
from sosie.images.headers import ends_of_jpeg
from sosie.images.limits import DEFAULT_LIMITS, Limits, check_pixel_count
from sosie.images.reading import read_file

__all__ = ["Limits", "decode", "from_array", "from_pil", "read_file"]


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS, shorter_side: int | None = None) -> Image.Image:
    """The picture in a file's bytes: mode RGB, sRGB, upright, alpha flattened on white, the first frame of several.

    With ``shorter_side``, in pixels, a far larger JPEG is decoded at 1/2, 1/4 or 1/8 of its size, which is several
    times as fast; the shorter side of the result is never below it unless the picture's own is.

    A JPEG without its end mark is accepted where every pixel is there.
    ``UnsupportedImage`` for bytes that are no picture, ``CorruptImage`` for a broken or cut off one, ``ImageTooLarge``
    for one over the limits, which is refused before it is decoded.
    """
    with refusals(data):
        return in_spite_of_warnings(lambda: _decode(data, limits, shorter_side))


def _decode(data: bytes, limits: Limits, shorter_side: int | None) -> Image.Image:
    try:
        return upright_rgb(_loaded(data, limits, shorter_side))
    except OSError:
        forms = [_loaded(form, limits, shorter_side) for form in ends_of_jpeg(data)]
        if not forms or forms[0].tobytes() != forms[1].tobytes():
            raise
        return upright_rgb(forms[0])


def _loaded(data: bytes, limits: Limits, shorter_side: int | None) -> Image.Image:
    picture = open_picture(data, limits)
    if shorter_side is not None:
        picture.draft(None, (shorter_side, shorter_side))
    with without_size_warning(picture.size):
        picture.load()
    return picture


def from_pil(picture: Image.Image, limits: Limits = DEFAULT_LIMITS) -> Image.Image:
    """A Pillow picture of any mode as a new picture by the rules of ``decode``; the one given stays as it is.

    ``ImageError`` as ``decode`` raises it, for a picture that is opened and not loaded yet, or has no pixels.
    """
    with refusals(b""):
        check_pixel_count(picture.size, limits.max_pixels)
        if 0 in picture.size:
            raise UnsupportedImage(f"a picture of {picture.width} × {picture.height} pixels shows nothing")
        with without_size_warning(picture.size):
            return in_spite_of_warnings(lambda: upright_rgb(picture.copy()))
