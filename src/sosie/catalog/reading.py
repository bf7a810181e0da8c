"""What a store holds, read by id and by ``where``; no picture is looked at."""

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
    """An item with these of its vectors and blobs; ``ItemNotFound`` where it is none."""
    records = store.get([item_id], fields)
    if not records:
        near = [record.item_id for record in store.get(_other_spellings(item_id))]
        hint = f"did you mean {near[0]!r}?" if near else "`sosie items` lists the ids"
        raise ItemNotFound(f"the catalog has no item {item_id!r}; {hint}")
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


def items_of(store: Store, where: WhereLike, after: After, limit: int, sort: str | None = None) -> list[Record]:
    """At most ``limit`` items that pass, in order of their ids or by the attribute ``sort``, behind ``after``."""
    check_limit(limit)
    types = store.manifest.attributes
    bound = bind(where, types)
    if sort is None:
        return list(itertools.islice(store.scan(bound, item_id_of(after)), limit))
    order = order_from(sort, types)
    return list(itertools.islice(store.scan_sorted(order, bound, _place(store, after, order)), limit))


def _place(store: Store, after: After, order: SortOrder) -> Place | None:
    """The place behind which to go on; an item that is named by its id alone stands where it stands now."""
    if isinstance(after, Place):
        return after
    if isinstance(after, Record):
        return place_of(after, order)
    return place_of(item_record(store, after), order) if after else None


def exported_rows(store: Store, where: WhereLike, vectors: bool) -> Iterator[dict[str, JSON]]:
    """Every item that passes as a row of a table, with the vector that answers searches where it is wanted."""
    manifest = store.manifest
    name = manifest.active[EMBEDDING]
    for record in store.scan(bind(where, manifest.attributes), fields=(name,) if vectors else ()):
        yield row_of(record, record.vectors.get(name))


def count_of(store: Store, where: WhereLike) -> int:
    """How many items pass."""
    return store.count(bind(where, store.manifest.attributes))


def facets_of(
    store: Store, names: Sequence[str], where: WhereLike, limit: int, disjunctive: bool = False
) -> list[Facet]:
    """The values of the attributes named, or of all, over the items that pass; see ``CatalogProtocol.facets``."""
    types = store.manifest.attributes
    chosen, bound = list(names) or sorted(types), bind(where, types)
    beside = {name: without_attribute(bound, name) if disjunctive else bound for name in chosen}
    counted: dict[str, Facet] = {}
    for passing in dict.fromkeys(beside.values()):
        together = [name for name in chosen if beside[name] == passing]
        counted |= {facet.attribute: facet for facet in store.facets(together, passing, check_limit(limit))}
    return [counted[name] for name in chosen]


def facets_of_answer(
    result: SearchResult, types: Mapping[str, AttributeType], names: Sequence[str], where: WhereLike, limit: int
) -> list[Facet]:
    """The values of the attributes named, or of all, over the matches of an answer."""
    if where is not None:
        raise UsageError("an answer and a where were given: expected one of them; the answer has its own where")
    check_limit(limit)
    records = [Record(one.item_id, one.product_id, one.image, (), one.attributes) for one in result.matches]
    return [
        count_values(name, known_type(name, types), (value_of(record, name) for record in records), limit)
        for name in list(names) or sorted(types)
    ]


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
