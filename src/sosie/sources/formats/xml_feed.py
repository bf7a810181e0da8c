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
_FEATURES = frozenset(("param", "attribute", "property", "feature", "characteristic"))
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
            yield number, _row(element)

    def _structure(self) -> tuple[str, str]:
        """The names of the root and of the repeated element, from the beginning of the document."""
        parser = _Parser(self._file, most=_BYTES_EXAMINED)
        names: Counter[str] = Counter()
        root = ""
        for event, element in parser.events(("start",)):
            root = root or _local(element)
            names[_local(element)] += 1
            del event
        record = next((name for name in names if name.lower() in _RECORDS and name != root), None)
        if record is None:
            record = next((name for name, times in names.most_common() if times > 1 and name != root), None)
        if record is None:
            raise SourceError(
                f"{self._file} is XML without products: expected repeated <item>, <entry> or similar elements"
            )
        return root, record

    def _elements(self, journal: Journal) -> Iterator[_Element]:
        parser = _Parser(self._file)
        for _, element in parser.events(("end",), tag=(self._record, f"{{*}}{self._record}")):
            parent = element.getparent()
            if parent is None or _local(parent) != self._record:
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
    return name.rpartition("}")[2]


def _row(element: _Element) -> Row:
    row: dict[str, Value] = {_local_name(name): value for name, value in element.attrib.items()}
    for child in element:
        if len(child) == 0 and not child.attrib and (text := child.text) and isinstance(child.tag, str):
            if bare := text.strip():
                _put(row, _local_name(str(child.tag)), bare)
        elif isinstance(child.tag, str):
            for name, value in _values(child, ""):
                _put(row, name, value)
    return row


def _column_of(element: _Element) -> str:
    """The element's name, or the name that it gives to a feature: ``<param name="Color">blue</param>`` is ``Color``."""
    name = _local_name(str(element.tag))
    return element.get("name") or name if name.lower() in _FEATURES else name


def _values(element: _Element, above: str) -> Iterator[tuple[str, str]]:
    """Columns and values of an element: its text, the values of its children, or the address in an attribute."""
    name = above + _column_of(element)
    children = [child for child in element if isinstance(child.tag, str)]
    text = "".join(element.itertext()).strip() if not children else (element.text or "").strip()
    if text:
        yield name, _with_currency(element, text)
    elif not children:
        attributes = {_local_name(str(key)): value for key, value in element.attrib.items()}
        address = next((attributes[key] for key in ("href", "url", "src") if key in attributes), None)
        if address is not None and attributes.get("rel", "alternate") == "alternate":
            yield name, str(address)
    alike = len({_local(child) for child in children}) == 1
    for child in children:
        values = list(_values(child, ""))
        if alike and len(values) == 1:
            yield name, values[0][1]
        else:
            yield from ((f"{name}.{inner}", value) for inner, value in values)


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
