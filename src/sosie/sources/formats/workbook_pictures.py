"""Pictures that lie on the cells of an xlsx sheet, or that WPS stores for a cell (``=DISPIMG("ID_…",1)``)."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from sosie.sources.formats.workbook_links import Place, parsed, part_of_sheet, targets_of

if TYPE_CHECKING:
    from lxml.etree import _Element

DISPIMG = re.compile(r"=?(?:_xlfn\.)?DISPIMG\(\s*\"([^\"]+)\"")
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_OF_CELLS = "xl/cellimages.xml"


def pictures_on_sheet(path: Path | BytesIO, sheet: str) -> dict[int, dict[int, list[str]]]:
    """For each row, from 0, and each column, the parts of the file with its pictures; none if it is not xlsx."""
    if not zipfile.is_zipfile(path):
        return {}
    pictures: dict[int, dict[int, list[str]]] = {}
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        part = part_of_sheet(archive, sheet) if "xl/workbook.xml" in names else None
        drawings = targets_of(archive, part).values() if part else ()
        for drawing in drawings:
            if "/drawings/drawing" in drawing and drawing in names:
                for (row, column), picture in _anchored(archive, drawing):
                    pictures.setdefault(row, {}).setdefault(column, []).append(picture)
    return pictures


def pictures_by_name(path: Path | BytesIO) -> dict[str, str]:
    """The parts with the pictures that WPS stores by their names; none in other files."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        if _OF_CELLS not in archive.namelist():
            return {}
        targets = targets_of(archive, _OF_CELLS)
        named = ((next(cell.iter("{*}cNvPr"), None), _picture(cell, targets))
                 for cell in parsed(archive, _OF_CELLS).iter("{*}cellImage"))  # fmt: skip
        return {str(name.get("name")): part for name, part in named if name is not None and part}


def most_used_column(pictures: dict[int, dict[int, list[str]]], below: int) -> int | None:
    """The column with most pictures below a row; None if there are none."""
    counts = Counter(column for row, columns in pictures.items() if row >= below for column in columns)
    return counts.most_common(1)[0][0] if counts else None


def _anchored(archive: zipfile.ZipFile, drawing: str) -> Iterator[tuple[Place, str]]:
    targets = targets_of(archive, drawing)
    for anchor in parsed(archive, drawing):
        begin, end = anchor.find("{*}from"), anchor.find("{*}to")
        if begin is not None and (picture := _picture(anchor, targets)):
            first, column = _number(begin, "row"), _number(begin, "col")
            last = first if end is None else _number(end, "row")
            yield ((first + last) // 2, column), picture


def _picture(element: _Element, targets: dict[str, str]) -> str | None:
    blip = next(element.iter("{*}blip"), None)
    return None if blip is None else targets.get(str(blip.get(_EMBED)))


def _number(place: _Element, name: str) -> int:
    return int(place.findtext(f"{{*}}{name}") or 0)
