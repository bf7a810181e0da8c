"""Which pictures and links a cell names: addresses in any of the usual notations, or the bytes themselves."""

from __future__ import annotations

import ast
import base64
import binascii
import html
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from sosie.errors import SourceError
from sosie.sources.values import to_text
from sosie.support.urls import is_url


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture whose bytes lie in the table; ``name`` is the file that they came from, where that is told."""

    data: bytes
    name: str = ""


Picture: TypeAlias = str | Embedded | tuple[str, ...]
"""An address, a picture itself, or mirrors of one picture, as only a Python tuple gives them."""

_URL_START = r"(?:https?:|HTTPS?:)?//|www\.|data:"
_BETWEEN_URLS = re.compile(rf"\s*[,;|]\s*(?=(?:{_URL_START}))|\s+(?=https?://)|[\r\n]+", re.IGNORECASE)
_IMG = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_FORMULA = re.compile(r"=\s*@?(?:_xlfn\.)?(?:IMAGE|HYPERLINK|BILD|LIEN_HYPERTEXTE)\s*\(\s*\"([^\"]+)\"", re.IGNORECASE)
_MARKDOWN = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_ADDRESS_KEYS = ("src", "url", "image", "image_url", "imageUrl", "href", "link", "original", "full", "large", "file",
                 "path", "hi_res", "medium", "thumb", "source", "contentUrl", "originalSrc")  # fmt: skip


def pictures_in(value: object) -> tuple[Picture, ...]:
    """The pictures that a cell names, each once; ``SourceError`` for a value that cannot name any."""
    return tuple(dict.fromkeys(_pictures(value)))


def links_in(value: object) -> tuple[str, ...]:
    """The links in a cell; ``SourceError`` for a value that cannot be one."""
    return tuple(dict.fromkeys(one for one in _pictures(value) if isinstance(one, str)))


def _pictures(value: object) -> Iterator[Picture]:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return
    if isinstance(value, str):
        yield from _in_text(to_text(value).strip())
    elif isinstance(value, bytes | bytearray | memoryview):
        yield Embedded(bytes(value))
    elif isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        yield from (tuple(one.strip() for one in value if one.strip()),) if len(value) > 1 else _pictures(list(value))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _single(one)
    elif isinstance(value, Mapping):
        yield from _in_object(value)
    elif _is_pil(value):
        yield Embedded(_as_png(value))
    else:
        raise SourceError(f"expected text or a list of texts, found {type(value).__name__}")


def _single(value: object) -> Iterator[Picture]:
    """A member of a list, which is one picture whatever its address holds."""
    if isinstance(value, str):
        text = to_text(value).strip()
        if text:
            yield _data(text) or _address(text)
    elif isinstance(value, Mapping):
        yield from _in_object(value)
    else:
        yield from _pictures(value)


def _in_object(value: Mapping[str, object]) -> Iterator[Picture]:
    """What Hugging Face keeps of a picture (``bytes`` and ``path``), or an object with an address in it."""
    data, path = value.get("bytes"), value.get("path")
    if isinstance(data, bytes | bytearray) and (data or not path):
        yield Embedded(bytes(data), str(path or ""))
        return
    address = next((value[key] for key in _ADDRESS_KEYS if isinstance(value.get(key), str) and value[key]), None)
    if address is not None:
        yield from _single(address)
    elif "bytes" not in value and "path" not in value:
        raise SourceError(
            f"expected text or a list of texts, found an object with {', '.join(map(repr, list(value)[:5]))}"
        )


def _in_text(text: str) -> Iterator[Picture]:
    if not text:
        return
    if text[0] in "[{(" and text[-1] in "]})" and (listed := _listed(text)) is not None:
        yield from _pictures(listed)
    elif embedded := _data(text):
        yield embedded
    elif written := _written(text):
        yield from written
    else:
        yield from _split(text)


def _listed(text: str) -> object | None:
    """The list that a text is, in JSON's notation or Python's."""
    try:
        value = json.loads(text)
    except ValueError:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    except RecursionError:
        return None
    return list(value) if isinstance(value, tuple | set) else value if isinstance(value, list | dict) else None


def _written(text: str) -> list[str]:
    """Addresses within markup or a spreadsheet's formula."""
    if text[0] == "<" and (sources := _IMG.findall(text)):
        return [_address(source) for source in sources]
    if text[0] == "=" and (formula := _FORMULA.match(text)):
        return [_address(formula[1])]
    if text[0] in "![" and (marked := _MARKDOWN.findall(text)):
        return [_address(one) for one in marked]
    return []


def _split(text: str) -> Iterator[str]:
    bare = _bare(text)
    if not _names_a_url(bare):
        if bare:
            yield from filter(None, map(str.strip, re.split(r"[\r\n]+", bare)))
        return
    for piece in _BETWEEN_URLS.split(bare):
        if one := _bare(piece):
            yield _address(one)


def _bare(text: str) -> str:
    """An address without quotation marks or brackets around it, and without a separator behind it."""
    text = text.strip().rstrip("|;,").strip()
    for opening, closing in ('""', "''", "<>"):
        if len(text) > 1 and text[0] == opening and text[-1] == closing:
            text = text[1:-1].strip()
    return text


def _names_a_url(text: str) -> bool:
    return re.match(_URL_START, text, re.IGNORECASE) is not None


def _address(text: str) -> str:
    """The address with its scheme, and without HTML's escapes."""
    text = html.unescape(text) if "&" in text and "&amp;" in text else text
    if text.startswith("//"):
        return f"https:{text}"
    return f"https://{text}" if text[:4].lower() == "www." and not is_url(text) else text


def _data(text: str) -> Embedded | None:
    """The picture in a ``data:`` address; None where it is none, or holds no bytes."""
    if text[:5].lower() != "data:" or "," not in text:
        return None
    kind, _, content = text.partition(",")
    try:
        data = base64.b64decode(unquote_to_bytes(content)) if ";base64" in kind.lower() else unquote_to_bytes(content)
    except (binascii.Error, ValueError):
        return None
    return Embedded(data) if data else None


def _is_pil(value: object) -> bool:
    return hasattr(value, "save") and hasattr(value, "mode") and hasattr(value, "size")


def _as_png(picture: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")  # type: ignore[attr-defined]
    return buffer.getvalue()
