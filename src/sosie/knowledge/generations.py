"""The generations of a catalog's vectors: those from the embedder, and those that adaptations computed from them.

``embedding@1`` holds the vectors of the embedder that first filled the store. An adaptation writes ``embedding@2``
beside it and makes it active; the manifest has its projection. A migration to another embedder
(``knowledge.migration``) creates a generation for the new embedder's vectors. The vectors from the embedder are called
*own* vectors.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from sosie.adaptation.projection import Projection
from sosie.errors import ManifestConflict, StoreDamaged
from sosie.types import EMBEDDING, JSON, EmbedderIdentity, EmbedderSpec, Manifest, Vectors

OWN = f"{EMBEDDING}@1"
"""The generation with the embedder's own vectors, in a store that was not migrated."""

OWN_GENERATION = "own_generation"
"""Key of the manifest's settings: the generation with the embedder's own vectors. ``OWN`` if the key is missing."""

ADAPTATIONS = "adaptations"
"""Key of the manifest's settings: the projection and the origin of each adapted generation."""

STANDBY = "beside"
"""Key of the manifest's settings: the standby network. The name is that of the first version."""

LAST = "last_generation"
"""Key of the manifest's settings: the highest number of any generation so far, so that no name is used twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Generations:
    """Converts the embedder's vectors to stored vectors and to query vectors.

    ``own`` is the generation with the embedder's own vectors; ``projections`` are those of the other generations.
    """

    active: str
    projections: Mapping[str, Projection]
    own: str = OWN

    @property
    def names(self) -> tuple[str, ...]:
        """The full name of every generation in the store."""
        return (self.own, *self.projections)

    @property
    def projection(self) -> Projection | None:
        """The projection of the active generation; None if the embedder's own vectors are active."""
        return self.projections.get(self.active)

    def stored(self, own: Vectors) -> dict[str, Vectors]:
        """The vector of a catalog picture in each generation, computed from its own vector; all of shape (dim,)."""
        return {self.own: own} | {
            name: projection.gallery(own[np.newaxis])[0] for name, projection in self.projections.items()
        }

    def query_vectors(self, own: Vectors) -> Vectors:
        """Unit query vectors in the active generation, computed from photos' own vectors of shape (n, dim)."""
        return own if self.projection is None else self.projection.query(own)


def first_manifest(spec: EmbedderSpec) -> Manifest:
    """The manifest of a new store for an embedder."""
    return Manifest(
        embedder=EmbedderIdentity(spec.name, spec.fingerprint, spec.dim),
        vectors={OWN: spec.dim},
        active={EMBEDDING: OWN},
    )


def inherited(old: Manifest, spec: EmbedderSpec) -> Manifest:
    """The manifest of a store that is rebuilt. Adaptations and calibrations are kept if the embedder is the same."""
    if old.embedder.fingerprint != spec.fingerprint:
        return first_manifest(spec)
    return replace(without_standby(old), attributes={})


def read_generations(manifest: Manifest) -> Generations:
    """Reads the generations of a manifest; ``StoreDamaged`` if a projection cannot be read."""
    kept = manifest.settings.get(ADAPTATIONS, {})
    projections = {name: _projection(entry) for name, entry in kept.items()}
    return Generations(manifest.active[EMBEDDING], projections, own_generation(manifest))


def own_generation(manifest: Manifest) -> str:
    """The full name of the generation with the embedder's own vectors."""
    name: str = manifest.settings.get(OWN_GENERATION, OWN)
    return name


def adapted_names(manifest: Manifest) -> list[str]:
    """The full names of the adapted generations in the store."""
    return [*manifest.settings.get(ADAPTATIONS, {})]


def adaptation_of(manifest: Manifest) -> Mapping[str, JSON]:
    """The settings of the active adaptation; empty if the embedder's own vectors are active."""
    kept: Mapping[str, JSON] = manifest.settings.get(ADAPTATIONS, {}).get(manifest.active[EMBEDDING], {})
    return kept


def announced(manifest: Manifest, projection: Projection, origin: Mapping[str, JSON]) -> Manifest:
    """The manifest with an additional generation that is not active yet.

    It is written before the generation's first vector, so that processes which index meanwhile write the new generation
    too. ``origin`` is stored beside the projection. ``ManifestConflict`` if its ``fingerprint`` is not that of the
    embedder: then the store was migrated after the projection was learned.
    """
    learned_with = origin.get("fingerprint", manifest.embedder.fingerprint)
    if learned_with != manifest.embedder.fingerprint:
        raise ManifestConflict(
            f"the catalog has been migrated to {manifest.embedder.name} since this adaptation began: run it again"
        )
    manifest = with_generation(manifest, projection.dim)
    name = newest(manifest)
    entry = {**origin, "projection": base64.b64encode(projection.to_bytes()).decode("ascii")}
    kept = {**manifest.settings.get(ADAPTATIONS, {}), name: entry}
    return replace(manifest, settings={**manifest.settings, ADAPTATIONS: kept})


def with_generation(manifest: Manifest, dim: int) -> Manifest:
    """The manifest with a new name for vectors of this dimension; ``newest`` returns the name."""
    number = int(manifest.settings.get(LAST, 1)) + 1
    return replace(
        manifest,
        vectors={**manifest.vectors, f"{EMBEDDING}@{number}": dim},
        settings={**manifest.settings, LAST: number},
    )


def newest(manifest: Manifest) -> str:
    """The name of the generation that was added last."""
    return f"{EMBEDDING}@{manifest.settings[LAST]}"


def switched(manifest: Manifest, name: str) -> Manifest:
    """The manifest with this generation active; ``ManifestConflict`` if the generation was dropped meanwhile."""
    check_kept(manifest, name)
    return replace(manifest, active={**manifest.active, EMBEDDING: name})


def check_kept(manifest: Manifest, name: str) -> None:
    """Raises ``ManifestConflict`` if this generation was dropped meanwhile, or now belongs to another embedder."""
    if name not in (own_generation(manifest), *adapted_names(manifest)):
        raise ManifestConflict(
            f"another adaptation or an undo replaced {name}; this run has no effect; run it again if needed"
        )


def forgotten(manifest: Manifest, name: str) -> Manifest:
    """The manifest without an adapted generation; unchanged if the generation is active."""
    if manifest.active[EMBEDDING] == name:
        return manifest
    kept = {other: entry for other, entry in manifest.settings.get(ADAPTATIONS, {}).items() if other != name}
    vectors = {other: dim for other, dim in manifest.vectors.items() if other != name}
    return replace(manifest, vectors=vectors, settings={**manifest.settings, ADAPTATIONS: kept})


def without_standby(manifest: Manifest) -> Manifest:
    """The manifest without the generations of the standby network."""
    standby = manifest.settings.get(STANDBY)
    if standby is None:
        return manifest
    dropped = (standby["own"], *standby["adaptations"])
    return replace(
        manifest,
        vectors={name: dim for name, dim in manifest.vectors.items() if name not in dropped},
        settings={key: value for key, value in manifest.settings.items() if key != STANDBY},
    )


def _projection(entry: Mapping[str, JSON]) -> Projection:
    try:
        return _decoded(entry["projection"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(
            f"an adaptation kept in the store cannot be read ({error!r}); undo it and adapt again"
        ) from error


@lru_cache(maxsize=8)
def _decoded(text: str) -> Projection:
    return Projection.from_bytes(base64.b64decode(text, validate=True))
