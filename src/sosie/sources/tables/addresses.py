"""Reads pictures and links from a cell: addresses in usual notations, or bytes."""

from __future__ import annotations

import ast
import base64
import binascii
import html
import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from sosie.errors import SourceError
from sosie.roles import plain_name
from sosie.sources.values import to_text
from sosie.support.urls import is_url


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture that is embedded in the table. ``name`` is its original file name, if given."""

    data: bytes
    name: str = ""


Picture: TypeAlias = str | Embedded | tuple[str, ...]
"""An address, an embedded picture, or alternative addresses of one picture (only from a Python tuple)."""

_URL_START = r"(?:https?:|HTTPS?:)?//|www\.|data:"
_BETWEEN_URLS = re.compile(
    rf"[,;|]\s*(?=(?:{_URL_START}))|[,;|~^#>]+\s*(?=https?://)|(?:<br\s*/?>)+\s*(?=https?://)|\s+(?=https?://)|[\r\n]+",
    re.IGNORECASE,
)
_IMG = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_FORMULA = re.compile(r"=\s*@?(?:_xlfn\.)?(?:IMAGE|HYPERLINK|BILD|LIEN_HYPERTEXTE)\s*\(\s*\"([^\"]+)\"", re.IGNORECASE)
_MARKDOWN = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_CAPTION = re.compile(r"#\{\[[a-z]{2}\]:[^{}]*\}$")
"""The caption that CS-Cart writes after the address of a picture."""

_NAMED = re.compile(r"[^()\r\n]+\((https?://[^\s()]+)\)")
"""A file with its address, as Airtable writes attachments."""

_ADDRESS_KEYS = (
    "src", "url", "image", "image url", "href", "link", "@zoom original full fullxfull master hi high hires max xxl xl",
    "@large big", "@standard normal default regular", "file", "path", "source", "content url", "original src",
    "@medium preview", "@small thumb thumbnail tiny mini icon",
)  # fmt: skip
"""Keys of an object that hold the address of a picture, the best first. After @: words for its size, with or without
a word for an address (``url_zoom``)."""

_PIXELS = re.compile(r"(?:(?:url|src|image|img)_?)?(\d{2,4})x(?:\d{2,4}|N)?")
"""Keys such as ``url_570xN``, with the width of the picture."""

_ADDRESS_WORDS = frozenset(("url", "src", "image", "img", "link", "res", "resolution"))

_BASE64 = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR")
"""First letters of JPEG, PNG, GIF and WebP in base64."""

_SHORTEST_BASE64 = 64
_WRAPPING_KEYS = ("attributes", "data", "node", "edges", "nodes", "items", "images", "image", "file", "files", "asset",
                  "fields", "media", "external")  # fmt: skip
_POSITION_KEYS = ("position", "sort_order", "sortOrder", "order", "sort", "rank")
_MAIN_KEYS = ("primary", "is_primary", "isPrimary", "is_main", "isMain", "main", "default", "is_default", "isDefault",
              "is_thumbnail")  # fmt: skip
_USUAL_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
_OTHER_FILE = re.compile(
    r"https?://(?:www\.)?(?:youtube\.com|youtu\.be|vimeo\.com)/|[^?#]*\.(?:mp4|m4v|mov|webm|avi|mp3|pdf|docx?|glb|usdz)(?:[?#]|$)",
    re.IGNORECASE,
)
"""Addresses of videos, documents and models, which shops list among pictures."""

_OTHER_MEDIA = re.compile(r"video|^audio|^application/|^text/", re.IGNORECASE)


def formula_address(formula: str) -> str | None:
    """The address in a spreadsheet's formula for a picture or link; None for any other formula."""
    match = _FORMULA.match(formula)
    return _address(match[1]) if match else None


def pictures_in(value: object) -> tuple[Picture, ...]:
    """The pictures of a cell, without repetition; ``SourceError`` for a value that cannot name pictures."""
    return tuple(picture for picture in dict.fromkeys(_pictures(value)) if not _is_other_file(picture))


