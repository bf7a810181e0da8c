"""Opens pictures: reads and checks the header, without decoding the pixels."""

import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from PIL import Image, JpegImagePlugin

from sosie.errors import CorruptImage, ImageError, ImageTooLarge, UnsupportedImage
from sosie.images.headers import check_end, check_heif_items, hidden_size
from sosie.images.limits import Limits, Size, check_bytes, check_pixel_count
from sosie.images.sniff import describe, picture_kind

_Factory: TypeAlias = Callable[[io.BytesIO, str], Image.Image]

_CALLS_OTHER_PROGRAMS = {"EPS", "WMF"}
_NEEDS_A_HANDLER = {"BUFR", "GRIB", "HDF5", "MPEG"}
_HAS_NO_CHECKED_SIZE = {"BLP", "DCX", "FPX", "GBR", "IPTC", "MIC", "SPIDER"}
_HAS_NO_SIGNATURE = {"IM", "IMT"}
_REFUSED = _CALLS_OTHER_PROGRAMS | _NEEDS_A_HANDLER | _HAS_NO_CHECKED_SIZE | _HAS_NO_SIGNATURE

_HEIF_BRANDS = set(b"heic heix heim heis hevc hevx hevm hevs mif1 msf1".split())

_warnings_lock = threading.RLock()


@contextmanager
def refusals(data: bytes) -> Iterator[None]:
    """Turns any error of a decoder over ``data`` into an ``ImageError`` with the cause."""
    try:
        yield
    except ImageError:
        raise
    except Exception as error:
        raise _refusal(error, data) from error


def open_picture(data: bytes, limits: Limits) -> Image.Image:
    """The picture with size and metadata. Its pixels are not loaded yet.

    ``ImageTooLarge`` before anything is decoded, ``UnsupportedImage`` for other data, ``CorruptImage`` for a broken
    header.
    """
    check_bytes(len(data), limits)
    check_end(data)
    if data[4:8] == b"ftyp":
        check_heif_items(data)
    hidden = hidden_size(data)
    check_pixel_count(hidden, limits.max_pixels)
    with without_size_warning(hidden):
        picture = _open_with_first_accepting(data)
    check_pixel_count(picture.size, limits.max_pixels)
    return picture


@contextmanager
def without_size_warning(size: Size) -> Iterator[None]:
    """Suppresses Pillow's warning of large pictures for a picture of ``size``, because Sosie has its own limit.

    Pillow's limit stays as it is for other code.
    """
    if size[0] * size[1] <= (Image.MAX_IMAGE_PIXELS or size[0] * size[1]):
        yield
    else:
        with _without_warnings(Image.DecompressionBombWarning):
            yield


def ignoring_warnings(work: Callable[[], Image.Image]) -> Image.Image:
    """The result of ``work``, even if warnings are errors: an unusual tag must not make a good picture unreadable."""
    try:
        return work()
    except Warning:
        with _without_warnings(Warning):
            return work()


@contextmanager
def _without_warnings(category: type[Warning]) -> Iterator[None]:
    """Suppresses a category of warnings. Filters apply to the whole process, so only one thread at a time does this."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", category)
        yield


def _open_with_first_accepting(data: bytes) -> Image.Image:
    reason: Exception | None = None
    for factory in _factories(data):
        try:
            return factory(io.BytesIO(data), "")
        except (MemoryError, Image.DecompressionBombError, Warning):
            raise
        except Exception as error:
            reason = reason or error
    is_readable = picture_kind(data) is not None and not _is_unread_jpeg_xl(data)
    raise reason if reason and is_readable else UnsupportedImage(_not_a_picture(data))


def _is_unread_jpeg_xl(data: bytes) -> bool:
    """True for a JPEG XL picture if no plugin reads it."""
    return picture_kind(data) == "JPEG XL picture" and "JXL" not in Image.ID


def _factories(data: bytes) -> Iterator[_Factory]:
    """Readers that accept the first bytes, the most likely first. Rare formats are loaded only if these fail."""
    if data.startswith(b"\xff\xd8\xff"):
        yield JpegImagePlugin.JpegImageFile
    elif _is_heif(data):
        yield _open_heif
    for load_readers in (Image.preinit, Image.init):
        load_readers()
        yield from _registered(data[:16].ljust(16, b"\0"))


def _open_heif(file: io.BytesIO, name: str) -> Image.Image:
    from pi_heif import HeifImageFile  # type: ignore[import-untyped]

    picture: Image.Image = HeifImageFile(file, name)
    return picture


def _registered(prefix: bytes) -> Iterator[_Factory]:
    for name in tuple(Image.ID):
        factory, accepts = Image.OPEN[name]
        if name not in _REFUSED and (accepts is None or accepts(prefix) is True):
            yield factory


def _is_heif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS and b"avif" not in data[12:64]


def _not_a_picture(data: bytes) -> str:
    if _is_unread_jpeg_xl(data):
        return "a JPEG XL picture is not supported: save it as JPEG, PNG or WebP"
    return f"expected a picture, got {describe(data)}"


def _refusal(error: Exception, data: bytes) -> ImageError:
    if isinstance(error, MemoryError):
        return ImageTooLarge("not enough memory to decode the picture: send a smaller picture or lower max_pixels")
    if isinstance(error, Image.DecompressionBombError):
        return ImageTooLarge(f"the picture is too large to decode safely: {error}")
    kind = picture_kind(data) or "picture"
    return CorruptImage(f"the {kind} is broken or truncated: {_cause(error)}")


def _cause(error: Exception) -> str:
    return str(error).rstrip(". ") or type(error).__name__
