"""Reads items of a store by id and by ``where``, without embedding pictures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from sosie.catalog.base import Stats
from sosie.catalog.exporting import row_of
from sosie.catalog.places import After, item_id_of
from sosie.errors import ItemNotFound, UsageError
from sosie.filters import WhereLike, bind, known_type, value_of
from sosie.filters.counting import count_values, without_attribute
from sosie.filters.order import Place, SortOrder, order_from, place_of
from sosie.knowledge.calibrations import name_of
from sosie.knowledge.knowledge import knowledge_of
from sosie.roles import names_of_roles
from sosie.stores.base import Store
from sosie.types import EMBEDDING, JSON, THUMBNAIL, AttributeType, Facet, Record, SearchResult


def item_record(store: Store, item_id: str, fields: Sequence[str] = ()) -> Record:
    """An item with the given vectors and blobs; ``ItemNotFound`` if there is no such item."""
    records = store.get([item_id], fields)
    if not records:
        near = [record.item_id for record in store.get(_other_spellings(item_id))]
        hint = f"did you mean {near[0]!r}?" if near else "`sosie items` lists the ids"
        raise ItemNotFound(f"the catalog has no item {item_id!r}; {hint}")
    return records[0]


def _other_spellings(item_id: str) -> list[str]:
    """The id in other cases, and without spaces around it: these are common typing errors."""
    bare = item_id.strip()
    return [
        spelling
        for spelling in dict.fromkeys((bare, bare.upper(), bare.lower(), bare.capitalize()))
        if spelling and spelling != item_id
    ]


def thumbnail_of(store: Store, item_id: str) -> bytes:
    """The thumbnail of an item as JPEG; ``ItemNotFound`` if there is no item or no thumbnail."""
    record = item_record(store, item_id, (THUMBNAIL,))
    if THUMBNAIL not in record.blobs:
        raise ItemNotFound(f"item {item_id!r} has no thumbnail; index its picture again")
    return record.blobs[THUMBNAIL]


def items_of(store: Store, where: WhereLike, after: After, limit: int, sort: str | None = None) -> list[Record]:
    """At most ``limit`` items that pass ``where``, after ``after``, ordered by id or by the attribute ``sort``."""
    check_limit(limit)
    types = store.manifest.attributes
    bound = bind(where, types)
    if sort is None:
        return list(itertools.islice(store.scan(bound, item_id_of(after)), limit))
    order = order_from(sort, types)
    return list(itertools.islice(store.scan_sorted(order, bound, _place(store, after, order)), limit))


def _place(store: Store, after: After, order: SortOrder) -> Place | None:
    """The place to continue after. For an item id, the place follows from the item's current value."""
    if isinstance(after, Place):
        return after
    if isinstance(after, Record):
        return place_of(after, order)
    return place_of(item_record(store, after), order) if after else None


def exported_rows(store: Store, where: WhereLike, vectors: bool) -> Iterator[dict[str, JSON]]:
    """The items that pass ``where`` as rows of a table; with ``vectors``, they have their active vectors."""
    manifest = store.manifest
    name = manifest.active[EMBEDDING]
    for record in store.scan(bind(where, manifest.attributes), fields=(name,) if vectors else ()):
        yield row_of(record, record.vectors.get(name))


def count_of(store: Store, where: WhereLike) -> int:
    """The number of items that pass ``where``."""
    return store.count(bind(where, store.manifest.attributes))


def facets_of(
    store: Store, names: Sequence[str], where: WhereLike, limit: int, disjunctive: bool = False
) -> list[Facet]:
    """Counts the values of the named attributes, or of all; see ``CatalogProtocol.facets``."""
    types = store.manifest.attributes
    chosen, bound = list(names) or sorted(types), bind(where, types)
    filters = {name: without_attribute(bound, name) if disjunctive else bound for name in chosen}
    counted: dict[str, Facet] = {}
    for where_now in dict.fromkeys(filters.values()):
        names_together = [name for name in chosen if filters[name] == where_now]
        counted |= {facet.attribute: facet for facet in store.facets(names_together, where_now, check_limit(limit))}
    return [counted[name] for name in chosen]


def facets_of_answer(
    result: SearchResult, types: Mapping[str, AttributeType], names: Sequence[str], where: WhereLike, limit: int
) -> list[Facet]:
    """Counts the values of the named attributes, or of all, in the matches of an answer."""
    if where is not None:
        raise UsageError("an answer and a where were given: expected one of them; the answer has its own where")
    check_limit(limit)
    records = [Record(match.item_id, match.product_id, match.image, (), match.attributes) for match in result.matches]
    return [
        count_values(name, known_type(name, types), (value_of(record, name) for record in records), limit)
        for name in list(names) or sorted(types)
    ]


def stats_of(store: Store, uri: str) -> Stats:
    """The statistics of the store at ``uri``."""
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
    """Returns the limit of a list if it is at least 1, else raises ``UsageError``."""
    if limit < 1:
        raise UsageError(f"limit is {limit!r}; expected a whole number of at least 1")
    return limit