def _is_other_file(picture: Picture) -> bool:
    if not isinstance(picture, str) or picture.endswith(_USUAL_ENDINGS):
        return False
    return _OTHER_FILE.match(picture) is not None


def links_in(value: object) -> tuple[str, ...]:
    """The links in a cell; ``SourceError`` for a value that cannot be a link."""
    return tuple(dict.fromkeys(address for address in _pictures(value) if isinstance(address, str)))


def _pictures(value: object) -> Iterator[Picture]:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return
    if isinstance(value, str):
        yield from _in_text(to_text(value).strip())
    elif isinstance(value, bytes | bytearray | memoryview):
        yield Embedded(bytes(value))
    elif isinstance(value, tuple) and all(isinstance(entry, str) for entry in value):
        yield from (
            (tuple(entry.strip() for entry in value if entry.strip()),) if len(value) > 1 else _pictures(list(value))
        )
    elif isinstance(value, list | tuple):
        for entry in _in_order(value):
            yield from _single(entry)
    elif isinstance(value, Mapping):
        yield from _in_object(value)
    elif _is_pil(value):
        yield Embedded(_as_png(value))
    else:
        raise SourceError(f"expected text or a list of texts, found {type(value).__name__}")


def _in_order(values: Sequence[object]) -> Sequence[object]:
    """The members of a list: objects by their position, those marked as main first; any other list unchanged."""
    if len(values) < 2 or not all(isinstance(value, Mapping) for value in values):
        return values
    return sorted(values, key=lambda value: _rank_of(value) if isinstance(value, Mapping) else (False, 0.0))


def _rank_of(picture: Mapping[str, object]) -> tuple[bool, float]:
    positions = (picture.get(key) for key in _POSITION_KEYS)
    position = next((place for place in positions if isinstance(place, int | float)), 0)
    return not any(picture.get(key) is True for key in _MAIN_KEYS), position


def _single(value: object) -> Iterator[Picture]:
    """The picture of a list's member, which names only one."""
    if isinstance(value, str):
        text = to_text(value).strip()
        if text:
            yield _data(text) or _address(text)
    elif isinstance(value, Mapping):
        yield from _in_object(value)
    else:
        yield from _pictures(value)


def _in_object(value: Mapping[str, object]) -> Iterator[Picture]:
    """The picture of a Hugging Face object (``bytes`` and ``path``), or of an object with an address."""
    data, path = value.get("bytes"), value.get("path")
    if isinstance(data, bytes | bytearray) and (data or not path):
        yield Embedded(bytes(data), str(path or ""))
        return
    if len(value) > 1 and _is_unsuitable(value):
        return
    if isinstance(address := value.get("src") or value.get("url"), str):
        yield from _single(address)
        return
    ranked = _in_order_of_size(value)
    addresses = [text for key in ranked if isinstance(text := value[key], str) and text]
    inner = next((value[key] for key in _WRAPPING_KEYS if isinstance(value.get(key), Mapping | list)), None)
    if addresses:
        yield from _single(addresses[0])
    elif inner is not None:
        yield from _pictures(inner)
    elif inner_pictures := list(_in_members(value, ranked)):
        yield from inner_pictures
    elif value and "bytes" not in value and "path" not in value:
        raise SourceError(
            f"expected text or a list of texts, found an object with {', '.join(map(repr, list(value)[:5]))}"
        )


