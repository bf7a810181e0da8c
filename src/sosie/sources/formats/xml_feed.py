"""XML feeds: Google Merchant (RSS, Atom), and any document that repeats an element for each product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sosie.errors import SourceError
from sosie.sources.files.data import DataFile
from sosie.sources.formats.table_file import TableFile
from sosie.sources.formats.xml_mending import Mender
from sosie.sources.report import Journal
from sosie.sources.values import Row

if TYPE_CHECKING:
    from lxml.etree import _Element

_CHUNK = 1 << 17
_BYTES_EXAMINED = 1 << 20
_RECORDS = ("item", "entry", "product", "offer", "shopitem", "article", "row", "record", "produkt", "artikel",
            "produit", "producto", "prodotto", "listing")  # fmt: skip
_NAMES = ("name", "key", "code", "label", "attribute-id")
"""Attributes that name the value of their element."""

_NAME_AND_VALUE = frozenset((("fname", "fvalue"), ("name", "value"), ("key", "value")))
"""Child elements that are the name and the value of a feature."""

_ADDRESSES = ("href", "url", "src", "path", "pic")
_SIZES = ("view-type", "resolution", "size")
_SMALL = frozenset(("thumb", "thumbnail", "small", "mini", "icon"))
_MEDIA = "{http://search.yahoo.com/mrss/}content"
"""The full-size picture of Media RSS, beside its thumbnail."""

_CATEGORY_ID = "categoryId"
Value: TypeAlias = Any
Event: TypeAlias = Literal["start", "end"]


class XmlFeedRows(TableFile):
    """The records of an XML document, numbered from 1. All values are text.

    - A child element is a column with the element's name, without its namespace.
    - A nested element is a column such as ``shipping.price``.
    - An attribute of the record's own element is a column with the attribute's name.
    - The values of a repeated child are a list.

    Documents that declare entities are refused. A malformed part damages only its own record.
    """

    typed = False
    format = "XML feed"

    def __init__(self, file: DataFile) -> None:
        """``SourceError`` if the document declares entities, or has no repeated element."""
        super().__init__(file)
        self._categories: Mapping[str, str] = {}
        self._root, self._record = self._structure()
        self._mistakes = 0

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        kind = {"rss": "RSS", "feed": "Atom"}.get(self._root, self._root)
        return {"document": kind, "record": self._record}

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every record."""
        for number, element in enumerate(self._elements(journal), 1):
            row = _row(element)
            if (category := self._categories.get(str(row.get(_CATEGORY_ID)))) and "category" not in row:
                row["category"] = category
            yield number, row

    def _structure(self) -> tuple[str, str]:
        """The names of the root and of the repeated element, from the beginning of the document."""
        parser = _Parser(self._file, most=_BYTES_EXAMINED)
        names: dict[str, None] = {}
        root: _Element | None = None
        for _, element in parser.events(("start",)):
            root = element if root is None else root
            names[_local(element)] = None
        root_name = "" if root is None else _local(root)
        record = next((name for name in names if name.lower() in _RECORDS and name != root_name), None)
        if record is None and root is not None:
            record = _richest_repeated(root)
        if root is not None and _CATEGORY_ID in names:
            self._categories = _categories_of(root)
        if record is None:
            raise SourceError(
                f"{self._file} is XML without products: expected repeated <item>, <entry> or similar elements"
            )
        return root_name, record

    def _elements(self, journal: Journal) -> Iterator[_Element]:
        parser = _Parser(self._file)
        for _, element in parser.events(("end",), tag=(self._record, f"{{*}}{self._record}")):
            if not any(_local(outer) == self._record for outer in element.iterancestors()):
                yield element
                _release(element)
        if parser.mistakes:
            journal.note(f"the XML is not well formed ({parser.mistakes}); its readable parts were read")


