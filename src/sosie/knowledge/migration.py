"""Two networks in one store. The active network answers searches; the standby network is being filled, or was active.

The manifest's setting ``beside`` describes the standby network. A migration swaps the two networks in one step. Undoing
the migration swaps them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from sosie.errors import ManifestConflict
from sosie.knowledge.generations import (
    ADAPTATIONS,
    OWN_GENERATION,
    STANDBY,
    newest,
    own_generation,
    with_generation,
    without_standby,
)
from sosie.types import EMBEDDING, JSON, EmbedderIdentity, EmbedderSpec, Manifest

_WAS_ACTIVE = "answered"
"""Key of ``was_active`` in the manifest."""


@dataclass(frozen=True, slots=True)
class StandbyNetwork:
    """The network that does not answer searches.

    - ``own``: the generation with its own vectors.
    - ``active``: the generation that is searched after a swap.
    - ``adaptations``: its adapted generations.
    - ``was_active``: False while a migration still fills it.
    """

    embedder: EmbedderIdentity
    own: str
    active: str
    adaptations: Mapping[str, JSON]
    was_active: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The full name of every generation of this network."""
        return (self.own, *self.adaptations)


def read_standby(manifest: Manifest) -> StandbyNetwork | None:
    """The standby network; None if there is none."""
    entry = manifest.settings.get(STANDBY)
    if entry is None:
        return None
    embedder = EmbedderIdentity(**entry["embedder"])
    return StandbyNetwork(embedder, entry["own"], entry["active"], entry["adaptations"], entry[_WAS_ACTIVE])


def require_standby(manifest: Manifest, fingerprint: str) -> StandbyNetwork:
    """The standby network; ``ManifestConflict`` if it no longer has this fingerprint."""
    standby = read_standby(manifest)
    if standby is None or standby.embedder.fingerprint != fingerprint:
        raise ManifestConflict(
            "a different migration of this catalog was started, or one was finished, and the vectors of this migration "
            "were deleted: start it again if you still want it"
        )
    return standby


def with_standby(manifest: Manifest, spec: EmbedderSpec) -> Manifest:
    """The manifest with this network as standby, with an empty generation.

    Another standby network is dropped. If this network is already standby or active, nothing changes.
    """
    standby = read_standby(manifest)
    if spec.fingerprint in (manifest.embedder.fingerprint, standby and standby.embedder.fingerprint):
        return manifest
    announced = with_generation(without_standby(manifest), spec.dim)
    name = newest(announced)
    embedder = EmbedderIdentity(spec.name, spec.fingerprint, spec.dim)
    return _with_entry(announced, StandbyNetwork(embedder, name, name, {}, False))


def with_networks_swapped(manifest: Manifest, fingerprint: str) -> Manifest:
    """The manifest with active and standby network exchanged, so that the network with this fingerprint is active.

    If it is active already, nothing changes. ``ManifestConflict`` if the store no longer has it.
    """
    if manifest.embedder.fingerprint == fingerprint:
        return manifest
    new = require_standby(manifest, fingerprint)
    old = StandbyNetwork(
        embedder=manifest.embedder,
        own=own_generation(manifest),
        active=manifest.active[EMBEDDING],
        adaptations=manifest.settings.get(ADAPTATIONS, {}),
        was_active=True,
    )
    return replace(
        _with_entry(manifest, old, {OWN_GENERATION: new.own, ADAPTATIONS: dict(new.adaptations)}),
        embedder=new.embedder,
        active={**manifest.active, EMBEDDING: new.active},
    )


def _with_entry(manifest: Manifest, standby: StandbyNetwork, more: Mapping[str, JSON] | None = None) -> Manifest:
    fields = asdict(standby)
    fields[_WAS_ACTIVE] = fields.pop("was_active")
    return replace(manifest, settings={**manifest.settings, **(more or {}), STANDBY: fields})
