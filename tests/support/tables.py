"""Catalogs written as files, and read back."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sosie.sources.base import Source
from sosie.types import Item, Rejection

Rows = Sequence[Mapping[str, Any]]


def write_csv(path: Path, rows: Rows, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: Rows, schema: pa.Schema | None = None) -> Path:
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), path)
    return path


def write_product(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text(json.dumps({"images": list(rows)}), encoding="utf-8")
    return path


def write_furniture(path: Path, images: Iterable[Any], annotations: Iterable[Any]) -> Path:
    path.write_text(json.dumps({"images": list(images), "annotations": list(annotations)}), encoding="utf-8")
    return path


def items(source: Source) -> list[Item]:
    return [entry for entry in source if isinstance(entry, Item)]


def rejections(source: Source) -> list[Rejection]:
    return [entry for entry in source if isinstance(entry, Rejection)]


def only_item(source: Source) -> Item:
    (entry,) = source
    assert isinstance(entry, Item), entry
    return entry


def only_reason(source: Source) -> str:
    (entry,) = source
    assert isinstance(entry, Rejection), entry
    return entry.reason