class _Parser:
    """Reads a document piece by piece, without entities, network or external files."""

    def __init__(self, file: DataFile, most: int | None = None) -> None:
        self.mistakes = ""
        self._file = file
        self._most = most

    def events(self, of: tuple[Event, ...], tag: tuple[str, ...] | None = None) -> Iterator[tuple[str, _Element]]:
        """The events of all elements, or of the elements with a tag."""
        from lxml import etree

        parser = etree.XMLPullParser(
            events=of, tag=tag, recover=True, resolve_entities=False, no_network=True, load_dtd=False,
            remove_comments=True, remove_pis=True, collect_ids=False,
        )  # fmt: skip
        try:
            with self._file.open() as stream:
                read, rest, mender = 0, b"", Mender()
                while chunk := stream.read(_CHUNK):
                    _refuse_entities(rest + chunk, self._file)
                    rest = chunk[-16:]
                    parser.feed(mender.mend(chunk))
                    yield from _elements(parser)
                    read += len(chunk)
                    if self._most is not None and read >= self._most:
                        return
            if self._most is None:
                parser.feed(mender.mend(b"", is_last=True))
                self._close(parser)
                yield from _elements(parser)
        except etree.XMLSyntaxError as error:
            raise SourceError(f"{self._file} cannot be read as XML: {error.msg}") from error
        log = [entry for entry in parser.feed_error_log if not entry.message.startswith("failed to load")]
        if self._most is None and log:
            first = log[0]
            self.mistakes = f"{len(log):,} mistakes, the first in line {first.line}: {first.message}"

    def _close(self, parser: Any) -> None:
        from lxml import etree

        try:
            parser.close()
        except etree.XMLSyntaxError as error:
            raise SourceError(f"{self._file} is truncated or not XML: {error.msg}") from error


def _elements(parser: Any) -> Iterator[tuple[str, _Element]]:
    for event, element in parser.read_events():
        if isinstance(element.tag, str):
            yield event, element


def _refuse_entities(data: bytes, file: DataFile) -> None:
    plain = data.replace(b"\0", b"") if b"\0" in data else data
    if b"<!ENTITY" in plain:
        raise SourceError(
            f"{file} declares entities, which are not needed in feeds and can be malicious; it is not read"
        )


def _local(element: _Element) -> str:
    return _local_name(str(element.tag))


@lru_cache(maxsize=4096)
def _local_name(name: str) -> str:
    return "media" if name == _MEDIA else name.rpartition("}")[2]


def _row(element: _Element) -> dict[str, Value]:
    row: dict[str, Value] = {_local_name(name): value for name, value in element.attrib.items()}
    for child in element:
        if len(child) == 0 and not child.attrib and (text := child.text) and isinstance(child.tag, str):
            if bare := text.strip():
                _put(row, _local_name(str(child.tag)), bare)
        elif isinstance(child.tag, str):
            for name, value in _values(child, ""):
                _put(row, name, value)
    return row


def _richest_repeated(root: _Element) -> str | None:
    """The outermost repeated element with the most content on average, which is a product's."""
    sizes: dict[str, list[int]] = {}
    waiting = [root]
    while waiting:
        children = [child for child in waiting.pop() if isinstance(child.tag, str)]
        times = Counter(map(_local, children))
        waiting.extend(child for child in children if times[_local(child)] == 1)
        for child in children:
            if times[name := _local(child)] > 1:
                sizes.setdefault(name, []).append(sum(1 + len(inner.attrib) for inner in child.iter()))
    return max(sizes, key=lambda name: sum(sizes[name]) / len(sizes[name]), default=None)


def _categories_of(root: _Element) -> dict[str, str]:
    """The paths of the categories by their ids, as in ``<category id="2" parentId="1">Mugs</category>``."""
    listed = {
        str(element.get("id")): ((element.text or "").strip(), str(element.get("parentId", "")))
        for element in root.iter("{*}category")
        if element.get("id") is not None
    }
    return {category: " > ".join(reversed(list(_path_of(category, listed)))) for category in listed}


