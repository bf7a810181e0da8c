"""Decodes bytes, arrays and Pillow pictures to upright RGB, or raises an ``ImageError``. Thread-safe."""

from PIL import Image

from sosie.errors import UnsupportedImage
from sosie.images.arrays import from_array
from sosie.images.color import upright_rgb
from sosie.images.container import ignoring_warnings, open_picture, refusals, without_size_warning
from sosie.images.headers import ends_of_jpeg
from sosie.images.limits import DEFAULT_LIMITS, Limits, check_pixel_count
from sosie.images.reading import read_file

__all__ = ["Limits", "decode", "from_array", "from_pil", "read_file"]


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS, shorter_side: int | None = None) -> Image.Image:
    """The picture in a file's bytes: RGB, sRGB, upright, on white. Of several frames, the first.

    With ``shorter_side``, in pixels, a much larger JPEG is decoded at 1/2, 1/4 or 1/8 of its size, which is several
    times as fast. The shorter side of the result is at least ``shorter_side``, unless the picture itself is smaller.

    A JPEG without its end mark is accepted if no pixel is missing. ``UnsupportedImage`` for bytes that are not a
    picture, ``CorruptImage`` for a broken or truncated picture. ``ImageTooLarge`` for a picture over the limits, before
    it is decoded.
    """
    with refusals(data):
        return ignoring_warnings(lambda: _decode(data, limits, shorter_side))


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
    """Converts a Pillow picture of any mode like ``decode``. Returns a new picture; the given one stays unchanged.

    ``ImageError`` as from ``decode`` if its pixels cannot be loaded, if it has none, or if it has too many.
    """
    with refusals(b""):
        check_pixel_count(picture.size, limits.max_pixels)
        if 0 in picture.size:
            raise UnsupportedImage(f"a picture of {picture.width} × {picture.height} pixels is empty")
        with without_size_warning(picture.size):
            return ignoring_warnings(lambda: upright_rgb(picture.copy()))
