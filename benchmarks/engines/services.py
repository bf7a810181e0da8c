"""Engines that also save attributes, filter and survive a restart."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.base import Engine, megabytes
from engines.libraries import CONSTRUCTION, M
from engines.vectors import Collection, Matrix
from sosie.filters import Where, bind, where_from
from sosie.stores.base import Store
from sosie.types import EmbedderIdentity, Manifest, Record

NAME = "embedding@1"
TYPES: Any = {"share": "number"}
BATCH = 1000
SERVER = os.environ.get("SOSIE_ELASTICSEARCH", "http://127.0.0.1:9200")


class SosieLocal(Engine):
    """The local store, as ``sosie index`` fills it, without pictures."""

    name, efforts, filters, large = "Sosie, local store", (0,), True, True

    def build(self, collection: Collection, folder: Path) -> None:
        from sosie.stores.local import open_local

        _fill(open_local(folder / "shop.sosie", _manifest(collection)), collection)

    def open(self, collection: Collection, folder: Path) -> None:
        from sosie.stores.local import open_local

        self.store: Store = open_local(folder / "shop.sosie")

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        hits = self.store.search(NAME, query[None], k, where=_below(below))[0]
        return [int(hit.item_id) for hit in hits]


class SosieElasticsearch(SosieLocal):
    """Sosie's store on Elasticsearch (bbq_hnsw): time and memory are those of this process and the server."""

    name = "Sosie on Elasticsearch"

    def build(self, collection: Collection, folder: Path) -> None:
        from sosie.stores.opening import open_store

        _fill(open_store(_address(folder), create=_manifest(collection)), collection)

    def open(self, collection: Collection, folder: Path) -> None:
        from sosie.stores.opening import open_store

        self.store = open_store(_address(folder))

    def seconds(self) -> float:
        return super().seconds() + _node_figures("_nodes/stats/process")["process"]["cpu"]["total_in_millis"] / 1e3

    def memory(self, kind: str) -> int:
        return super().memory(kind) + megabytes(str(_node_figures("_nodes/process")["process"]["id"]), kind)

    def disk(self, folder: Path) -> int:
        return int(_node_figures("_nodes/stats/indices/store")["indices"]["store"]["size_in_bytes"]) >> 20


def _node_figures(path: str) -> dict[str, Any]:
    """Figures that the only node of the server reports."""
    with urllib.request.urlopen(f"{SERVER}/{path}", timeout=60) as answer:
        [node] = json.load(answer)["nodes"].values()
    return dict(node)


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


class QdrantEdge(Engine):
    """Qdrant's shard inside this process; single-precision vectors mapped from disk."""

    name, efforts, filters = "qdrant-edge", (32, 64, 128, 256), True

    def build(self, collection: Collection, folder: Path) -> None:
        import qdrant_edge as edge

        graph = edge.HnswIndexConfig(M, CONSTRUCTION, 10_000, max_indexing_threads=1)
        vectors = edge.EdgeVectorParams(collection.vectors.shape[1], edge.Distance.Dot, on_disk=True)
        optimizers = edge.EdgeOptimizersConfig(default_segment_number=1)
        config = edge.EdgeConfig(vectors={"v": vectors}, hnsw_config=graph, optimizers=optimizers)
        (folder / "shard").mkdir()
        shard = edge.EdgeShard.create(str(folder / "shard"), config)
        shard.update(edge.UpdateOperation.create_field_index("share", edge.FloatIndexParams()))
        for start, block in collection.blocks():
            for part in range(0, len(block), BATCH):
                points = [
                    edge.Point(
                        start + place, {"v": block[place].tolist()}, {"share": float(collection.numbers[start + place])}
                    )
                    for place in range(part, min(part + BATCH, len(block)))
                ]
                shard.update(edge.UpdateOperation.upsert_points(points))
        while shard.optimize():
            pass
        shard.flush()
        shard.close()

    def open(self, collection: Collection, folder: Path) -> None:
        import qdrant_edge as edge

        self.edge, self.shard = edge, edge.EdgeShard.load(str(folder / "shard"))

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        edge = self.edge
        under = edge.Filter(must=[edge.FieldCondition("share", range=edge.RangeFloat(lt=below))])
        request = edge.QueryRequest(
            k, query=edge.Query.Nearest(query.tolist(), "v"), filter=under if below < 100 else None,
            params=edge.SearchParams(hnsw_ef=effort),
        )  # fmt: skip
        return [int(point.id) for point in self.shard.query(request)]


class Zvec(Engine):
    """Half-precision vectors; one process may write, or several may read."""

    name, efforts, filters = "zvec", (100, 200, 400), True

    def build(self, collection: Collection, folder: Path) -> None:
        import zvec

        graph = zvec.HnswIndexParam(metric_type=zvec.MetricType.COSINE, m=M, ef_construction=CONSTRUCTION)
        size = collection.vectors.shape[1]
        vector = zvec.VectorSchema("v", zvec.DataType.VECTOR_FP16, size, index_param=graph)
        share = zvec.FieldSchema("share", zvec.DataType.FLOAT, index_param=zvec.InvertIndexParam())
        schema = zvec.CollectionSchema(name="items", fields=[share], vectors=[vector])
        items = zvec.create_and_open(str(folder / "items"), schema)
        for start, block in collection.blocks():
            for part in range(0, len(block), BATCH):
                places = range(part, min(part + BATCH, len(block)))
                items.insert([self._doc(zvec, collection, start + place, block[place]) for place in places])
        items.flush()
        items.optimize()
        items.close()

    def open(self, collection: Collection, folder: Path) -> None:
        import zvec

        self.zvec = zvec
        self.items = zvec.open(str(folder / "items"), zvec.CollectionOption(read_only=True))

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        nearest = self.zvec.Query("v", vector=query.astype(np.float16), param=self.zvec.HnswQueryParam(ef=effort))
        more = {"filter": f"share < {below}"} if below < 100 else {}
        return [int(doc.id) for doc in self.items.query(nearest, topk=k, output_fields=[], **more)]

    @staticmethod
    def _doc(zvec: Any, collection: Collection, place: int, vector: Matrix) -> Any:
        share = float(collection.numbers[place])
        return zvec.Doc(id=str(place), vectors={"v": vector.astype(np.float16)}, fields={"share": share})


def _address(folder: Path) -> str:
    return f"elasticsearch+{SERVER}/engines-{folder.parents[1].name}"


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
    name, attributes = f"{place:08}", {"share": float(collection.numbers[place])}
    return Record(name, name, f"{name}.jpg", (), attributes, f"{place:064}", {NAME: vector}, {})


def _below(percent: float) -> Where | None:
    return None if percent >= 100 else bind(where_from([f"share<{percent}"]), TYPES)
