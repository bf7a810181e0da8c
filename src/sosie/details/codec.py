"""Encodes details as bytes for storage, at most 16 KB a picture."""

from __future__ import annotations

import struct

import numpy as np

from sosie.details.base import Details
from sosie.details.quantizing import Quantizer, shipped_quantizer
from sosie.errors import StoreDamaged

MOST_BYTES = 16_384

_HEADER = struct.Struct("<4sHHH")
"""Magic bytes with the version, width and height of the working picture in pixels, number of points."""
_MARK = b"SDT1"
_STEPS_A_PIXEL = 16
_SMALLEST_SCALE, _SCALE_RATIO = 1.0, 1.03
_ANGLE_STEPS = 256


def pack(details: Details) -> bytes:
    """Details as at most ``MOST_BYTES`` bytes; if there are too many points, only the strongest are kept.

    The precision of a position is 1/16 pixel, of a scale 1.5 %, of an angle 0.7°; descriptors are encoded by
    ``shipped_quantizer``. The working picture may have at most 4,095 pixels a side.
    """
    quantizer = shipped_quantizer()
    row = _row(quantizer)
    rows = np.zeros(min(len(details), (MOST_BYTES - _HEADER.size) // row.itemsize), row)
    kept = slice(len(rows))
    rows["place"] = np.rint(details.points[kept] * _STEPS_A_PIXEL).clip(0, 65_535)
    scales = np.maximum(details.scales[kept], _SMALLEST_SCALE) / _SMALLEST_SCALE
    rows["scale"] = np.rint(np.log(scales) / np.log(_SCALE_RATIO)).clip(0, 255)
    rows["angle"] = np.rint(details.angles[kept] * (_ANGLE_STEPS / 360)) % _ANGLE_STEPS
    rows["codes"] = quantizer.encode(details.descriptors[kept])
    return _HEADER.pack(_MARK, *details.size, len(rows)) + rows.tobytes()


def unpack(data: bytes) -> Details:
    """Decodes what ``pack`` wrote, to the stored precision. ``StoreDamaged`` for other bytes."""
    quantizer = shipped_quantizer()
    rows, size = _rows(data, _row(quantizer))
    return Details(
        size,
        rows["place"].astype(np.float32) / np.float32(_STEPS_A_PIXEL),
        np.asarray(_SMALLEST_SCALE * _SCALE_RATIO ** rows["scale"].astype(np.float64), np.float32),
        rows["angle"].astype(np.float32) * np.float32(360 / _ANGLE_STEPS),
        quantizer.decode(rows["codes"]),
    )


def _rows(data: bytes, row: np.dtype[np.void]) -> tuple[np.ndarray[tuple[int], np.dtype[np.void]], tuple[int, int]]:
    """The table after the header, and the size of the working picture."""
    if len(data) < _HEADER.size or not data.startswith(_MARK):
        raise StoreDamaged(_damage(f"they begin with {data[:4]!r} and not with {_MARK!r}"))
    _, width, height, count = _HEADER.unpack_from(data)
    expected = _HEADER.size + count * row.itemsize
    if len(data) != expected or 0 in (width, height):
        raise StoreDamaged(
            _damage(f"{count} points of a {width} × {height} picture take {expected} bytes, not {len(data)}")
        )
    rows = np.frombuffer(data, row, offset=_HEADER.size)
    if (rows["place"] > np.array([width, height], np.uint32) * _STEPS_A_PIXEL).any():
        raise StoreDamaged(_damage("points lie outside the picture"))
    return rows, (width, height)


def _row(quantizer: Quantizer) -> np.dtype[np.void]:
    fields = [("place", "<u2", (2,)), ("scale", "u1"), ("angle", "u1"), ("codes", "u1", (quantizer.parts,))]
    return np.dtype(fields)


def _damage(reason: str) -> str:
    return f"the details kept of an item cannot be read ({reason}); index it again"
