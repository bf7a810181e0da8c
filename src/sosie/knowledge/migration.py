"""Two embedders in one store: the one that answers, and beside it the one that is being filled or answered before.

The manifest's setting ``beside`` holds the embedder that does not answer, with its own generation and what adaptations
made of it. A switch exchanges both in one step, so that undoing is the same step again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from sosie.errors import ManifestConflict
from sosie.knowledge.generations import (
    ADAPTATIONS,
    BESIDE,
    OWN_GENERATION,
    newest,
    own_generation,
    with_generation,
    without_beside,
)
from sosie.types import EMBEDDING, JSON, EmbedderIdentity, EmbedderSpec, Manifest


@dataclass(frozen=True, slots=True)
class Beside:
    """The embedder that does not answer: its own generation, the one that would answer, and its adaptations.

    ``answered``: whether it answered before; otherwise a migration fills it.
    """

    embedder: EmbedderIdentity
    own: str
    active: str
    adaptations: Mapping[str, JSON]
    answered: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The full name of every generation that it has."""
        return (self.own, *self.adaptations)


def read_beside(manifest: Manifest) -> Beside | None:
    """The embedder beside the one that answers, None where there is none."""
    entry = manifest.settings.get(BESIDE)
    return None if entry is None else Beside(**{**entry, "embedder": EmbedderIdentity(**entry["embedder"])})


def beside_of(manifest: Manifest, fingerprint: str) -> Beside:
    """The embedder beside the one that answers; ``ManifestConflict`` where it is not this one any more."""
    beside = read_beside(manifest)
    if beside is None or beside.embedder.fingerprint != fingerprint:
        raise ManifestConflict(
            "another migration of this catalog, or the end of one, has dropped what this one wrote: run it again where "
            "it is still wanted"
        )
    return beside


def with_beside(manifest: Manifest, spec: EmbedderSpec) -> Manifest:
    """The manifest with an empty generation for this embedder beside the one that answers.

    As it is where this embedder has one already, or answers.
    """
    held = read_beside(manifest)
    if spec.fingerprint in (manifest.embedder.fingerprint, held and held.embedder.fingerprint):
        return manifest
    announced = with_generation(without_beside(manifest), spec.dim)
    name = newest(announced)
    return _holding(announced, Beside(EmbedderIdentity(spec.name, spec.fingerprint, spec.dim), name, name, {}, False))


def exchanged(manifest: Manifest, fingerprint: str) -> Manifest:
    """The manifest in which the embedder beside answers, and the one that answered stands beside.

    As it is where this embedder answers already; ``ManifestConflict`` where it is not there any more.
    """
    if manifest.embedder.fingerprint == fingerprint:
        return manifest
    new = beside_of(manifest, fingerprint)
    old = Beside(
        embedder=manifest.embedder,
        own=own_generation(manifest),
        active=manifest.active[EMBEDDING],
        adaptations=manifest.settings.get(ADAPTATIONS, {}),
        answered=True,
    )
    return replace(
        _holding(manifest, old, {OWN_GENERATION: new.own, ADAPTATIONS: dict(new.adaptations)}),
        embedder=new.embedder,
        active={**manifest.active, EMBEDDING: new.active},
    )


def _holding(manifest: Manifest, beside: Beside, more: Mapping[str, JSON] | None = None) -> Manifest:
    return replace(manifest, settings={**manifest.settings, **(more or {}), BESIDE: asdict(beside)})
