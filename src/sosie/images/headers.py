"""Checks a file before it is decoded: sizes in unusual places, and names that would crash a decoder."""

import re
import struct
from collections.abc import Iterator

from sosie.images.limits import Size

_INNER_PICTURES = (
    (re.compile(rb"IHDR(.{8})", re.DOTALL), ">II", False),
    (re.compile(rb"ihdr(.{8})", re.DOTALL), ">II", True),
    (re.compile(rb"\xff\x4f\xff\x51....(.{8})", re.DOTALL), ">II", False),
    (re.compile(rb"\x28\0\0\0(.{8})", re.DOTALL), "<ii", False),
)
"""Formats in icon files: PNG, JPEG 2000 (height first), a bare JPEG 2000 stream, and BMP."""

_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_JPEG_MARKER = re.compile(rb"\xff[^\0\xd0-\xd7\xff]")
_FRAMES, _SCAN, _RESTART_INTERVAL = (0xC0, 0xC1, 0xC2), 0xDA, 0xDD
_OTHER_BITS = b"\xfe\x6b\xd9\x93" * 64
_JPEG_2000 = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_ICONS = (b"\0\0\x01\0", b"\0\0\x02\0", b"icns")
_GIF_HEADER = 13
_GIF_FRAME, _GIF_EXTENSION = 0x2C, 0x21


_HEIF_ITEM = re.compile(rb"\0\0(..)infe([\0-\x03])", re.DOTALL)
_HEIF_ITEM_IDS = {0: 4, 1: 4, 2: 4, 3: 6}
"""The number of bytes before the texts of an item, by the version of its entry."""


def hidden_size(data: bytes) -> Size:
    """The largest size (width, height) that Pillow would not check when it opens the file; (0, 0) for most formats.

    ``ValueError``, ``IndexError`` or ``struct.error`` if the file ends before its size.
    """
    if data.startswith(b"GIF8"):
        return _gif_size(data)
    if data.startswith(_ICONS):
        return max(_inner_sizes(data), key=lambda size: size[0] * size[1], default=(0, 0))
    return (0, 0)


def check_end(data: bytes) -> None:
    """Raises ``EOFError`` for a truncated JPEG 2000 stream. Its decoder would silently fill the rest with black.

    Within a stream, a byte above 0x8f follows a byte 0xff only in a marker (ISO/IEC 15444-1, annex A).
    """
    if data.startswith(_JPEG_2000):
        start = data.find(b"\xff\x4f\xff\x51")
        if start < 0 or data.find(b"\xff\xd9", start) < 0:
            raise EOFError("the stream has no end marker")


def ends_of_jpeg(data: bytes) -> tuple[bytes, ...]:
    """Two completions of a JPEG without end mark. They decode to the same pixels only if no data is missing.

    The first ends at once, so that a decoder takes zeros for missing data; the second begins with other bits. There are
    none for a file with incomplete scans, or with restart marks, which let a decoder skip data.
    """
    bare = data.rstrip(b"\0\r\n ").removesuffix(b"\xff")
    if not data.startswith(_JPEG) or bare.endswith(_JPEG_END) or not _has_all_scans(bare):
        return ()
    return bare + _JPEG_END, bare + _OTHER_BITS + _JPEG_END


def _has_all_scans(data: bytes) -> bool:
    """True if the scans of a JPEG have all bits of all 64 coefficients of every component (ISO 10918-1, B.2)."""
    covered: dict[int, set[int]] = {}
    for marker, body in _segments(data):
        if marker == _RESTART_INTERVAL and any(body[:2]):
            return False
        if marker in _FRAMES:
            covered = {component: set() for component in body[6::3]}
        elif marker == _SCAN:
            count = body[0]
            first, last, bits = body[2 * count + 1 : 2 * count + 4]
            for component in body[1 : 2 * count : 2]:
                covered.get(component, set()).update(range(first, last + 1) if bits & 15 == 0 else ())
    return bool(covered) and all(len(coefficients) == 64 for coefficients in covered.values())


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and body of every segment of a JPEG, up to the first unreadable segment."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if end > len(data):
            return
        yield marker, data[position + 4 : end]
        position = end
        if marker == _SCAN:
            following = _JPEG_MARKER.search(data, position)
            position = following.start() if following else len(data)


def _inner_sizes(data: bytes) -> Iterator[Size]:
    for pattern, layout, height_first in _INNER_PICTURES:
        for match in pattern.finditer(data):
            width, height = struct.unpack(layout, match[1])
            yield (abs(height), abs(width)) if height_first else (abs(width), abs(height))


def _gif_size(data: bytes) -> Size:
    width, height = struct.unpack_from("<HH", data, 6)
    left, top, frame_width, frame_height = struct.unpack_from("<HHHH", data, _first_frame(data) + 1)
    return max(width, left + frame_width), max(height, top + frame_height)


def _first_frame(data: bytes) -> int:
    position = _GIF_HEADER + _palette_length(data[10])
    while data[position] == _GIF_EXTENSION:
        position += 2
        while data[position]:
            position += data[position] + 1
        position += 1
    if data[position] != _GIF_FRAME:
        raise ValueError("no frame in the GIF")
    return position


def _palette_length(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def check_heif_items(data: bytes) -> None:
    """Raises ``ValueError`` if the name or type of an item is not text, because pi-heif 1.4 would end the process."""
    for match in _HEIF_ITEM.finditer(data):
        (length,) = struct.unpack(">H", match[1])
        texts = match.start() + 12 + _HEIF_ITEM_IDS[match[2][0]]
        data[texts : match.start() + length].decode("utf-8")
