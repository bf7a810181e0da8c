"""Recognizes the content of a file by its first bytes."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Content: TypeAlias = Literal[
    "empty", "picture", "zip", "tar", "parquet", "xls", "html", "xml", "json", "pdf", "sqlite", "text", "binary"
]

_PICTURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|BM.{4}\0\0\0\0|II\*\0|MM\0\*|....ftyp(?:avi[fs]|hei[cxms]|hev[cxms]|mif1|msf1)"
    rb"|\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51|\xff\x0a|\0\0\0\x0cJXL |8BPS|qoif",
    re.DOTALL,
)
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|script|meta|title|div|p|h1)\b",
    re.I | re.S,
)
_XML = re.compile(rb"\s*<(?:\?xml|!--|!DOCTYPE|[a-z_][\w:.-]*[\s>/])", re.IGNORECASE)
_JSON = re.compile(rb"\s*[\[{]")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
HEAD = 8192


def is_picture(head: bytes) -> bool:
    """True if a file begins like a picture."""
    return _PICTURE.match(head) is not None


def content_of(head: bytes) -> Content:
    """The kind of a file's content, by its first ``HEAD`` bytes."""
    if not head.strip(b"\0 \r\n\t"):
        return "empty"
    if is_picture(head):
        return "picture"
    for mark, kind in (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"PAR1", "parquet"), (b"%PDF-", "pdf"), (
        b"SQLite format 3\0", "sqlite"), (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"):  # fmt: skip
        if head.startswith(mark):
            return kind  # type: ignore[return-value]
    if head[257:262] == b"ustar":
        return "tar"
    return _text_of(head)


def _text_of(head: bytes) -> Content:
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        plain = head[2:].replace(b"\0", b"")
    if _HTML.match(plain):
        return "html"
    if _XML.match(plain):
        return "xml"
    if _JSON.match(plain):
        return "json"
    controls = sum(plain.count(bytes([code])) for code in (*range(1, 9), *range(14, 27), *range(28, 32)))
    zeros = head.count(0)
    if controls > len(head) * 0.05 or (len(head) * 0.05 < zeros < len(head) * 0.2):
        return "binary"
    return "text"
