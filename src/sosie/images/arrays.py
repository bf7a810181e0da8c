"""Converts arrays to pictures."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.errors import UsageError
from sosie.images.color import upright_rgb
from sosie.images.limits import DEFAULT_LIMITS, Limits, check_pixel_count

_EXPECTED = (
    "expected (height, width) gray, (height, width, 3) RGB or (height, width, 4) RGBA, "
    "as uint8 from 0 to 255, floats from 0 to 1, or booleans"
)


def from_array(array: npt.ArrayLike, limits: Limits = DEFAULT_LIMITS) -> Image.Image:
    """Converts an array to an upright RGB picture: shape (h, w), (h, w, 1), (h, w, 3) or (h, w, 4).

    uint8 ranges from 0 to 255, floats from 0 to 1; booleans are black and white. Transparent parts become white.
    Channels are RGB, while OpenCV reads BGR. ``UsageError`` for any other shape, type or value, ``ImageTooLarge`` for
    more pixels than the limits allow.
    """
    values = np.asarray(array)
    _check_shape(values)
    check_pixel_count((values.shape[1], values.shape[0]), limits.max_pixels)
    pixels = _as_bytes(values)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    return upright_rgb(Image.fromarray(np.ascontiguousarray(pixels)))


def _check_shape(values: npt.NDArray[np.generic]) -> None:
    channels = values.shape[2:] in ((), (1,), (3,), (4,))
    if values.ndim not in (2, 3) or not channels or 0 in values.shape:
        hint = ": move the channels last" if values.ndim == 3 and values.shape[0] in (1, 3, 4) else ""
        raise UsageError(f"an array of shape {values.shape} is not a picture{hint}; {_EXPECTED}")


def _as_bytes(values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values.view(np.uint8)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(values.dtype, np.floating):
        return _scaled(values.astype(np.float32))
    raise UsageError(f"an array of type {values.dtype} is not a picture; {_EXPECTED}")


def _scaled(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= 1):
        raise UsageError(f"an array of floats from {low:g} to {high:g} is not a picture; {_EXPECTED}")
    return np.rint(values * 255).astype(np.uint8)
