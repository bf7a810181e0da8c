"""Describes bytes for messages: the kind of picture, or of other data."""

import re

_PICTURES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (rb"\xff\xd8\xff", "JPEG picture"),
        (rb"\x89PNG\r\n\x1a\n", "PNG picture"),
        (rb"GIF8[79]a", "GIF picture"),
        (rb"RIFF....WEBP", "WebP picture"),
        (rb"BM.{4}\0\0\0\0", "BMP picture"),
        (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "TIFF picture"),
        (rb"....ftyp(?:avif|avis)", "AVIF picture"),
        (rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", "HEIC picture"),
        (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "JPEG 2000 picture"),
        (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL picture"),
        (rb"\0\0[\x01\x02]\0", "Windows icon"),
        (rb"8BPS", "Photoshop picture"),
        (rb"qoif", "QOI picture"),
        (rb"P[1-7FfPy][\s\d]", "PNM picture"),
        (rb"/\* XPM \*/", "XPM picture"),
        (rb"DDS ", "DDS texture"),
    )
)

_OTHER_KINDS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), name)
    for pattern, name in (
        (rb"\s*(?:<\?xml.{0,2000}?|<!--.{0,2000}?|<!doctype )?<?svg[\s>]", "an SVG drawing"),
        (rb"\s*(?:<\?xml.{0,2000}?|<!--.{0,2000}?)?<(?:!doctype html|html|head|body)\b", "an HTML page"),
        (rb"\s*<(?:script|meta|title|div|p|h1)\b", "an HTML page"),
        (rb"\s*<\?xml|\s*<[a-z][\w:.-]*(?:\s[^<>]*)?>", "an XML document"),
        (rb"%PDF-", "a PDF document"),
        (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript drawing"),
        (rb"PK\x03\x04", "a ZIP archive or an office document"),
        (rb"\x1f\x8b", "a gzip archive"),
        (rb"....ftyp|\x1a\x45\xdf\xa3|RIFF....AVI ", "a video"),
        (rb"\s*[\[{]\s*[\"\]}\[{]", "JSON"),
        (rb"\0+$", "nothing but zero bytes"),
    )
)

_EXAMINED_BYTES = 4096
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")


def picture_kind(data: bytes) -> str | None:
    """The kind, such as ``JPEG picture``, if the first bytes are those of a picture; else None."""
    return next((name for pattern, name in _PICTURES if pattern.match(data)), None)


def describe(data: bytes) -> str:
    """Describes the bytes: ``an HTML page``, ``text that begins "Not found"``, ``0 bytes, an empty file``."""
    if not data:
        return "0 bytes, an empty file"
    if kind := picture_kind(data):
        return f"a {kind}"
    head = _as_utf8(data[:_EXAMINED_BYTES])
    kind_of_data = next((name for pattern, name in _OTHER_KINDS if pattern.match(head)), None)
    return kind_of_data or _text(head) or "data of an unknown kind"


def _as_utf8(head: bytes) -> bytes:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "ignore").encode()
    return head


def _text(head: bytes) -> str | None:
    words = " ".join(head.decode("utf-8", "replace").split())
    readable = sum(letter.isprintable() and letter != "\ufffd" for letter in words)
    if not words or readable < 0.95 * len(words):
        return None
    return f'text that begins "{words[:40]}"'
