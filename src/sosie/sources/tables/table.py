"""A table as a source, whatever its format."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from sosie.errors import SourceError, UsageError
from sosie.roles import candidates, holds_tags, plain_name
from sosie.sources.formats.rows import Rows
from sosie.sources.pictures.finder import PICTURE_FOLDERS, PictureFinder
from sosie.sources.report import Journal, SourceReport
from sosie.sources.streamed import Entry, StreamedSource
from sosie.sources.tables.assembly import Assembler
from sosie.sources.tables.columns import check_mapping, resolve
from sosie.sources.tables.typing import KINDS, OF_ATTRIBUTE, ColumnType, Kind, TableSurvey
from sosie.sources.values import Row
from sosie.types import AttributeType

_SAMPLE = 200


class TableSource(StreamedSource):
    """Every row of a table is an item, or several where it names several pictures.

    ``columns`` maps roles (``roles.ROLES``) to the table's own names; without it, columns are known by the names that
    shops give them. A picture is a path (from the table's folder, or below one of ``images_dirs``), an http(s) URL, or
    bytes within the table. A table without pictures finds them by the item's id in ``images_dirs``. Further pictures of
    a row are items of the same product, whose ids come from their addresses. A row without a product_id takes its
    item_id. All other columns are attributes, typed by what the whole column holds or by ``types``; those without a
    name, with a reserved one, or of a kind that no attribute has are left out, and the report says so.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        columns: Mapping[str, str] | None = None,
        types: Mapping[str, str] | None = None,
        images_dirs: Sequence[Path] = (),
    ) -> None:
        """``SourceError`` where the file cannot be read or lacks a column, ``UsageError`` for a wrong role or type."""
        mapping = dict(columns or {})
        check_mapping(mapping)
        self._rows = rows
        self._forced = _checked_types(types or {})
        self._notes: list[str] = []
        available = rows.columns([*mapping.values()])
        sample = _sample_of(rows)
        beside = [] if images_dirs else self._folders_beside()
        self._columns = resolve(str(rows), available, mapping, sample, by_id=bool(images_dirs or beside))
        if not self._columns.images and beside:
            images_dirs = beside
            self._notes.append(f"pictures are looked for by the item's id in {str(beside[0])!r}")
        self._images_dirs = tuple(images_dirs)
        self._surveyed: list[tuple[dict[str, ColumnType], bool]] = []
        self._journal = Journal()
        PictureFinder(rows.folder, self._images_dirs)

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        return f"the table {str(self._rows)!r}"

    @property
    def files(self) -> Sequence[Path]:
        """See ``StreamedSource``."""
        return self._rows.files

    @property
    def expected(self) -> str:
        """See ``StreamedSource``."""
        if not self._columns.images:
            return "at least one row, with a picture called as its id"
        return f"at least one row, with its picture in the column {self._columns.images[0]!r}"

    def attribute_names(self) -> frozenset[str] | None:
        """See ``StreamedSource``."""
        every = self._rows.every_column()
        if every is None:
            return None
        renamed = self._columns.renamed
        return frozenset(renamed.get(name, name) for name in every if self._columns.is_attribute(name))

    def typed(self, types: Mapping[str, AttributeType]) -> Self:
        """The same table, its columns read in the types that a catalog keeps; ``types`` of a person come first."""
        kept = {name: OF_ATTRIBUTE[kind] for name, kind in types.items() if kind != "strings"}
        other = copy.copy(self)
        other._forced = {**kept, **self._forced}
        other._surveyed = []
        return other

    def without_pictures(self) -> Self:
        """The same table, in which pictures within it may come without their bytes."""
        other = copy.copy(self)
        other._with_pictures = False
        return other

    _with_pictures = True

    def entries(self) -> Iterator[Entry]:
        """Every row of the table, as items or as the reason why it is none."""
        types, grouped = self._survey()
        self._journal = journal = Journal()
        finder = PictureFinder(self._rows.folder, self._images_dirs)
        assembler = Assembler(self._columns, types, finder, journal, self._rows.stem, grouped)
        yield from assembler.entries(self._rows.read(journal, self._with_pictures))
        if finder.loosely:
            asked, found = next(iter(finder.loosely.items()))
            journal.note(
                f"{len(finder.loosely):,} pictures were found in another case of letters: {asked!r} as {found!r}"
            )

    def report(self) -> SourceReport:
        """How the table is read; what is left out is known as far as it has been read."""
        types, _ = self._survey()
        left_out = self._journal.left_out
        shown = {
            self._columns.renamed.get(name, name): kind.described
            for name, kind in types.items()
            if self._columns.is_attribute(name) and name not in left_out
        }
        notes = (*self._notes, *self._columns.notes)
        report = SourceReport(
            str(self), self._rows.format, self._rows.dialect, self._columns.roles(), shown, notes=notes
        )
        return self._journal.report(report)

    def _survey(self) -> tuple[dict[str, ColumnType], bool]:
        """The types of the columns, and whether rows go on with the product of the row above; looked for once."""
        if not self._surveyed:
            self._surveyed.append(self._look_through())
        return self._surveyed[0]

    def _look_through(self) -> tuple[dict[str, ColumnType], bool]:
        columns = self._columns
        forced = self._by_column(self._forced)
        survey = TableSurvey(_is_price, _is_category, self._rows.typed, columns.structural, forced)
        if not self._rows.typed or self._may_need_types():
            with suppress(SourceError):
                for _, row in self._rows.read(Journal(), pictures=False):
                    if isinstance(row, Mapping):
                        survey.add(row)
        currency = columns.descriptive.get("currency", "currency")
        types = survey.types(forced, currency, self._rows.every_column() or ())
        title = survey.columns.get(columns.descriptive.get("title", ""))
        grouped = columns.by_product or (columns.product_id is not None and title is not None and title.blank > 0)
        return types, grouped and columns.product_id is not None

    def _may_need_types(self) -> bool:
        every = self._rows.every_column()
        if every is None or self._forced:
            return True
        return any(_is_price(name) or _is_category(name) or holds_tags(name) for name in every)

    def _by_column(self, types: Mapping[str, Kind]) -> dict[str, Kind]:
        """Types under the table's own names of columns."""
        original = {role: name for name, role in self._columns.renamed.items()}
        return {original.get(name, name): kind for name, kind in types.items()}

    def _folders_beside(self) -> list[Path]:
        folder = self._rows.folder
        found = [folder / name for name in PICTURE_FOLDERS if (folder / name).is_dir()]
        return found[:1]


def _sample_of(rows: Rows) -> list[Row]:
    """The first rows; where the file is damaged, those before, for who reads them all hears of the damage."""
    sample: list[Row] = []
    with suppress(SourceError):
        for _, row in itertools.islice(rows.read(Journal(), pictures=False), _SAMPLE):
            if isinstance(row, Mapping):
                sample.append(row)
    return sample


def _is_price(name: str) -> bool:
    plain = plain_name(name)
    return bool(candidates("price", [name])) or any(
        word in plain.split() for word in ("price", "preis", "prix", "precio", "prezzo", "cost", "msrp", "rrp")
    )


def _is_category(name: str) -> bool:
    return bool(candidates("category", [name]))


def _checked_types(types: Mapping[str, str]) -> dict[str, Kind]:
    for name, kind in types.items():
        if kind not in KINDS:
            raise UsageError(f"column {name!r} was to hold {kind!r}: expected {', '.join(KINDS)}")
    return {name: kind for name, kind in types.items() if kind in KINDS}
