"""Drawn catalogs of any size, and recall, for benchmarks of stores.

Vectors are drawn like a catalog's: kinds, products of a kind, views of a product, on a space of 96 dimensions bent by
a ReLU, which gives the cosines that a pooled network gives (median about 0.3, views of a product about 0.88).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sosie.types import EmbedderIdentity, Manifest, Record

NAME, BATCH = "embedding@1", 64


class Drawn:
    """A catalog of drawn vectors, made in blocks so that a large one needs no memory."""

    def __init__(self, items: int, dim: int, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.items, self.dim = items, dim
        self.basis = self.random.normal(size=(96, dim)).astype(np.float32) / np.sqrt(96)
        kinds = self.random.normal(size=(40, 96)).astype(np.float32)
        self.kind_of = self.random.integers(0, 40, max(1, items // 4))
        spread = self.random.normal(size=(len(self.kind_of), 96)).astype(np.float32)
        self.products = kinds[self.kind_of] + 0.8 * spread

    def views(self, products: np.ndarray) -> np.ndarray:
        latent = self.products[products] + 0.45 * self.random.normal(size=(len(products), 96))
        bent = latent @ self.basis + 0.15 * self.random.normal(size=(len(products), self.dim))
        bent = np.maximum(bent, 0)
        return (bent / np.linalg.norm(bent, axis=1, keepdims=True)).astype(np.float32)

    def records(self) -> Iterator[list[Record]]:
        for start in range(0, self.items, BATCH):
            products = self.random.integers(0, len(self.products), min(BATCH, self.items - start))
            vectors = self.views(products)
            yield [self._record(start + n, product, vectors[n]) for n, product in enumerate(products)]

    def queries(self, number: int) -> np.ndarray:
        return self.views(self.random.integers(0, len(self.products), number))

    def _record(self, n: int, product: int, vector: np.ndarray) -> Record:
        attributes = {
            "share": float(self.random.integers(0, 10_000)) / 100,
            "kind": f"kind {self.kind_of[product]}",
            "brand": f"brand {product % 300}",
            "title": f"drawn product {product} of kind {self.kind_of[product]}",
            "price": float(self.random.integers(1, 50_000)) / 100,
            "tags": ("new", f"tag {product % 17}"),
        }
        blobs = {"thumbnail": self.random.bytes(6000)}
        return Record(
            f"{n:07}.jpg", f"product {product}", f"shop/{n}.jpg", (), attributes, f"{n:064}", {NAME: vector}, blobs
        )


def manifest(dim: int) -> Manifest:
    types: dict[str, Any] = {"share": "number", "kind": "string", "brand": "string", "title": "string"}
    types |= {"price": "number", "tags": "strings"}
    return Manifest(EmbedderIdentity("drawn", "0" * 16, dim), {NAME: dim}, {"embedding": NAME}, types)


def recall(answers: list[list[Any]], right: list[list[str]]) -> float:
    shares = [
        len({hit.item_id for hit in hits} & set(best)) / len(best) for hits, best in zip(answers, right, strict=True)
    ]
    return float(np.mean(shares))
