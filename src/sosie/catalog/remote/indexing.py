"""A source against a server: only what is new or changed is sent."""

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
from sosie.catalog.remote.reading import PAGE, ask_items, every_item
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
"""In base64 this fits well into the body that a server takes by default."""

Stream: TypeAlias = Iterable[Incoming | Rejection]


class Sending:
    """One run of ``index`` against a server; with ``dry_run`` nothing is sent. ``on_rejection`` hears of each.

    ``misfits`` counts the attributes that do not fit the catalog and are left out of their items; without it, such
    items are rejected.
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
        """Send what differs; with ``removal`` remove what did not come. Ctrl-C ends it as in ``Catalog.index``."""
        began = time.perf_counter()
        try:
            for batch in self._batches(self._admitted(stream)):
                self._bring(batch)
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
        """Items with their pictures and with attributes in the catalogue's types."""
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
        for one in stream:
            if batch and (len(batch) == BATCH_ITEMS or size + len(one.data) > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(one)
            size += len(one.data)
        if batch:
            yield batch

    def _bring(self, batch: list[Fetched]) -> None:
        known = self._known([one.item.item_id for one in batch])
        changed = [one for one in batch if not _is_same(one, known.get(one.item.item_id))]
        self._add(IndexReport(unchanged=len(batch) - len(changed)))
        if self._dry_run:
            for one in changed:
                self._note(one.item.item_id, one.item.item_id in known)
        elif changed:
            self._send(changed)

    def _known(self, item_ids: list[str]) -> dict[str, Record]:
        these = Where((Condition("item_id", "=", tuple(item_ids)),))
        page = ask_items(self._client, where=list(map(str, these.conditions)), limit=PAGE)
        return {data["item_id"]: to_record(data) for data in page["items"]}

    def _send(self, batch: list[Fetched]) -> None:
        """Where the server refuses a whole batch, each is sent alone, and the culprit found."""
        try:
            answer = self._client.request(
                "POST", "/v1/items:batch", json={"items": [_body(one) for one in batch]}
            ).json()
        except (UsageError, ImageError) as error:
            if len(batch) == 1:
                self._reject(Rejection(batch[0].item.item_id, "store", str(error)))
            else:
                for one in batch:
                    self._send([one])
            return
        rejected = tuple(Rejection(**one) for one in answer["rejected"])
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

    def _note(self, item_id: str, known: bool) -> None:
        change = Change(item_id, "update" if known else "add")
        self._add(IndexReport(added=not known, updated=known))
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
    """Remove one item; 1 if it existed, else 0."""
    try:
        client.request("DELETE", item_path(item_id))
    except ItemNotFound:
        return 0
    return 1


def _is_same(incoming: Fetched, known: Record | None) -> bool:
    if known is None or known.content_sha256 != hashlib.sha256(incoming.data).hexdigest():
        return False
    item = incoming.item
    return (item.product_id, item.links, dict(item.attributes)) == (
        known.product_id,
        known.links,
        dict(known.attributes),
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
    """The picture's URL, or its file's name without the folders of this machine."""
    first = item.image if isinstance(item.image, str) else item.image[0]
    return first if is_url(first) else PurePath(first).name
