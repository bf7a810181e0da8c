"""The indices of a catalog: the current index, new indices, and leftovers of unfinished ones."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from elasticsearch import AuthorizationException, BadRequestError, NotFoundError

from sosie.errors import StoreDamaged, StoreError, StoreUnavailable, StoreVersionError, UsageError
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.faults import dimension_refused, translate_client_errors
from sosie.stores.elasticsearch.fields import Layout
from sosie.stores.elasticsearch.mapping import (
    FORMAT_VERSION,
    MARK,
    STEMS,
    STEMS_PROPERTY,
    index_settings,
    mapping,
    mark,
)
from sosie.stores.elasticsearch.settings import ElasticsearchSettings

MOST_DIMENSIONS = 4096
PATIENCE = 900.0
"""An index that is being filled is abandoned after this many seconds without a sign of life."""
_EXISTS = "resource_already_exists_exception"


def current(connection: Connection) -> str | None:
    """The index behind the catalog's alias; None if there is no such alias."""
    name = connection.name
    with translate_client_errors(connection.uri):
        indices = _behind_alias(connection)
        if indices is None and connection.client.indices.exists(index=name):
            # Another process may have created the alias between the two requests.
            indices = _behind_alias(connection)
            if indices is None:
                raise StoreDamaged(
                    f"{connection.uri} is an index and not an alias, so Sosie did not make it: choose another name"
                )
    if indices is None:
        return None
    if len(indices) != 1:
        raise StoreDamaged(f"the alias {name!r} of {connection.uri} names {len(indices)} indices: it may name only one")
    return str(next(iter(indices)))


def _behind_alias(connection: Connection) -> Mapping[str, Any] | None:
    try:
        indices: Mapping[str, Any] = connection.client.indices.get_alias(name=connection.name).body
    except NotFoundError:
        return None
    return indices


def create(connection: Connection, index: str, layout: Layout, alias: str) -> bool:
    """Creates an index with an alias, and waits until it can be written. False if another process just created it."""
    for name, held in layout.vectors.items():
        if held.dim > MOST_DIMENSIONS:
            raise dimension_refused(name, held.dim)
    catalog, settings = connection.name, connection.settings
    with translate_client_errors(connection.uri):
        try:
            connection.client.indices.create(
                index=index,
                aliases={alias: {}},
                settings=index_settings(settings, connection.version),
                mappings=mapping(catalog, layout, settings),
            )
        except BadRequestError as error:
            if error.error == _EXISTS:
                return False
            raise StoreError(f"{connection.uri} cannot be created: {error}") from error
    return True


def check_mark(connection: Connection, index: str) -> dict[str, Any]:
    """Sosie's mark in the mapping; ``StoreDamaged`` if there is none, ``StoreVersionError`` for another version."""
    with translate_client_errors(connection.uri):
        mappings = connection.client.indices.get_mapping(index=index).body[index]["mappings"]
    mark: dict[str, Any] | None = mappings.get("_meta", {}).get(MARK)
    if mark is None:
        raise StoreDamaged(f"the index {index} behind {connection.uri} was not made by Sosie: choose another name")
    if mark.get("format") != FORMAT_VERSION:
        raise StoreVersionError(
            f"the catalog {connection.uri} has format {mark.get('format')}, and this version of Sosie reads format "
            f"{FORMAT_VERSION}: use the version that wrote it, or index again under another name"
        )
    if STEMS not in mappings.get("properties", {}):
        _add_stems(connection, index)
    return mark


def _add_stems(connection: Connection, index: str) -> None:
    """Adds the field for stems to an index of an earlier version, unless the index is read-only."""
    with translate_client_errors(connection.uri), suppress(AuthorizationException):
        connection.client.indices.put_mapping(index=index, properties=STEMS_PROPERTY)


def check_index_settings(
    connection: Connection, index: str, requested: ElasticsearchSettings, mark: dict[str, Any]
) -> None:
    """Raises ``UsageError`` if the address has other settings than the index."""
    for key, value in held_settings(connection, index, mark).items():
        wanted = getattr(requested, key)
        if wanted is not None and wanted != value:
            raise UsageError(
                f"{connection.uri} has {key}={wanted}, but the catalog was created with {key}={value}: omit the "
                "setting, or index again with --swap"
            )


def held_settings(connection: Connection, index: str, mark: dict[str, Any]) -> dict[str, Any]:
    """The settings of an index, named as in ``ElasticsearchSettings``."""
    with translate_client_errors(connection.uri):
        own = connection.client.indices.get_settings(index=index).body[index]["settings"]["index"]
    return {
        "shards": int(own["number_of_shards"]),
        "replicas": int(own["number_of_replicas"]),
        "vectors": mark["vectors"],
    }


def wait_until_usable(connection: Connection, index: str) -> None:
    """Raises ``StoreUnavailable`` if a primary shard of the index is missing."""
    seconds = connection.settings.health_seconds
    with translate_client_errors(connection.uri):
        health = connection.client.options(ignore_status=408).cluster.health(
            index=index, wait_for_status="yellow", timeout=f"{seconds:g}s"
        )
    if health["status"] == "red":
        raise StoreUnavailable(
            f"{connection.uri} is red: a part of it is on no running node. Bring the lost nodes back, or restore it"
        )


def leftovers(connection: Connection) -> list[str]:
    """Indices of this catalog that are not behind its alias and that no process is filling."""
    with translate_client_errors(connection.uri):
        response = connection.client.indices.get(index=f"{connection.name}-*", filter_path="*.aliases,*.mappings._meta")
    now = time.time()
    return [
        index
        for index, own in response.body.items()
        if connection.name not in own.get("aliases", {})
        and _is_abandoned(own.get("mappings", {}), connection.name, now)
    ]


def show_life(connection: Connection, alias: str) -> None:
    """Writes a sign of life into the mapping of an index that is being filled."""
    with translate_client_errors(connection.uri):
        connection.client.indices.put_mapping(index=alias, meta={MARK: mark(connection.name, connection.settings)})


def _is_abandoned(mappings: dict[str, Any], catalog: str, now: float) -> bool:
    own: dict[str, Any] = mappings.get("_meta", {}).get(MARK, {})
    return own.get("catalogue") == catalog and now - own.get("at_work", 0.0) > PATIENCE
