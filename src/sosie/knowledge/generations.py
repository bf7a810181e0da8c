"""The generations of a catalog's embedding: the embedder's own vectors, and what adaptations made of them.

``embedding@1`` is the own generation of the embedder that first filled the store. An adaptation writes ``embedding@2``
beside it and makes it the one that answers; its projection is kept in the manifest, under the name of the generation
that it made. A migration to another embedder (``knowledge.migration``) gives that one an own generation.
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
"""The generation that holds the embedder's own vectors, as long as the store has not been migrated."""

OWN_GENERATION = "own_generation"
"""Key of the manifest's settings: the generation with the embedder's own vectors; ``OWN`` where it is missing."""

ADAPTATIONS = "adaptations"
"""Key of the manifest's settings: for each adapted generation its projection and how it came to be."""

BESIDE = "beside"
"""Key of the manifest's settings: the generations of the embedder that a migration fills, or that answered before."""

LAST = "last_generation"
"""Key of the manifest's settings: the highest number that a generation ever had, so that no name comes twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Generations:
    """How vectors of pictures become what is stored, and what is searched with.

    ``own`` is the generation with the embedder's own vectors; ``projections`` are those of all others.
    """

    active: str
    projections: Mapping[str, Projection]
    own: str = OWN

    @property
    def names(self) -> tuple[str, ...]:
        """The full name of every generation that is kept."""
        return (self.own, *self.projections)

    @property
    def projection(self) -> Projection | None:
        """The projection of the generation that answers, None where the embedder's own vectors do."""
        return self.projections.get(self.active)

    def stored(self, own: Vectors) -> dict[str, Vectors]:
        """Each generation's vector of a catalogue picture from the embedder's own, all of shape (dim,)."""
        return {self.own: own} | {name: one.gallery(own[np.newaxis])[0] for name, one in self.projections.items()}

    def asked(self, own: Vectors) -> Vectors:
        """What is asked of the active generation: photos' vectors, shape (n, dim), as unit vectors of its dimension."""
        return own if self.projection is None else self.projection.query(own)


def first_manifest(spec: EmbedderSpec) -> Manifest:
    """The manifest of a store that an embedder is about to fill."""
    return Manifest(
        embedder=EmbedderIdentity(spec.name, spec.fingerprint, spec.dim),
        vectors={OWN: spec.dim},
        active={EMBEDDING: OWN},
    )


def inherited(old: Manifest, spec: EmbedderSpec) -> Manifest:
    """The manifest of a store that is filled anew: what the old one learned goes on, unless the embedder is another."""
    if old.embedder.fingerprint != spec.fingerprint:
        return first_manifest(spec)
    return replace(without_beside(old), attributes={})


def read_generations(manifest: Manifest) -> Generations:
    """The generations of a manifest; ``StoreDamaged`` where a projection cannot be read."""
    kept = manifest.settings.get(ADAPTATIONS, {})
    projections = {name: _projection(entry) for name, entry in kept.items()}
    return Generations(manifest.active[EMBEDDING], projections, own_generation(manifest))


def own_generation(manifest: Manifest) -> str:
    """The full name of the generation that holds the embedder's own vectors."""
    name: str = manifest.settings.get(OWN_GENERATION, OWN)
    return name


def adapted_names(manifest: Manifest) -> list[str]:
    """The full names of the adapted generations that the store keeps."""
    return [*manifest.settings.get(ADAPTATIONS, {})]


def adaptation_of(manifest: Manifest) -> Mapping[str, JSON]:
    """What is kept of the adaptation that answers now; nothing where the embedder's own vectors do."""
    kept: Mapping[str, JSON] = manifest.settings.get(ADAPTATIONS, {}).get(manifest.active[EMBEDDING], {})
    return kept


def announced(manifest: Manifest, projection: Projection, told: Mapping[str, JSON]) -> Manifest:
    """The manifest with one generation more, which does not answer yet.

    ``told`` is kept beside the projection. Both are written before the first vector, so that whoever indexes from then
    on writes the new generation, too. ``ManifestConflict`` where ``told`` names another ``fingerprint`` than that of
    the embedder: the store has been migrated since the projection was learned.
    """
    learned_with = told.get("fingerprint", manifest.embedder.fingerprint)
    if learned_with != manifest.embedder.fingerprint:
        raise ManifestConflict(
            f"the catalog has been migrated to {manifest.embedder.name} since this adaptation began: run it again"
        )
    manifest = with_generation(manifest, projection.dim)
    name = newest(manifest)
    entry = {**told, "projection": base64.b64encode(projection.to_bytes()).decode("ascii")}
    kept = {**manifest.settings.get(ADAPTATIONS, {}), name: entry}
    return replace(manifest, settings={**manifest.settings, ADAPTATIONS: kept})


def with_generation(manifest: Manifest, dim: int) -> Manifest:
    """The manifest with a new name for vectors of this dimension; ``newest`` says which."""
    number = int(manifest.settings.get(LAST, 1)) + 1
    return replace(
        manifest,
        vectors={**manifest.vectors, f"{EMBEDDING}@{number}": dim},
        settings={**manifest.settings, LAST: number},
    )


def newest(manifest: Manifest) -> str:
    """The generation that was announced last."""
    return f"{EMBEDDING}@{manifest.settings[LAST]}"


def switched(manifest: Manifest, name: str) -> Manifest:
    """The manifest in which this generation answers; ``ManifestConflict`` where it has been dropped meanwhile."""
    check_kept(manifest, name)
    return replace(manifest, active={**manifest.active, EMBEDDING: name})


def check_kept(manifest: Manifest, name: str) -> None:
    """``ManifestConflict`` where this generation has been dropped meanwhile, or belongs to another embedder now."""
    if name not in (own_generation(manifest), *adapted_names(manifest)):
        raise ManifestConflict(
            f"{name} was dropped by another adaptation of this catalogue, or by undoing it, before it could answer: "
            "this one has no effect; run it again where it is still wanted"
        )


def forgotten(manifest: Manifest, name: str) -> Manifest:
    """The manifest without an adapted generation; as it is where that one answers."""
    if manifest.active[EMBEDDING] == name:
        return manifest
    kept = {other: entry for other, entry in manifest.settings.get(ADAPTATIONS, {}).items() if other != name}
    vectors = {other: dim for other, dim in manifest.vectors.items() if other != name}
    return replace(manifest, vectors=vectors, settings={**manifest.settings, ADAPTATIONS: kept})


def without_beside(manifest: Manifest) -> Manifest:
    """The manifest without the generations of another embedder."""
    beside = manifest.settings.get(BESIDE)
    if beside is None:
        return manifest
    dropped = (beside["own"], *beside["adaptations"])
    return replace(
        manifest,
        vectors={name: dim for name, dim in manifest.vectors.items() if name not in dropped},
        settings={key: value for key, value in manifest.settings.items() if key != BESIDE},
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
