"""Repairs the most frequent errors in XML feeds: unescaped ampersands, and HTML entities."""

from __future__ import annotations

import re
from html.entities import name2codepoint

_XML_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_AMPERSAND = re.compile(rb"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});)?")
_CUT_ENTITY = re.compile(rb"&[#A-Za-z0-9]{0,33}")
_OPENING, _CLOSING = b"<![CDATA[", b"]]>"


class Mender:
    """Repairs a document piece by piece; a piece may end anywhere. CDATA sections stay unchanged.

    Documents in UTF-16 stay unchanged.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._in_cdata = False
        self._leave: bool | None = None

    def mend(self, piece: bytes, is_last: bool = False) -> bytes:
        """The next bytes, repaired. An incomplete end is kept for the next call."""
        data, self._rest = self._rest + piece, b""
        if self._leave is None and len(data) >= 4:
            self._leave = data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]
        if self._leave:
            return data
        done: list[bytes] = []
        while data:
            data = self._through_cdata(data, is_last, done) if self._in_cdata else self._to_cdata(data, is_last, done)
        return b"".join(done)

    def _through_cdata(self, data: bytes, is_last: bool, done: list[bytes]) -> bytes:
        """Copies a CDATA section up to its end; returns the rest."""
        end = data.find(_CLOSING)
        if end >= 0:
            self._in_cdata = False
            done.append(data[: end + len(_CLOSING)])
            return data[end + len(_CLOSING) :]
        self._keep(data, len(data) if is_last else max(0, len(data) - 2), done)
        return b""

    def _to_cdata(self, data: bytes, is_last: bool, done: list[bytes]) -> bytes:
        """Repairs the text before the next CDATA section; returns the section and the rest."""
        opened = data.find(_OPENING)
        if opened >= 0:
            self._in_cdata = True
            done += [_AMPERSAND.sub(_mended, data[:opened]), _OPENING]
            return data[opened + len(_OPENING) :]
        cut = len(data) if is_last else _complete_length(data)
        self._rest = data[cut:]
        done.append(_AMPERSAND.sub(_mended, data[:cut]))
        return b""

    def _keep(self, data: bytes, cut: int, done: list[bytes]) -> None:
        done.append(data[:cut])
        self._rest = data[cut:]


def _complete_length(data: bytes) -> int:
    """The number of bytes before an entity, or the beginning of a section, that is incomplete at the end."""
    tag = data.rfind(b"<", max(0, len(data) - len(_OPENING) + 1))
    if tag >= 0 and _OPENING.startswith(data[tag:]):
        return tag
    ampersand = data.rfind(b"&", max(0, len(data) - 34))
    return ampersand if ampersand >= 0 and _CUT_ENTITY.fullmatch(data, ampersand) else len(data)


def _mended(match: re.Match[bytes]) -> bytes:
    if match[1] is None:
        return b"&amp;"
    name = match[1].decode("ascii")
    if name.startswith("#") or name in _XML_ENTITIES:
        return match[0]
    return f"&#{name2codepoint[name]};".encode() if name in name2codepoint else b"&amp;" + match[0][1:]
