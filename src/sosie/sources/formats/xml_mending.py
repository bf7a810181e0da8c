"""Mends what makes most feeds not well formed: ampersands that stand alone, and entities that only HTML knows."""

from __future__ import annotations

import re
from html.entities import name2codepoint

_KNOWN = frozenset(("amp", "lt", "gt", "quot", "apos"))
_AMPERSAND = re.compile(
    rb"<!\[CDATA\[.*?\]\]>|&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});)?", re.DOTALL
)
_OPENING, _CLOSING = b"<![CDATA[", b"]]>"
_KEPT_BACK = 48
"""Bytes at the end of a piece that may begin an entity or a CDATA section."""


class Mender:
    """Mends a document piece by piece; what lies in CDATA sections stays as it is.

    Documents in UTF-16 are left alone.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._inside = False
        self._leave: bool | None = None

    def mend(self, piece: bytes, is_last: bool = False) -> bytes:
        """The next bytes, mended; the last few are kept for the next call."""
        if self._leave is None:
            self._leave = piece[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in piece[:4]
        if self._leave:
            return piece
        data = self._rest + piece
        self._rest = b""
        if not is_last and len(data) > _KEPT_BACK:
            data, self._rest = data[:-_KEPT_BACK], data[-_KEPT_BACK:]
        return b"".join(self._parts(data))

    def _parts(self, data: bytes) -> list[bytes]:
        parts: list[bytes] = []
        if self._inside:
            end = data.find(_CLOSING)
            if end < 0:
                cut = len(data) - 2
                self._rest = data[cut:] + self._rest
                return [data[:cut]]
            self._inside = False
            parts, data = [data[: end + 3]], data[end + 3 :]
        opened = data.rfind(_OPENING)
        if opened >= 0 and data.find(_CLOSING, opened) < 0:
            self._inside = True
            return [*parts, _AMPERSAND.sub(_mended, data[:opened]), data[opened:]]
        partial = _begun(data)
        self._rest = data[partial:] + self._rest
        return [*parts, _AMPERSAND.sub(_mended, data[:partial])]


def _begun(data: bytes) -> int:
    """Where a CDATA section or an entity begins that the piece cuts in two; else its length."""
    tail = data.rfind(b"<", max(0, len(data) - len(_OPENING)))
    if tail >= 0 and _OPENING.startswith(data[tail:]):
        return tail
    ampersand = data.rfind(b"&", max(0, len(data) - _KEPT_BACK))
    return ampersand if ampersand >= 0 and re.fullmatch(rb"&[#A-Za-z0-9]*", data[ampersand:]) else len(data)


def _mended(found: re.Match[bytes]) -> bytes:
    whole, name = found[0], found[1]
    if whole.startswith(b"<!"):
        return whole
    if name is None:
        return b"&amp;"
    text = name.decode("ascii")
    if text.startswith("#") or text in _KNOWN:
        return whole
    return f"&#{name2codepoint[text]};".encode() if text in name2codepoint else b"&amp;" + whole[1:]
