"""Finds the pictures of Amazon Berkeley Objects, which tables name by ids."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.files.data import DataFile

IMAGE_ID_FOLDERS = ("", "small", "original", "images", "images/small", "images/original", "../images/small",
                    "../../images/small", "../images/original", "../../images/original", "..", "../small")  # fmt: skip
_TABLES = ("metadata/images.csv.gz", "metadata/images.csv", "images.csv.gz", "images.csv",
           "images/metadata/images.csv.gz",
           "../images/metadata/images.csv.gz", "../../images/metadata/images.csv.gz", "../metadata/images.csv.gz",
           "../metadata/images.csv", "../images/metadata/images.csv", "../../images/metadata/images.csv")  # fmt: skip


def paths_of_image_ids(folders: Iterable[Path]) -> dict[str, str]:
    """For each image id, the path below ``images/small`` or ``images/original``, from the table near the folders."""
    for folder in folders:
        for name in _TABLES:
            table = folder / name
            if table.is_file():
                return dict(_pairs(table))
    return {}


def _pairs(table: Path) -> Iterator[tuple[str, str]]:
    try:
        with DataFile(table).open() as file:
            for row in csv.DictReader(io.TextIOWrapper(file, "utf-8", "replace", newline="")):
                if row.get("image_id") and row.get("path"):
                    yield row["image_id"], row["path"]
    except (OSError, SourceError, csv.Error):
        return
