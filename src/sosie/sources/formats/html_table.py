"""HTML tables, which many shops and ERP systems export with the ending .xls."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from sosie.errors import SourceError
from sosie.sources.files.data import DataFile
from sosie.sources.formats.delimited.dialect import header_position
from sosie.sources.formats.delimited.encoding import detect_encoding
from sosie.sources.formats.names import distinct_names
from sosie.sources.formats.table_file import TableFile
from sosie.sources.report import Journal
from sosie.sources.values import Row

if TYPE_CHECKING:
    from lxml.etree import _Element

_LARGEST = 200_000_000


class HtmlTableRows(TableFile):
    """The rows of the table with the most cells; a cell with pictures has their addresses."""

    typed = False
    format = "HTML table"

    def __init__(self, file: DataFile) -> None:
        """``SourceError`` if the page is too large or has no table with at least one row below a header."""
        super().__init__(file)
        self._rows = _largest_table(file)
        self._above = header_position(self._rows)
        if len(self._rows) < self._above + 2:
            raise SourceError(f"{file} is a web page without a table of products; fetch the feed itself")
        self._columns, self._notes = distinct_names(self._rows[self._above])

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        return {"rows above the header": str(self._above)} if self._above else {}

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The names in the header."""
        return [name for name in self._columns if name]

    def every_column(self) -> list[str]:
        """The names in the header."""
        return self.columns(())

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row that is not blank."""
        for note in self._notes:
            journal.note(note)
        for number, cells in enumerate(self._rows[self._above + 1 :], self._above + 2):
            if any(cells):
                yield number, dict(zip(self._columns, cells, strict=False))


def _largest_table(file: DataFile) -> list[list[str]]:
    from lxml import etree

    content = file.head(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise SourceError(f"{file} is a web page of more than {_LARGEST / 1e6:.0f} MB: save its table as CSV")
    encoding = detect_encoding(file)
    is_declared = b"charset" in content[:4096].lower()
    text = content if is_declared else content.decode(encoding.codec, encoding.errors)
    page = etree.fromstring(text, etree.HTMLParser(no_network=True, huge_tree=True))
    tables = (_cells_of(table) for table in page.iter("table"))
    return max(tables, key=lambda rows: sum(map(len, rows)), default=[])


def _cells_of(table: _Element) -> list[list[str]]:
    return [[_text_of(cell) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")]


def _text_of(cell: _Element) -> str:
    """The addresses of a cell's pictures, else its text."""
    sources = [str(picture.get("src")) for picture in cell.iter("img") if picture.get("src")]
    return "\n".join(sources) or " ".join("".join(map(str, cell.itertext())).split())
