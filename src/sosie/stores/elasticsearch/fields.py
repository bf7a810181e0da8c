"""Chooses field names for attributes and vectors.

A name can contain any character and be long, and an attribute can change its type. A field cannot change its type or be
removed. So each pair of name and type gets its own field: some readable letters and a digest. The field name depends
only on this pair, so workers that add an attribute at the same time choose the same name. The manifest's document lists
all fields.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

from sosie.stores.elasticsearch.settings import ElasticsearchSettings, VectorIndex
from sosie.types import JSON, AttributeType, Manifest

ATTRIBUTES = "attributes"
VECTORS = "vectors"
BLOBS = "blobs"
WORDS = "visual_words"
AttributeKey = tuple[str, AttributeType]


@dataclass(frozen=True, slots=True)
class VectorField:
    """The field of a named vector, and its kind of index."""

    name: str
    dim: int
    index: VectorIndex

    @property
    def quantized(self) -> bool:
        """True if the index rounds vectors. Then candidates must be rescored."""
        return self.index != "hnsw"


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of attributes and vectors.

    - ``dropped``: how often each vector name was dropped. A dropped name gets a new field when it is used again.
    - ``retired``: fields of dropped vectors that may still take up space.
    - ``visual_words``: True if there is a field for visual words.
    """

    attributes: Mapping[AttributeKey, str] = field(default_factory=dict)
    vectors: Mapping[str, VectorField] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    visual_words: bool = False

    def with_attributes(self, keys: Iterable[AttributeKey]) -> Layout:
        """The layout with a field for each of these attributes."""
        added = {key: _field_name(*key) for key in keys}
        return replace(self, attributes={**added, **self.attributes})

    def with_manifest(self, manifest: Manifest, settings: ElasticsearchSettings) -> Layout:
        """The layout with a field for every attribute and vector of a manifest."""
        vectors = {name: self._vector_field(name, dim, settings) for name, dim in manifest.vectors.items()}
        return replace(self.with_attributes(manifest.attributes.items()), vectors={**self.vectors, **vectors})

    def without_vector(self, name: str) -> Layout:
        """The layout without the field of a vector's name."""
        kept = {other: held for other, held in self.vectors.items() if other != name}
        dropped = {**self.dropped, name: self.dropped.get(name, 0) + 1}
        return replace(self, vectors=kept, dropped=dropped, retired=(*self.retired, self.vectors[name].name))

    def without_retired(self, emptied: Iterable[str]) -> Layout:
        """The layout without these retired fields. They must be empty."""
        return replace(self, retired=tuple(own for own in self.retired if own not in set(emptied)))

    def with_visual_words(self) -> Layout:
        """The layout with a field for visual words."""
        return replace(self, visual_words=True)

    def to_dict(self) -> dict[str, JSON]:
        """The layout as plain JSON."""
        attributes: dict[str, dict[str, str]] = {}
        for (name, kind), own in self.attributes.items():
            attributes.setdefault(name, {})[kind] = own
        vectors = {name: asdict(held) for name, held in self.vectors.items()}
        return {
            "attributes": attributes,
            "vectors": vectors,
            "dropped": dict(self.dropped),
            "retired": list(self.retired),
            "visual_words": self.visual_words,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, JSON]) -> Layout:
        """Reads the layout that ``to_dict`` wrote."""
        attributes = {(name, kind): own for name, kinds in data["attributes"].items() for kind, own in kinds.items()}
        vectors = {name: VectorField(**held) for name, held in data["vectors"].items()}
        return cls(attributes, vectors, dict(data["dropped"]), tuple(data["retired"]), data.get("visual_words", False))

    def _vector_field(self, name: str, dim: int, settings: ElasticsearchSettings) -> VectorField:
        held = self.vectors.get(name)
        if held is not None and held.dim == dim:
            return held
        return VectorField(_field_name(name, f"{dim} {self.dropped.get(name, 0)}"), dim, settings.vector_index(dim))


def blob_field(name: str) -> str:
    """The field of a blob. It depends only on the name, because the mapping does not contain blobs."""
    return _field_name(name, "blob")


def _field_name(name: str, kind: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "_", name.lower())[:24].strip("_") or "field"
    digest = hashlib.sha256(f"{kind}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable}_{digest[:16]}"
