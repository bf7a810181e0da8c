"""The manifest's document: the manifest of the catalog, and the fields of the index.

The document is changed by compare-and-set on its sequence number. It is refreshed at once, because every search reads
it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import ConflictError

from sosie.errors import ManifestConflict, StoreDamaged, StoreVersionError
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.fields import AttributeKey, Layout
from sosie.stores.elasticsearch.mapping import FORMAT_VERSION, added_properties
from sosie.types import Manifest

DOCUMENT_ID = "manifest"
MOST_TRIES = 20
Version = tuple[str, int, int]
"""Index, sequence number and primary term; equal as long as the document is unchanged."""


class Outdated(Exception):
    """The manifest's document has changed since the request was created."""


@dataclass(frozen=True, slots=True)
class Meta:
    """The manifest and the layout in one version of the document."""

    manifest: Manifest
    layout: Layout
    version: Version


def to_body(manifest: Manifest, layout: Layout) -> dict[str, Any]:
    """The document. Its content is one text, because Elasticsearch cannot store every integer."""
    content = {"manifest": manifest.to_dict(), "layout": layout.to_dict()}
    return {"kind": "manifest", "json": json.dumps(content)}


def read_meta(connection: Connection) -> Meta:
    """Reads the current document; ``StoreNotFound`` if there is none."""
    with translate_client_errors(connection.uri):
        document = connection.client.get(index=connection.name, id=DOCUMENT_ID).body
    return Meta(*_content(document, connection.uri), version_of(document))


def read_again(connection: Connection, previous: Meta) -> Meta:
    """The current document, or ``previous`` if the version is the same. Checking the version does not load the content.

    With an adaptation the content has megabytes, and every call of a store checks it.
    """
    with translate_client_errors(connection.uri):
        document = connection.client.get(index=connection.name, id=DOCUMENT_ID, source=False).body
    return previous if version_of(document) == previous.version else read_meta(connection)


def version_of(hit: Mapping[str, Any]) -> Version:
    """The version of a document in a response of get or search."""
    return hit["_index"], hit["_seq_no"], hit["_primary_term"]


def replace_manifest(connection: Connection, new: Manifest, expected: Manifest) -> Meta:
    """See ``Store.replace_manifest``; returns the new state."""

    def change(meta: Meta) -> tuple[Manifest, Layout]:
        if meta.manifest != expected:
            raise ManifestConflict("the manifest was changed meanwhile: read it again and repeat the change")
        return new, meta.layout.with_manifest(new, connection.settings)

    return _change(connection, change)


def learn(connection: Connection, keys: Iterable[AttributeKey]) -> Meta:
    """Adds a field for each of these attributes."""
    wanted = tuple(keys)
    return _change(connection, lambda meta: (meta.manifest, meta.layout.with_attributes(wanted)))


def change_layout(connection: Connection, change: Callable[[Meta], Layout]) -> Meta:
    """Writes a new layout, which ``change`` computes from the current one."""
    return _change(connection, lambda meta: (meta.manifest, change(meta)))


def _change(connection: Connection, change: Callable[[Meta], tuple[Manifest, Layout]]) -> Meta:
    for _ in range(MOST_TRIES):
        meta = read_meta(connection)
        manifest, layout = change(meta)
        if (manifest, layout) == (meta.manifest, meta.layout):
            return meta
        written = _compare_and_set(connection, meta, manifest, layout)
        if written is not None:
            return written
    raise ManifestConflict(
        f"the manifest of {connection.uri} keeps changing: wait until other writers have finished, then try again"
    )


def _compare_and_set(connection: Connection, meta: Meta, manifest: Manifest, layout: Layout) -> Meta | None:
    """The new state; None if another writer was faster."""
    index, seq_no, primary_term = meta.version
    with translate_client_errors(connection.uri):
        added = added_properties(meta.layout, layout)
        if any(group.get("properties", group) for group in added.values()):
            connection.client.indices.put_mapping(index=index, properties=added)
        try:
            done = connection.client.index(
                index=index, id=DOCUMENT_ID, document=to_body(manifest, layout), refresh=True,
                if_seq_no=seq_no, if_primary_term=primary_term,
            )  # fmt: skip
        except ConflictError:
            return None
    return Meta(manifest, layout, version_of(done.body))


def _content(document: Mapping[str, Any], uri: str) -> tuple[Manifest, Layout]:
    try:
        content = json.loads(document["_source"]["json"])
        manifest, layout = Manifest.from_dict(content["manifest"]), Layout.from_dict(content["layout"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(f"the manifest of {uri} cannot be read ({error!r}): index again with --swap") from error
    if manifest.format_version != FORMAT_VERSION:
        raise StoreVersionError(
            f"the catalog {uri} has format {manifest.format_version}, and this version of Sosie reads format "
            f"{FORMAT_VERSION}: use the version that wrote it, or index again under another name"
        )
    return manifest, layout
