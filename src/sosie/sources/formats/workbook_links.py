"""Addresses in an xlsx file that are no values of cells: of ``=IMAGE("…")``, ``=HYPERLINK("…")`` and hyperlinks."""

from __future__ import annotations

import posixpath
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from sosie.sources.tables.addresses import formula_address

if TYPE_CHECKING:
    from lxml.etree import _Element

_CHUNK = 1 << 20
_MARKS = (b"IMAGE(", b"HYPERLINK(", b"<hyperlink ")
_PLACE = re.compile(r"([A-Z]+)(\d+)")
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Place = tuple[int, int]
"""Row and column, from 0."""


def addresses_in_sheet(path: Path | BytesIO, sheet: str) -> dict[Place, str]:
    """The addresses by the place of their cell; none in files that are not xlsx."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return {}
        part = part_of_sheet(archive, sheet)
        return _addresses(archive, part) if part and _has_marks(archive, part) else {}


def part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of the file with a sheet."""
    targets = targets_of(archive, "xl/workbook.xml")
    sheets = parsed(archive, "xl/workbook.xml").iter("{*}sheet")
    return next((targets.get(str(entry.get(_ID))) for entry in sheets if entry.get("name") == sheet), None)


def targets_of(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The targets of a part's relations by their ids: parts of the archive, or external addresses."""
    folder, name = posixpath.split(part)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in archive.namelist():
        return {}
    targets = {}
    for entry in parsed(archive, relations).iter("{*}Relationship"):
        target = str(entry.get("Target"))
        inner = posixpath.normpath(posixpath.join(f"/{folder}", target)).lstrip("/")
        targets[str(entry.get("Id"))] = target if entry.get("TargetMode") == "External" else inner
    return targets


def _has_marks(archive: zipfile.ZipFile, part: str) -> bool:
    rest = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            if any(mark in rest + chunk for mark in _MARKS):
                return True
            rest = chunk[-16:]
    return False


def _addresses(archive: zipfile.ZipFile, part: str) -> dict[Place, str]:
    from lxml import etree

    targets = targets_of(archive, part)
    addresses: dict[Place, str] = {}
    with archive.open(part) as file:
        for _, element in etree.iterparse(
            file, tag=("{*}c", "{*}hyperlink"), resolve_entities=False, no_network=True, huge_tree=True
        ):
            formula = element.findtext("{*}f")
            address = formula_address(f"={formula}") if formula else targets.get(str(element.get(_ID)))
            place = _place(str(element.get("r") or element.get("ref")))
            if address and place:
                addresses.setdefault(place, address)
            element.clear()
    return addresses


def _place(reference: str) -> Place | None:
    match = _PLACE.match(reference)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1


def parsed(archive: zipfile.ZipFile, part: str) -> _Element:
    """The root of a part's XML."""
    from lxml import etree

    return etree.fromstring(archive.read(part), etree.XMLParser(resolve_entities=False, no_network=True))
