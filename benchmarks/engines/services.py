"""Engines that also save attributes, filter and survive a restart."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.base import Engine
from engines.libraries import CONSTRUCTION, M
from engines.vectors import Collection, Matrix
from sosie.filters import Where, bind, where_from
from sosie.stores.base import Store
from sosie.types import EmbedderIdentity, Manifest, Record

NAME = "embedding@1"
TYPES: Any = {"number": "number"}
BATCH = 250


class SosieLocal(Engine):
    """The local store, as ``sosie index`` fills it, without pictures."""

    name, efforts, filters = "Sosie, local store", (0,), True

    def build(self, collection: Collection, folder: Path) -> None:
        from sosie.stores.local import open_local

        _fill(open_local(folder / "store.sosie", _manifest(collection)), collection)

    def open(self, collection: Collection, folder: Path) -> None:
        from sosie.stores.local import open_local

        self.store: Store = open_local(folder / "store.sosie")

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        hits = self.store.search(NAME, query[None], k, where=_below(below))[0]
        return [int(hit.item_id) for hit in hits]


class SosieElasticsearch(SosieLocal):
    """Sosie's store on Elasticsearch (bbq_hnsw); the server's memory and disk are not measured here."""

    name = "Sosie on Elasticsearch"

    def build(self, collection: Collection, folder: Path) -> None:
        from sosie.stores.opening import open_store

        _fill(open_store(_address(folder), create=_manifest(collection)), collection)

    def open(self, collection: Collection, folder: Path) -> None:
        from sosie.stores.opening import open_store

        self.store = open_store(_address(folder))


class Lance(Engine):
    name, efforts, filters = "LanceDB IVF_HNSW_SQ", (100, 200, 400, 800), True

    def build(self, collection: Collection, folder: Path) -> None:
        import lancedb
        import pyarrow

        size = collection.vectors.shape[1]

        def batches() -> Iterator[Any]:
            for start, block in collection.blocks():
                columns = [
                    pyarrow.array(np.arange(start, start + len(block))),
                    pyarrow.array(collection.numbers[start : start + len(block)]),
                    pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(block.ravel()), size),
                ]
                yield pyarrow.RecordBatch.from_arrays(columns, schema=schema)

        vector = pyarrow.list_(pyarrow.float32(), size)
        schema = pyarrow.schema([("id", pyarrow.int64()), ("number", pyarrow.float32()), ("vector", vector)])
        table = lancedb.connect(folder).create_table("items", batches(), schema=schema)
        table.create_index(metric="dot", index_type="IVF_HNSW_SQ", num_partitions=1, m=M, ef_construction=CONSTRUCTION)

    def open(self, collection: Collection, folder: Path) -> None:
        import lancedb

        self.table = lancedb.connect(folder).open_table("items")

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        search = self.table.search(query).metric("dot").limit(k).ef(effort).refine_factor(10).select(["id"])
        if below < 100:
            search = search.where(f"number < {below}", prefilter=True)
        return search.to_arrow()["id"].to_pylist()


def _address(folder: Path) -> str:
    server = os.environ.get("SOSIE_ELASTICSEARCH", "http://127.0.0.1:9200")
    return f"elasticsearch+{server}/engines-{folder.parent.name}"


def _manifest(collection: Collection) -> Manifest:
    dim = collection.vectors.shape[1]
    return Manifest(EmbedderIdentity("mixtures", "0" * 16, dim), {NAME: dim}, {"embedding": NAME}, TYPES)


def _fill(store: Store, collection: Collection) -> None:
    for start, block in collection.blocks():
        for part in range(0, len(block), BATCH):
            store.upsert([_record(collection, start + n, block[n]) for n in range(part, min(part + BATCH, len(block)))])
    store.optimize()
    store.close()


def _record(collection: Collection, place: int, vector: Matrix) -> Record:
    name, attributes = str(place), {"number": float(collection.numbers[place])}
    return Record(name, name, f"{name}.jpg", (), attributes, f"{place:064}", {NAME: vector}, {})


def _below(percent: float) -> Where | None:
    return None if percent >= 100 else bind(where_from([f"number<{percent}"]), TYPES)
