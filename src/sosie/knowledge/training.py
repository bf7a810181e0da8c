"""The photos and products from which the active generation was learned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sosie.knowledge.generations import adaptation_of
from sosie.types import Manifest

DIGITS = 16


@dataclass(frozen=True, slots=True)
class Training:
    """Shortened SHA-256 digests of the labeled photos, and the products that they show."""

    contents: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()

    def includes_photo(self, content_sha256: str) -> bool:
        """True if the active generation was learned from this photo."""
        return content_sha256[:DIGITS] in self.contents


def read_training(manifest: Manifest) -> Training:
    """The training data of the active generation; empty for the embedder's own, or without labels."""
    entry = adaptation_of(manifest)
    return Training(frozenset(entry.get("contents", ())), frozenset(entry.get("products", ())))


def shortened(contents: Collection[str]) -> list[str]:
    """Digests as the manifest keeps them: long enough to avoid collisions."""
    return sorted(content[:DIGITS] for content in contents)
