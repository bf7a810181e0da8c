"""Replaces an index: fills a new index beside the current one, then moves the alias in one step."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Event, Thread

from elasticsearch import ApiError

from sosie.errors import StoreError
from sosie.stores.base import Store
from sosie.stores.elasticsearch import feedback, indices, meta
from sosie.stores.elasticsearch.address import parse_address
from sosie.stores.elasticsearch.connection import Connection, connect_to_cluster
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.fields import Layout
from sosie.stores.elasticsearch.settings import ElasticsearchSettings
from sosie.stores.elasticsearch.store import ElasticsearchStore
from sosie.types import Manifest

SIGN_OF_LIFE_SECONDS = 60.0


@dataclass(slots=True)
class ElasticsearchReplacement:
    """A new catalog beside the current one; fill ``store``.

    The new index is written under its own alias. If the index is deleted, a late write fails, instead of creating an
    index without a mapping.
    """

    store: Store
    _old: str | None
    _new: str
    _connection: Connection

    def commit(self) -> None:
        """Copies the feedback to the new catalog, lets it replace the old one, and deletes the old one.

        ``StoreError`` if another process has replaced the catalog meanwhile; then nothing changes.
        """
        self.store.flush()
        name, client = self._connection.name, self._connection.client
        actions: list[dict[str, dict[str, object]]] = [
            {"add": {"index": self._new, "alias": name}},
            {"remove": {"index": self._new, "alias": building_alias(self._new), "must_exist": True}},
        ]
        if self._old is not None:
            self.store.add_feedback(feedback.feedback_rows(self._connection))
            actions.append({"remove": {"index": self._old, "alias": name, "must_exist": True}})
        elif indices.current(self._connection) is not None:
            raise StoreError(
                f"another process has created {self._connection.uri} meanwhile: nothing was changed, run it again"
            )
        with translate_client_errors(self._connection.uri):
            try:
                client.indices.update_aliases(actions=actions)
            except ApiError as error:
                raise StoreError(
                    f"{self._connection.uri} was replaced by another process meanwhile: nothing was changed ({error})"
                ) from error
        if self._old is not None:
            with suppress(ApiError):
                client.indices.delete(index=self._old, ignore_unavailable=True)


@contextmanager
def open_replacement(
    uri: str, manifest: Manifest, settings: ElasticsearchSettings | None = None
) -> Iterator[ElasticsearchReplacement]:
    """A new, empty catalog that replaces the catalog at ``uri`` when ``commit`` is called.

    Shards, replicas and vectors stay as they are unless ``settings`` or the address name them.
    """
    connection = connect_to_cluster(parse_address(uri, settings))
    try:
        old = indices.current(connection)
        if old is not None:
            connection = _as_before(connection, old)
        new = f"{connection.name}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"
        layout = Layout().with_manifest(manifest, connection.settings)
        indices.create(connection, new, layout, building_alias(new))
        with _unless_in_use(connection, new), _signs_of_life(connection, new):
            yield ElasticsearchReplacement(_first_store(connection, new, manifest, layout), old, new, connection)
    finally:
        connection.client.close()


def building_alias(index: str) -> str:
    """The alias under which a new index is written."""
    return f"{index}.building"


def _as_before(connection: Connection, old: str) -> Connection:
    held = indices.held_settings(connection, old, indices.check_mark(connection, old))
    unsaid = {key: value for key, value in held.items() if getattr(connection.settings, key) is None}
    return replace(connection, settings=replace(connection.settings, **unsaid))


def _first_store(connection: Connection, new: str, manifest: Manifest, layout: Layout) -> Store:
    indices.wait_until_usable(connection, new)
    with translate_client_errors(connection.uri):
        connection.client.create(index=new, id=meta.DOCUMENT_ID, document=meta.to_body(manifest, layout), refresh=True)
    return ElasticsearchStore(replace(connection, name=building_alias(new)))


@contextmanager
def _signs_of_life(connection: Connection, new: str) -> Iterator[None]:
    """Writes signs of life until the block ends, so that ``check --repair`` keeps this index."""
    ended = Event()

    def show() -> None:
        while not ended.wait(SIGN_OF_LIFE_SECONDS):
            with suppress(StoreError):
                indices.show_life(connection, building_alias(new))

    thread = Thread(target=show, name="sosie-signs-of-life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _unless_in_use(connection: Connection, new: str) -> Iterator[None]:
    """Deletes the new index at the end of the block, unless the catalog's alias names it."""
    try:
        yield
    finally:
        with suppress(StoreError), translate_client_errors(connection.uri):
            if indices.current(connection) != new:
                connection.client.indices.delete(index=new, ignore_unavailable=True)
