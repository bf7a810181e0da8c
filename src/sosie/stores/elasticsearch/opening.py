"""Opens the store at an address."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from elasticsearch import ConflictError

from sosie.errors import StoreDamaged, StoreNotFound, StoreVersionError
from sosie.stores.base import Store
from sosie.stores.elasticsearch import indices, meta
from sosie.stores.elasticsearch.address import Address, parse_address
from sosie.stores.elasticsearch.connection import Connection, connect_to_cluster
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.fields import Layout
from sosie.stores.elasticsearch.mapping import FORMAT_VERSION
from sosie.stores.elasticsearch.settings import ElasticsearchSettings
from sosie.stores.elasticsearch.store import ElasticsearchStore
from sosie.types import Manifest


def open_elasticsearch(
    uri: str, create: Manifest | None = None, settings: ElasticsearchSettings | None = None
) -> Store:
    """Opens the catalog at ``elasticsearch+http(s)://host:port/name``; with ``create``, creates it if there is none.

    - ``StoreNotFound``: there is no catalog.
    - ``StoreUnavailable``: the cluster cannot be reached or used.
    - ``StoreVersionError``: the server or the format has another version.
    - ``StoreDamaged``: the name is used by something else.
    - ``UsageError``: the address is invalid, or has other settings than the index.
    """
    address = parse_address(uri, settings)
    connection = connect_to_cluster(address)
    try:
        return ElasticsearchStore(_open(connection, address, create))
    except BaseException:
        connection.client.close()
        raise


def _open(connection: Connection, address: Address, create: Manifest | None) -> Connection:
    index = indices.current(connection) or _create(connection, create)
    mark = indices.check_mark(connection, index)
    indices.check_index_settings(connection, index, address.settings, mark)
    indices.wait_until_usable(connection, index)
    used = replace(connection, settings=replace(address.settings, vectors=mark["vectors"]))
    if create is not None:
        _write_first_manifest(used, create)
    return used


def _create(connection: Connection, manifest: Manifest | None) -> str:
    """Creates the catalog's first index. Its name is fixed, so only one of several workers can create it."""
    if manifest is None:
        raise StoreNotFound(f"there is no catalog at {connection.uri}: index into it first, or check the name")
    if manifest.format_version != FORMAT_VERSION:
        raise StoreVersionError(
            f"cannot make {connection.uri} in format {manifest.format_version}: use {FORMAT_VERSION}"
        )
    layout = Layout().with_manifest(manifest, connection.settings)
    first = f"{connection.name}-1"
    indices.create(connection, first, layout, connection.name)
    index = indices.current(connection)
    if index is None:
        raise StoreDamaged(
            f"the index {first} is there without the alias {connection.name!r}: delete it, or name it so"
        )
    return index


def _write_first_manifest(connection: Connection, manifest: Manifest) -> None:
    """Writes the first manifest, unless another worker has written it. Its creator may have died before this step.

    It writes without reading first: a write waits for the shard of a new index, while a read is refused.
    """
    layout = Layout().with_manifest(manifest, connection.settings)
    with translate_client_errors(connection.uri), suppress(ConflictError):
        connection.client.create(
            index=connection.name, id=meta.DOCUMENT_ID, document=meta.to_body(manifest, layout), refresh=True
        )
