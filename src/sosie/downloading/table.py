"""Writes the state as a Parquet table that ``sosie index`` reads as a source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sosie.downloading.pictures import path_of
from sosie.downloading.state import DONE, FAILED, WAITING, DownloadState
from sosie.images.fetch import urls
from sosie.images.fetch.reasons import Reason
from sosie.types import JSON

FILE_NAME = "fetched.parquet"
_GROUP = 20_000
_STATUS = {WAITING: "waiting", DONE: "done", FAILED: "failed"}
_KINDS = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "strings": pa.list_(pa.string()),
    "integer": pa.int64(),
    "number": pa.float64(),
}
_BEFORE = [("item_id", pa.string()), ("product_id", pa.string()), ("links", pa.list_(pa.string()))]
_AFTER = [
    ("url", pa.string()),
    ("final_url", pa.string()),
    ("path", pa.string()),
    ("status", pa.string()),
    ("reason", pa.string()),
    ("detail", pa.string()),
    ("bytes", pa.int64()),
    ("width", pa.int32()),
    ("height", pa.int32()),
    ("sha256", pa.string()),
    ("attempts", pa.int32()),
    ("seconds", pa.float64()),
    ("fetched_at", pa.timestamp("ms", tz="UTC")),
]
_TAKEN = {name for name, _ in _BEFORE + _AFTER} | {"image"}

_ROWS = """
SELECT i.item_id, i.product_id, i.links, i.attributes, u.url, u.final_url, u.status, u.reason, u.detail, u.sha256,
       u.extension, u.bytes, u.width, u.height, u.attempts, u.seconds, u.fetched_at
FROM items i JOIN urls u ON u.id = i.url ORDER BY i.id
"""


def write_table(state: DownloadState) -> Path:
    """Writes a row for each item, in source order, then the source's rejections; returns the path of the table.

    An attribute that has the name of a table column gets the prefix ``attribute_``. The table is written atomically.
    """
    target = state.folder / FILE_NAME
    half_written = state.folder / f"tmp/{FILE_NAME}"
    kinds: dict[str, str] = json.loads(state.meta("columns", "{}"))
    columns = {name: _free(name, kinds) for name in kinds}
    fields = [*_BEFORE, *((columns[name], _KINDS[kind]) for name, kind in kinds.items()), *_AFTER]
    metadata: dict[bytes | str, bytes | str] = {
        b"sosie.fetched": json.dumps({column: name for name, column in columns.items()}).encode()
    }
    schema = pa.schema([pa.field(name, kind) for name, kind in fields], metadata=metadata)
    with state.errors(), pq.ParquetWriter(half_written, schema, compression="zstd") as writer:
        group: list[dict[str, JSON]] = []
        for row in _rows(state, columns):
            group.append(row)
            if len(group) == _GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema))
                group.clear()
        writer.write_table(pa.Table.from_pylist(group, schema))
    half_written.replace(target)
    return target


def _free(name: str, kinds: Mapping[str, str]) -> str:
    """An unused column name for an attribute."""
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
        "fetched_at": None if fetched_at is None else datetime.fromtimestamp(fetched_at, UTC),
    }