def _in_members(value: Mapping[str, object], ranked: Sequence[str]) -> Iterator[Picture]:
    """The pictures of an object with an object for each size, a list for each size, or a picture under each name."""
    if sizes := [size for key in ranked if isinstance(size := value[key], Mapping)]:
        yield from _in_object(sizes[0])
    elif isinstance(main := value.get("Primary", value.get("primary")), Mapping):
        yield from _in_object(main)
        yield from _pictures(value.get("Variants", value.get("variants")))
    elif lists := {key: listed for key in ranked if isinstance(listed := value[key], list)}:
        for number in range(max(map(len, lists.values()))):
            yield from _in_object({key: listed[number] for key, listed in lists.items() if number < len(listed)})
    elif all(key.isdecimal() for key in value) or all(
        isinstance(text, str) and (is_url(text) or not text) for text in value.values()
    ):
        yield from _pictures(list(value.values()))


def _in_order_of_size(value: Mapping[str, object]) -> list[str]:
    """The keys that hold an address, the best first."""
    ranks = {key: rank for key in value if (rank := _rank_of_key(key)) is not None}
    return sorted(ranks, key=ranks.__getitem__)


@lru_cache(maxsize=1024)
def _rank_of_key(key: str) -> float | None:
    """The place of a key in ``_ADDRESS_KEYS``; None if it does not hold an address."""
    if size := _PIXELS.fullmatch(key):
        return len(_ADDRESS_KEYS) - int(size[1]) / 100_000
    plain = plain_name(key)
    bare = frozenset(plain.split()) - _ADDRESS_WORDS
    for rank, name in enumerate(_ADDRESS_KEYS):
        if plain == name or (name[0] == "@" and bare and bare <= frozenset(name[1:].split())):
            return rank
    return None


def is_address_key(key: str) -> bool:
    """True if the key of an object may hold the address of a picture."""
    return _rank_of_key(key) is not None


def _is_unsuitable(value: Mapping[str, object]) -> bool:
    """True for a document, video or sound, and for a picture that the shop has turned off."""
    kinds = (value.get(key) for key in ("type", "mime_type", "mimeType", "media_type", "mediaType", "content_type"))
    other = any(isinstance(kind, str) and _OTHER_MEDIA.search(kind) for kind in kinds)
    return other or value.get("disabled") is True


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
    """The list in a text, in JSON or Python notation."""
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
    """Addresses in markup, or in a spreadsheet formula."""
    if text[0] == "<" and (sources := _IMG.findall(text)):
        return [_address(source) for source in sources]
    if text[0] == "=" and (address := formula_address(text)):
        return [address]
    if text[-1] == ")" and (named := _NAMED.findall(text)) and not _NAMED.sub("", text).strip(" ,;\r\n"):
        return [_address(address) for address in named]
    if text[0] in "![" and (marked := _MARKDOWN.findall(text)):
        return [_address(address) for address in marked]
    return []


def _split(text: str) -> Iterator[str]:
    bare = _bare(text)
    if not _names_a_url(bare):
        if bare:
            yield from filter(None, map(str.strip, re.split(r"[\r\n]+", bare)))
        return
    for piece in _BETWEEN_URLS.split(bare):
        if address := _bare(piece):
            yield _address(address)


def _bare(text: str) -> str:
    """An address without surrounding quotation marks or brackets, and without a trailing separator."""
    text = (_CAPTION.sub("", text.strip()) if "#{" in text else text.strip()).rstrip("|;,").strip()
    for opening, closing in ('""', "''", "<>"):
        if len(text) > 1 and text[0] == opening and text[-1] == closing:
            text = text[1:-1].strip()
    return text


def _names_a_url(text: str) -> bool:
    return re.match(_URL_START, text, re.IGNORECASE) is not None


def _address(text: str) -> str:
    """The address with its scheme, and without HTML escapes."""
    text = html.unescape(text) if "&" in text and "&amp;" in text else text
    if text.startswith("//"):
        return f"https:{text}"
    return f"https://{text}" if text[:4].lower() == "www." and not is_url(text) else text


def _data(text: str) -> Embedded | None:
    """The picture of a ``data:`` address or of bare base64; None for other text, or without bytes."""
    if text.startswith(_BASE64) and len(text) > _SHORTEST_BASE64:
        text = f"data:;base64,{''.join(text.split())}"
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
