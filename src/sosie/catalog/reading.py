"""What a store holds, read by id and by ``where``; no picture is looked at."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from sosie.catalog.base import Stats
from sosie.catalog.exporting import row_of
from sosie.errors import ItemNotFound, UsageError
from sosie.filters import WhereLike, bind
from sosie.knowledge.calibrations import name_of
from sosie.knowledge.knowledge import knowledge_of
from sosie.roles import names_of_roles
from sosie.stores.base import Store
from sosie.types import EMBEDDING, JSON, THUMBNAIL, Facet, Record


def item_record(store: Store, item_id: str, fields: Sequence[str] = ()) -> Record:
    """An item with these of its vectors and blobs; ``ItemNotFound`` where it is none."""
    records = store.get([item_id], fields)
    if not records:
        near = [record.item_id for record in store.get(_other_spellings(item_id))]
        hint = f"did you mean {near[0]!r}?" if near else "take an item_id from an answer"
        raise ItemNotFound(f"the catalogue has no item {item_id!r}; {hint}")
    return records[0]


def _other_spellings(item_id: str) -> list[str]:
    """The id in another case, or without blanks around it: what people mistype."""
    bare = item_id.strip()
    return [
        one for one in dict.fromkeys((bare, bare.upper(), bare.lower(), bare.capitalize())) if one and one != item_id
    ]


def thumbnail_of(store: Store, item_id: str) -> bytes:
    """The JPEG of an item; ``ItemNotFound`` where the item or its thumbnail is not there."""
    record = item_record(store, item_id, (THUMBNAIL,))
    if THUMBNAIL not in record.blobs:
        raise ItemNotFound(f"item {item_id!r} has no thumbnail; index its picture again")
    return record.blobs[THUMBNAIL]


def items_of(store: Store, where: WhereLike, after: str, limit: int) -> list[Record]:
    """At most ``limit`` items that pass, in order of their ids, from the first id behind ``after``."""
    check_limit(limit)
    return list(itertools.islice(store.scan(bind(where, store.manifest.attributes), after), limit))


def exported_rows(store: Store, where: WhereLike, vectors: bool) -> Iterator[dict[str, JSON]]:
    """Every item that passes as a row of a table, with the vector that answers searches where it is wanted."""
    manifest = store.manifest
    name = manifest.active[EMBEDDING]
    for record in store.scan(bind(where, manifest.attributes), fields=(name,) if vectors else ()):
        yield row_of(record, record.vectors.get(name))


def count_of(store: Store, where: WhereLike) -> int:
    """How many items pass."""
    return store.count(bind(where, store.manifest.attributes))


def facets_of(store: Store, names: Sequence[str], where: WhereLike, limit: int) -> list[Facet]:
    """The values of the attributes named, or of all, over the items that pass."""
    types = store.manifest.attributes
    return store.facets(list(names) or sorted(types), bind(where, types), check_limit(limit))


def stats_of(store: Store, uri: str) -> Stats:
    """How much the store at ``uri`` holds."""
    manifest = store.manifest
    knowledge = knowledge_of(manifest)
    [products] = store.facets(["product_id"], limit=1)
    return Stats(
        store=uri,
        items=store.count(),
        products=products.distinct,
        embedder=manifest.embedder.name,
        fingerprint=manifest.embedder.fingerprint,
        vectors=dict(manifest.vectors),
        attributes=dict(manifest.attributes),
        adapted=knowledge.generations.projection is not None,
        calibration=None if knowledge.calibration is None else name_of(knowledge.calibration),
        roles={str(role): names for role, names in names_of_roles(manifest.attributes).items()},
    )


def check_limit(limit: int) -> int:
    """The limit of a list where it is at least 1, else ``UsageError``."""
    if limit < 1:
        raise UsageError(f"limit is {limit!r}; expected a whole number of at least 1")
    return limit