def _path_of(category: str, listed: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    passed: set[str] = set()
    while category in listed and category not in passed:
        passed.add(category)
        name, category = listed[category]
        yield name


def _given_name(element: _Element) -> str | None:
    """The name of a feature, as in ``<param name="Color">blue</param>``; None for other elements."""
    if not element.attrib or len(element) or not (element.text or "").strip():
        return None
    return next((str(element.get(key)) for key in _NAMES if element.get(key)), None)


def _name_and_value(children: list[_Element]) -> tuple[str, str] | None:
    """The name and value of a feature that has an element for each, as in BMEcat."""
    texts = {_local(child).lower(): (child.text or "").strip() for child in children}
    pair = next((pair for pair in _NAME_AND_VALUE if texts.keys() >= set(pair)), None)
    return (texts[pair[0]], texts[pair[1]]) if pair and texts[pair[0]] and len(texts) <= 4 else None


def _is_other_media(element: _Element, children: list[_Element]) -> bool:
    """True for a document, video or sound."""
    if _local(element) == "link":
        return False
    kinds = [element.get("medium", ""), element.get("type", "")]
    kinds += [child.text or "" for child in children if _local(child).lower() in ("mime_type", "mimetype", "type")]
    return any(str(kind).strip().lower().startswith(("video", "audio", "application/", "text/")) for kind in kinds)


def _values(element: _Element, above: str) -> Iterator[tuple[str, str]]:
    """Columns and values of an element: its text, the values of its children, or of its attributes."""
    name = above + (_given_name(element) or _local(element))
    children = [child for child in element if isinstance(child.tag, str)]
    if (children or element.attrib) and _is_other_media(element, children):
        return
    text = "".join((element.text or "", *(child.tail or "" for child in element))).strip()
    if text:
        yield name, _with_currency(element, text)
    elif not children:
        yield from _values_of_attributes(element, name)
    if not children:
        return
    if pair := _name_and_value(children):
        yield pair
        return
    alike = not text and len({_given_name(child) or _local(child) for child in children}) == 1
    merged = alike or (bool(children) and all(map(_is_address, children)))
    for child in _in_one_size(children):
        values = list(_values(child, ""))
        if merged and all(inner == _local(child) for inner, _ in values):
            yield from ((name, value) for _, value in values)
        else:
            yield from ((f"{name}.{inner}", value) for inner, value in values)


def _is_address(element: _Element) -> bool:
    """True for an empty element with an address, such as ``<main url="…"/>``."""
    return len(element) == 0 and not element.text and any(key.lower() in _ADDRESSES for key in map(str, element.attrib))


def _in_one_size(children: list[_Element]) -> list[_Element]:
    """Without the elements that repeat the same pictures in other sizes, which their attribute names."""
    if not any(child.attrib for child in children):
        return children
    sizes = [next((str(child.get(key)) for key in _SIZES if child.get(key)), "") for child in children]
    kept = next((size for size in sizes if size and size.lower() not in _SMALL), sizes[0])
    return [child for child, size in zip(children, sizes, strict=True) if size in ("", kept)]


def _values_of_attributes(element: _Element, name: str) -> Iterator[tuple[str, str]]:
    """The address in an empty element, or its value, or all its attributes."""
    attributes = {_local_name(str(key)): str(value) for key, value in element.attrib.items()}
    plain = {key.lower(): value for key, value in attributes.items()}
    if (address := next((plain[key] for key in _ADDRESSES if key in plain), None)) is not None:
        if plain.get("rel", "alternate") == "alternate":
            yield name, address
    elif "value" in plain or len(plain) == 1:
        yield name, plain["value"] if "value" in plain else next(iter(plain.values()))
    else:
        yield from ((f"{name}.{key}", value) for key, value in attributes.items())


def _with_currency(element: _Element, text: str) -> str:
    """The text of a price, with the currency from its attribute: ``<price currency="EUR">12.50</price>``."""
    currency = element.get("currency") or element.get("currencyCode")
    return f"{text} {currency}" if currency and text[:1].isdigit() and text[-1:].isdigit() else text


def _put(row: dict[str, Value], name: str, value: str) -> None:
    if name not in row:
        row[name] = value
    elif isinstance(row[name], list):
        row[name].append(value)
    else:
        row[name] = [row[name], value]


def _release(element: _Element) -> None:
    """Releases an element and the elements before it, so that memory does not grow."""
    parent = element.getparent()
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
