"""Libraries that index vectors and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.base import SMALL, Engine
from engines.vectors import Collection, Matrix

M, CONSTRUCTION, FEWER, TREES = 16, 128, 48, 50
"""A graph of more than ``SMALL`` vectors is built with ``FEWER`` candidates: in at most 15 minutes of one core."""


def construction(items: int) -> int:
    """How many candidates a library builds its graph with."""
    return CONSTRUCTION if items <= SMALL else FEWER


class Exact(Engine):
    """Numpy: single-precision vectors mapped from disk, all compared."""

    name, efforts, filters = "numpy, exact", (0,), True

    def build(self, collection: Collection, folder: Path) -> None:
        np.save(folder / "vectors.npy", np.asarray(collection.vectors, np.float32))

    def open(self, collection: Collection, folder: Path) -> None:
        self.vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        self.numbers = collection.numbers

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        passing = np.flatnonzero(self.numbers < below) if below < 100 else None
        scores = (self.vectors if passing is None else self.vectors[passing]) @ query
        best = np.argsort(-scores)[:k]
        return list(best if passing is None else passing[best])


class Faiss(Engine):
    """An index that FAISS makes from its description; parts of the collection train it."""

    filters, large = True, True

    @abstractmethod
    def description(self, items: int) -> str:
        """What ``index_factory`` makes."""

    def adjust(self, index: Any, items: int) -> None:
        """Set what the description cannot say."""

    def build(self, collection: Collection, folder: Path) -> None:
        import faiss

        items, size = collection.vectors.shape
        index = faiss.index_factory(size, self.description(items), faiss.METRIC_INNER_PRODUCT)
        self.adjust(index, items)
        if not index.is_trained:
            chosen = np.random.default_rng(2).permutation(len(collection.vectors))[:100_000]
            index.train(np.asarray(collection.vectors[np.sort(chosen)], np.float32))
        for _, block in collection.blocks():
            index.add(block)
        faiss.write_index(index, str(folder / "index.faiss"))

    def open(self, collection: Collection, folder: Path) -> None:
        import faiss

        self.faiss = faiss
        self.index = faiss.read_index(str(folder / "index.faiss"), faiss.IO_FLAG_MMAP)
        self.numbers = collection.numbers

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        chosen: dict[str, Any] = {}
        if below < 100:
            bits = np.packbits(self.numbers < below, bitorder="little")
            chosen["sel"] = self.faiss.IDSelectorBitmap(bits)
        _, places = self.index.search(query[None], k, params=self.parameters(effort, chosen))
        return list(places[0])

    @abstractmethod
    def parameters(self, effort: int, chosen: dict[str, Any]) -> Any:
        """What FAISS calls the parameters of one search; ``chosen`` has the selector of a filter."""


class FaissHNSW(Faiss):
    name, efforts = "FAISS HNSW", (32, 64, 128, 256, 512)

    def description(self, items: int) -> str:
        return f"HNSW{M}"

    def adjust(self, index: Any, items: int) -> None:
        index.hnsw.efConstruction = construction(items)

    def parameters(self, effort: int, chosen: dict[str, Any]) -> Any:
        return self.faiss.SearchParametersHNSW(efSearch=effort, **chosen)


class FaissIVFPQ(Faiss):
    """Product quantization in lists; the best candidates are compared again by their full vectors."""

    name, efforts = "FAISS IVF-PQ", (8, 16, 32, 64, 128)
    code, large = "PQ160x4fs", False

    def description(self, items: int) -> str:
        return f"IVF{1024 if items <= SMALL else 2048},{self.code},Refine(SQfp16)"

    def parameters(self, effort: int, chosen: dict[str, Any]) -> Any:
        inside = self.faiss.SearchParametersIVF(nprobe=effort, **chosen)
        return self.faiss.IndexRefineSearchParameters(k_factor=20, base_index_params=inside)


class FaissRaBitQ(FaissIVFPQ):
    name, code, large = "FAISS IVF-RaBitQ", "RaBitQ", True


class Hnswlib(Engine):
    """The filter is a Python function called for each vector; where fewer than k are reached, it answers nothing."""

    name, efforts, filters, large = "hnswlib", (32, 64, 128, 256, 512), True, True

    def build(self, collection: Collection, folder: Path) -> None:
        import hnswlib

        index = hnswlib.Index(space="ip", dim=collection.vectors.shape[1])
        items = len(collection.vectors)
        index.init_index(items, ef_construction=construction(items), M=M)
        index.set_num_threads(1)
        for start, block in collection.blocks():
            index.add_items(block, np.arange(start, start + len(block)))
        index.save_index(str(folder / "index.hnsw"))

    def open(self, collection: Collection, folder: Path) -> None:
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=collection.vectors.shape[1])
        self.index.load_index(str(folder / "index.hnsw"))
        self.index.set_num_threads(1)
        self.numbers = collection.numbers

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        self.index.set_ef(effort)
        passes = None if below >= 100 else lambda place: bool(self.numbers[place] < below)
        try:
            return list(self.index.knn_query(query[None], k, filter=passes)[0][0])
        except RuntimeError:
            return []


class Nmslib(Engine):
    name, efforts = "NMSLIB HNSW", (32, 64, 128, 256, 512)

    def build(self, collection: Collection, folder: Path) -> None:
        import nmslib

        index = nmslib.init(method="hnsw", space="negdotprod")
        for start, block in collection.blocks():
            index.addDataPointBatch(block, np.arange(start, start + len(block), dtype=np.int32))
        index.createIndex({"M": M, "efConstruction": CONSTRUCTION, "post": 0})
        index.saveIndex(str(folder / "index.nmslib"), save_data=True)

    def open(self, collection: Collection, folder: Path) -> None:
        import nmslib

        self.index = nmslib.init(method="hnsw", space="negdotprod")
        self.index.loadIndex(str(folder / "index.nmslib"), load_data=True)

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        self.index.setQueryTimeParams({"efSearch": effort})
        return list(self.index.knnQuery(query, k)[0])


class Annoy(Engine):
    name, efforts = "Annoy", (1_000, 4_000, 16_000, 64_000)

    def build(self, collection: Collection, folder: Path) -> None:
        from annoy import AnnoyIndex

        index = AnnoyIndex(collection.vectors.shape[1], "angular")
        index.on_disk_build(str(folder / "index.annoy"))
        for start, block in collection.blocks():
            for place, vector in enumerate(block):
                index.add_item(start + place, vector)
        index.build(TREES, n_jobs=1)

    def open(self, collection: Collection, folder: Path) -> None:
        from annoy import AnnoyIndex

        self.index = AnnoyIndex(collection.vectors.shape[1], "angular")
        self.index.load(str(folder / "index.annoy"))

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        return self.index.get_nns_by_vector(query, k, search_k=effort)


class Usearch(Engine):
    kind: str
    efforts = (32, 64, 128, 256, 512)

    def build(self, collection: Collection, folder: Path) -> None:
        index = self._index(collection)
        for start, block in collection.blocks():
            index.add(np.arange(start, start + len(block)), block, threads=1)
        index.save(str(folder / "index.usearch"))

    def open(self, collection: Collection, folder: Path) -> None:
        self.index = self._index(collection)
        self.index.view(str(folder / "index.usearch"))

    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        self.index.expansion_search = effort
        return list(self.index.search(query, k).keys)

    def _index(self, collection: Collection) -> Any:
        from usearch.index import Index

        items, size = collection.vectors.shape
        return Index(ndim=size, metric="ip", dtype=self.kind, connectivity=M, expansion_add=construction(items))


class UsearchHalf(Usearch):
    name, kind, large = "usearch f16", "f16", True


class UsearchBytes(Usearch):
    name, kind = "usearch i8", "i8"
