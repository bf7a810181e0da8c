"""Writes the state as a Parquet table, which ``sosie index`` reads as a source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sosie.downloading.pictures import path_of
from sosie.downloading.state import DONE, FAILED, WAITING, DownloadState
from sosie.images.fetch import urls
from sosie.images.fetch.reasons import Reason
from sosie.support.parquet import ParquetWriter
from sosie.types import JSON

FILE_NAME = "fetched.parquet"
_STATUS = {WAITING: "waiting", DONE: "done", FAILED: "failed"}
_KINDS = {
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "strings": "VARCHAR[]",
    "integer": "BIGINT",
    "number": "DOUBLE",
}
_BEFORE = [("item_id", "VARCHAR"), ("product_id", "VARCHAR"), ("links", "VARCHAR[]")]
_AFTER = [
    ("url", "VARCHAR"),
    ("final_url", "VARCHAR"),
    ("path", "VARCHAR"),
    ("status", "VARCHAR"),
    ("reason", "VARCHAR"),
    ("detail", "VARCHAR"),
    ("bytes", "BIGINT"),
    ("width", "INTEGER"),
    ("height", "INTEGER"),
    ("sha256", "VARCHAR"),
    ("attempts", "INTEGER"),
    ("seconds", "DOUBLE"),
    ("fetched_at", "TIMESTAMPTZ"),
]
_TAKEN = {name for name, _ in _BEFORE + _AFTER} | {"image"}

_ROWS = """
SELECT i.item_id, i.product_id, i.links, i.attributes, u.url, u.final_url, u.status, u.reason, u.detail, u.sha256,
       u.extension, u.bytes, u.width, u.height, u.attempts, u.seconds, u.fetched_at
FROM items i JOIN urls u ON u.id = i.url ORDER BY i.id
"""


def write_table(state: DownloadState) -> Path:
    """Writes a row for each item in the source's order, then the source's rejections; returns the table's path.

    If an attribute has the name of a table column, its column gets the prefix ``attribute_``. The table is written in
    one step.
    """
    target = state.folder / FILE_NAME
    half_written = state.folder / f"tmp/{FILE_NAME}"
    kinds: dict[str, str] = json.loads(state.meta("columns", "{}"))
    columns = {name: _free(name, kinds) for name in kinds}
    fields = dict([*_BEFORE, *((columns[name], _KINDS[kind]) for name, kind in kinds.items()), *_AFTER])
    metadata = {"sosie.fetched": json.dumps({column: name for name, column in columns.items()})}
    with state.errors(), ParquetWriter(half_written, fields, metadata) as writer:
        writer.write(_rows(state, columns))
    half_written.replace(target)
    return target


def _free(name: str, kinds: Mapping[str, str]) -> str:
    """A column name for an attribute that no other column has."""
    column = name
    while column in _TAKEN or (column != name and column in kinds):
        column = f"attribute_{column}"
    return column


def _rows(state: DownloadState, columns: Mapping[str, str]) -> Iterator[dict[str, JSON]]:
    for row in state.execute(_ROWS):
        yield _item(row, columns)
    for item_id, stage, reason in state.execute("SELECT item_id, stage, reason FROM rejected ORDER BY id"):
        shown = {"status": "failed", "reason": str(Reason.SOURCE), "detail": f"{stage}: {reason}"}
        yield {"item_id": item_id, "product_id": item_id, "links": [], "path": "", **shown}


def _item(row: tuple[JSON, ...], columns: Mapping[str, str]) -> dict[str, JSON]:
    item_id, product_id, links, attributes, url, final_url, status, reason, detail, sha256, extension, *rest = row
    size, width, height, attempts, seconds, fetched_at = rest
    there = bool(sha256) and status != FAILED
    return {
        "item_id": item_id,
        "product_id": product_id,
        "links": json.loads(links),
        **{columns[name]: value for name, value in json.loads(attributes).items()},
        "url": urls.redact(url),
        "final_url": urls.redact(final_url),
        "path": path_of(sha256, extension) if there else "",
        "status": _STATUS[DONE if there else status],
        "reason": reason,
        "detail": detail,
        "bytes": size if there else None,
        "width": width if there else None,
        "height": height if there else None,
        "sha256": sha256 if there else None,
        "attempts": attempts,
        "seconds": seconds,
        "fetched_at": None if fetched_at is None else datetime.fromtimestamp(fetched_at, UTC).isoformat(),
    }
