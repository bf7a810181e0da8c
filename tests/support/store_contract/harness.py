"""How the contract makes, fills, and reads the store under test."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pytest

from sosie.filters import Where, bind, where_from
from sosie.stores.base import Store
from sosie.types import AttributeType, EmbedderIdentity, Hit, Manifest, Record, Vectors

NAME = "embedding@1"
DIM = 16
MANIFEST = Manifest(
    embedder=EmbedderIdentity("drawn", "0123456789abcdef", DIM),
    vectors={NAME: DIM, "embedding@2": 8, "details@1": 12},
    active={"embedding": NAME, "details": "details@1"},
    attributes={"brand": "string", "price": "number", "sale": "boolean", "tags": "strings"},
    settings={"calibration": {"provisional": True, "points": [0.25, 0.5]}},
)


Reopen: TypeAlias = Callable[[Store], Store]


def _same(store: Store) -> Store:
    return store


@dataclass(frozen=True)
class Harness:
    """A kind of store.

    ``make`` gives a new, empty store; ``reopen`` closes it and opens it again (a store that does not outlive its
    process gives it back). Scores may differ from the true cosine by ``score_tolerance``, vectors that come back from
    those that went in by ``vector_tolerance`` in any number. ``exact_ties`` is False where equal scores need not come
    in order of item_id. ``examples`` and ``steps`` are those of the random comparison with the exact store.
    """

    make: Callable[[Manifest], Store]
    reopen: Reopen = _same
    score_tolerance: float = 1e-6
    vector_tolerance: float = 0.0
    exact_ties: bool = True
    examples: int = 20
    steps: int = 30


class HarnessFixtures:
    """The empty store that most tests begin with."""

    @pytest.fixture
    def store(self, harness: Harness) -> Iterator[Store]:
        store = harness.make(MANIFEST)
        yield store
        store.close()

    @pytest.fixture
    def reopen(self, harness: Harness) -> Iterator[Reopen]:
        opened: list[Store] = []

        def close_and_open(store: Store) -> Store:
            opened.append(harness.reopen(store))
            return opened[-1]

        yield close_and_open
        for store in opened:
            store.close()


def unit(seed: int, dim: int = DIM) -> Vectors:
    """A random vector of unit length, shape (dim,)."""
    vector = np.random.default_rng(seed).standard_normal(dim)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def units(seeds: Iterable[int], dim: int = DIM) -> Vectors:
    """Random vectors of unit length, shape (n, dim)."""
    return np.stack([unit(seed, dim) for seed in seeds])


def leaning(cosine: float, dim: int = DIM) -> Vectors:
    """A vector whose cosine with ``axis()`` is ``cosine``."""
    vector = np.zeros(dim, np.float32)
    vector[:2] = cosine, np.sqrt(1 - cosine**2)
    return vector


def axis(dim: int = DIM) -> Vectors:
    """One query along the first axis, shape (1, dim)."""
    return leaning(1.0, dim)[None]


def record(item_id: str, vector: Vectors | None = None, product_id: str = "", **attributes: Any) -> Record:
    """A record with one vector, by default one that depends on the id; the product is by default the item."""
    own = unit(sum(map(ord, item_id))) if vector is None else vector
    return Record(item_id, product_id or item_id, f"{item_id}.jpg", attributes=attributes, vectors={NAME: own})


def fill(store: Store, records: Sequence[Record]) -> Store:
    """The store with the records in it, to be found by every search."""
    assert store.upsert(records) == []
    store.flush()
    return store


def learn_attributes(store: Store, types: Mapping[str, AttributeType]) -> None:
    """Add attributes to the manifest, as indexing does before it writes an item that brings a new one."""
    old = store.manifest
    store.replace_manifest(replace(old, attributes={**old.attributes, **types}), old)


def bound(store: Store, *conditions: str) -> Where:
    """A ``where`` bound to the store's attribute types."""
    return bind(where_from(conditions), store.manifest.attributes)


def ids(found: Iterable[Record | Hit]) -> list[str]:
    """The item ids, in order."""
    return [item.item_id for item in found]


def light(records: Iterable[Record]) -> list[Record]:
    """Records without what a store fills in itself."""
    return [replace(record, updated_at=0.0, vectors={}, blobs={}) for record in records]
