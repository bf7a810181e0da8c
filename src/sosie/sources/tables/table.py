"""A table of any format as a source."""

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
from sosie.sources.tables.instructions import rows_of_instructions
from sosie.sources.tables.typing import KINDS, OF_ATTRIBUTE, ColumnType, Kind, TableSurvey
from sosie.sources.values import Row
from sosie.support.wording import amount
from sosie.types import AttributeType

_SAMPLE = 200


class TableSource(StreamedSource):
    """A table whose rows are items. A row with several pictures gives several items.

    - ``columns`` maps roles (``roles.ROLES``) to the table's own names. Without it, columns are recognized by the names
      that shops use.
    - A picture is a path, an http(s) URL, or bytes in the table. Paths start from the table's folder, or from one of
      ``images_dirs``. Without a column of pictures, they are found by the item's id in ``images_dirs``.
    - More pictures of a row are items of the same product. Their ids come from their addresses.
    - A row without a product_id has its item_id as product_id.
    - All other columns become attributes. Their type follows from the whole column, or from ``types``. Columns without
      a name, with a reserved name or of an unsuitable type are left out and reported.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        columns: Mapping[str, str] | None = None,
        types: Mapping[str, str] | None = None,
        images_dirs: Sequence[Path] = (),
    ) -> None:
        """``SourceError`` if the file cannot be read or lacks a column, ``UsageError`` for a wrong role or type."""
        mapping = dict(columns or {})
        check_mapping(mapping)
        self._rows = rows
        self._forced = _checked_types(types or {})
        self._notes: list[str] = []
        available = rows.columns([*mapping.values()])
        sample = _sample_of(rows)
        self._instructions = 0 if rows.typed else rows_of_instructions(sample)
        sample = sample[self._instructions :]
        picture_folders = [] if images_dirs else self._folders_beside()
        self._columns = resolve(str(rows), available, mapping, sample, by_id=bool(images_dirs or picture_folders))
        if not self._columns.images and picture_folders:
            images_dirs = picture_folders
            self._notes.append(f"pictures are found by the item's id in {str(picture_folders[0])!r}")
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
            return "at least one row, with a picture named by its id"
        return f"at least one row, with its picture in the column {self._columns.images[0]!r}"

    def attribute_names(self) -> frozenset[str] | None:
        """See ``StreamedSource``."""
        every = self._rows.every_column()
        if every is None:
            return None
        renamed = self._columns.renamed
        return frozenset(renamed.get(name, name) for name in every if self._columns.is_attribute(name))

    def typed(self, types: Mapping[str, AttributeType]) -> Self:
        """The same table; its columns are read in the catalog's types. The user's ``types`` have priority."""
        kept = {name: OF_ATTRIBUTE[kind] for name, kind in types.items() if kind != "strings"}
        other = copy.copy(self)
        other._forced = {**kept, **self._forced}
        other._surveyed = []
        return other

    def without_pictures(self) -> Self:
        """The same table. Embedded pictures may come without their bytes."""
        other = copy.copy(self)
        other._with_pictures = False
        return other

    _with_pictures = True

    def entries(self) -> Iterator[Entry]:
        """The items of every row, or its rejection."""
        types, grouped = self._survey()
        self._journal = journal = Journal()
        finder = PictureFinder(self._rows.folder, self._images_dirs)
        assembler = Assembler(self._columns, types, finder, journal, self._rows.stem, grouped)
        yield from assembler.entries(self._read(journal, self._with_pictures))
        if finder.found_in_other_case:
            path, actual = next(iter(finder.found_in_other_case.items()))
            paths = amount(len(finder.found_in_other_case), "path")
            journal.note(f"{paths} in other upper and lower case: {path!r} is {actual!r}")

    def _read(self, journal: Journal, pictures: bool) -> Iterator[tuple[int, Row | SourceError]]:
        """The rows below the rows of instructions."""
        if self._instructions:
            journal.note(f"{amount(self._instructions, 'row')} of instructions below the header skipped")
        return itertools.islice(self._rows.read(journal, pictures), self._instructions, None)

    def report(self) -> SourceReport:
        """How the table is read. What was left out is complete only up to the current position."""
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
        """The types of the columns, and whether a row may continue the product of the row above; determined once."""
        if not self._surveyed:
            self._surveyed.append(self._survey_rows())
        return self._surveyed[0]

    def _survey_rows(self) -> tuple[dict[str, ColumnType], bool]:
        columns = self._columns
        forced = self._by_column(self._forced)
        survey = TableSurvey(_is_price, _is_category, self._rows.typed, columns.structural, forced)
        if not self._rows.typed or self._may_need_types():
            with suppress(SourceError):
                for _, row in self._read(Journal(), pictures=False):
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
        """Types by the table's own column names."""
        original = {role: name for name, role in self._columns.renamed.items()}
        return {original.get(name, name): kind for name, kind in types.items()}

    def _folders_beside(self) -> list[Path]:
        folder = self._rows.folder
        folders = [folder / name for name in PICTURE_FOLDERS if (folder / name).is_dir()]
        return folders[:1]


def _sample_of(rows: Rows) -> list[Row]:
    """The first rows, up to any damage. The damage is reported when all rows are read."""
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
            raise UsageError(f"unknown type {kind!r} for column {name!r}: expected {', '.join(KINDS)}")
    return {name: kind for name, kind in types.items() if kind in KINDS}
