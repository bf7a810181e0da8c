"""The shop of the demo, as its tests see it."""

import csv
from pathlib import Path
from typing import NamedTuple

Rows = list[dict[str, str]]


class Shop(NamedTuple):
    folder: Path
    catalog: Rows
    photos: Rows


def read_table(path: Path) -> Rows:
    """The rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
