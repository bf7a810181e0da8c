"""Indexes a source into a server: only new or changed items are sent."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import TypeAlias

from sosie.catalog.options import do_nothing
from sosie.catalog.remote.addresses import item_path
from sosie.catalog.remote.client import Client
from sosie.catalog.remote.reading import PAGE, every_item, request_items
from sosie.catalog.remote.records import to_record
from sosie.errors import ImageError, ItemNotFound, SourceError, UsageError
from sosie.filters import Condition, Where
from sosie.images.limits import Limits
from sosie.indexing.attributes import AttributeSchema
from sosie.indexing.embedding import Fetched, Incoming, item_of, read_picture
from sosie.indexing.removal import Removal
from sosie.sources.report import Journal
from sosie.support.urls import is_url
from sosie.types import JSON, Change, IndexReport, Item, Progress, Record, Rejection

BATCH_ITEMS = 32
BATCH_BYTES = 8 * 1024 * 1024
"""Most bytes of a batch. In base64 they fit into the default limit of a server."""

Stream: TypeAlias = Iterable[Incoming | Rejection]


class Sender:
    """A run of ``index`` on a server. With ``dry_run`` nothing is sent. ``on_rejection`` is called with each rejection.

    ``misfits`` records attributes that do not fit the catalog; they are left out of their items. Without ``misfits``
    such items are rejected.
    """

    def __init__(
        self,
        client: Client,
        limits: Limits,
        dry_run: bool = False,
        on_rejection: Callable[[Rejection], None] = do_nothing,
        misfits: Journal | None = None,
    ) -> None:
        self._client = client
        self._limits = limits
        self._dry_run = dry_run
        self._on_rejection = on_rejection
        self._misfits = misfits
        self._report = IndexReport()

    def run(
        self,
        stream: Stream,
        total: int | None = None,
        removal: Removal | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
    ) -> IndexReport:
        """Sends new and changed items; ``removal`` removes missing ones. Ctrl-C ends it as in ``Catalog.index``."""
        began = time.perf_counter()
        try:
            for batch in self._batches(self._admitted(stream)):
                self._send_changed(batch)
                on_progress(Progress(self._done, total, len(self._report.rejected)))
            if removal is not None:
                self._remove(removal)
        except KeyboardInterrupt:
            self._report = replace(self._report, interrupted=True)
        on_progress(Progress(self._done, total, len(self._report.rejected)))
        return replace(self._report, seconds=time.perf_counter() - began)

    @property
    def _done(self) -> int:
        report = self._report
        return report.added + report.updated + report.unchanged + len(report.rejected)

    def _admitted(self, stream: Stream) -> Iterator[Fetched]:
        """The items with their pictures, and with attributes in the catalog's types."""
        schema = AttributeSchema(self._client.get("/v1/stats")["attributes"])
        for incoming in stream:
            if isinstance(incoming, Rejection):
                self._reject(incoming)
                continue
            item = item_of(incoming)
            try:
                admitted = replace(item, attributes=schema.admit(item.attributes, self._misfits))
                data = incoming.data if isinstance(incoming, Fetched) else read_picture(item, self._limits)
                yield Fetched(admitted, data)
            except (SourceError, ImageError) as error:
                self._reject(
                    Rejection(item.item_id, "source" if isinstance(error, SourceError) else "read", str(error))
                )

    def _batches(self, stream: Iterator[Fetched]) -> Iterator[list[Fetched]]:
        batch: list[Fetched] = []
        size = 0
        for item in stream:
            if batch and (len(batch) == BATCH_ITEMS or size + len(item.data) > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(item)
            size += len(item.data)
        if batch:
            yield batch

    def _send_changed(self, batch: list[Fetched]) -> None:
        stored = self._stored_records([item.item.item_id for item in batch])
        changed = [item for item in batch if not _is_same(item, stored.get(item.item.item_id))]
        self._add(IndexReport(unchanged=len(batch) - len(changed)))
        if self._dry_run:
            for item in changed:
                self._note(item.item.item_id, item.item.item_id in stored)
        elif changed:
            self._send(changed)

    def _stored_records(self, item_ids: list[str]) -> dict[str, Record]:
        these = Where((Condition("item_id", "=", tuple(item_ids)),))
        page = request_items(self._client, where=list(map(str, these.conditions)), limit=PAGE)
        return {data["item_id"]: to_record(data) for data in page["items"]}

    def _send(self, batch: list[Fetched]) -> None:
        """Sends a batch. If the server refuses it, sends each item alone to find the invalid one."""
        try:
            answer = self._client.request(
                "POST", "/v1/items:batch", json={"items": [_body(entry) for entry in batch]}
            ).json()
        except (UsageError, ImageError) as error:
            if len(batch) == 1:
                self._reject(Rejection(batch[0].item.item_id, "store", str(error)))
            else:
                for entry in batch:
                    self._send([entry])
            return
        rejected = tuple(Rejection(**entry) for entry in answer["rejected"])
        counts = {name: answer[name] for name in ("added", "updated", "unchanged")}
        self._add(IndexReport(**counts, rejected=rejected))

    def _remove(self, removal: Removal) -> None:
        plan = removal.plan(record.item_id for record in every_item(self._client))
        self._report = replace(self._report, notes=plan.notes, kept=plan.kept, gaps=removal.coverage.gaps())
        if self._dry_run:
            changes = tuple(Change(item_id, "remove") for item_id in plan.gone)
            self._report = replace(self._report, removed=len(plan.gone), changes=self._report.changes + changes)
            return
        removed = sum(delete_item(self._client, item_id) for item_id in plan.gone)
        self._report = replace(self._report, removed=removed)

    def _reject(self, rejection: Rejection) -> None:
        self._add(IndexReport(rejected=(rejection,)))

    def _note(self, item_id: str, exists: bool) -> None:
        change = Change(item_id, "update" if exists else "add")
        self._add(IndexReport(added=not exists, updated=exists))
        self._report = replace(self._report, changes=(*self._report.changes, change))

    def _add(self, more: IndexReport) -> None:
        for rejection in more.rejected:
            self._on_rejection(rejection)
        so_far = self._report
        self._report = replace(
            so_far,
            added=so_far.added + more.added,
            updated=so_far.updated + more.updated,
            unchanged=so_far.unchanged + more.unchanged,
            rejected=so_far.rejected + more.rejected,
        )


def delete_item(client: Client, item_id: str) -> int:
    """Removes an item; returns 1 if it existed, else 0."""
    try:
        client.request("DELETE", item_path(item_id))
    except ItemNotFound:
        return 0
    return 1


def _is_same(incoming: Fetched, stored: Record | None) -> bool:
    if stored is None or stored.content_sha256 != hashlib.sha256(incoming.data).hexdigest():
        return False
    item = incoming.item
    return (item.product_id, item.links, dict(item.attributes)) == (
        stored.product_id,
        stored.links,
        dict(stored.attributes),
    )


def _body(incoming: Fetched) -> dict[str, JSON]:
    item = incoming.item
    return {
        "item_id": item.item_id,
        "product_id": item.product_id,
        "links": item.links,
        "attributes": dict(item.attributes),
        "name": _public_name(item),
        "image": {"base64": base64.b64encode(incoming.data).decode()},
    }


def _public_name(item: Item) -> str:
    """The picture's URL, or its file name without the folders of this machine."""
    first = item.image if isinstance(item.image, str) else item.image[0]
    return first if is_url(first) else PurePath(first).name
