"""The photos and products that the active generation was learned from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sosie.knowledge.generations import adaptation_of
from sosie.types import Manifest

DIGITS = 16


@dataclass(frozen=True, slots=True)
class Training:
    """Shortened SHA-256 digests of the labeled photos, and the products in these photos."""

    contents: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()

    def includes_photo(self, content_sha256: str) -> bool:
        """True if the active generation was learned from this photo."""
        return content_sha256[:DIGITS] in self.contents


def read_training(manifest: Manifest) -> Training:
    """The training data of the active generation. Empty without labels, or if the embedder's own vectors are active."""
    entry = adaptation_of(manifest)
    return Training(frozenset(entry.get("contents", ())), frozenset(entry.get("products", ())))


def shortened(contents: Collection[str]) -> list[str]:
    """Shortens digests for the manifest; they remain long enough to avoid collisions."""
    return sorted(content[:DIGITS] for content in contents)
