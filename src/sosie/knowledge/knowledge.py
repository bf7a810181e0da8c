"""The typed view of a manifest, from which searcher, writer and learners are made."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from sosie.calibration.model import Calibration
from sosie.knowledge.calibrations import read_calibration, read_prior_calibration
from sosie.knowledge.codes import read_code_attribute
from sosie.knowledge.details import keeps_details, read_detailer
from sosie.knowledge.generations import Generations, read_generations
from sosie.knowledge.imprint import Detailer, Imprint
from sosie.knowledge.migration import read_standby
from sosie.knowledge.thumbnails import read_thumbnail_side
from sosie.knowledge.training import Training, read_training
from sosie.types import Manifest

MOST_STATES = 8


@dataclass(frozen=True, eq=False)
class Knowledge:
    """A typed view of a store's manifest. Each part is read from the settings when it is first used.

    Get it from ``knowledge_of``, which builds one for each manifest. A part that cannot be read raises
    ``StoreDamaged``; other parts are not affected.
    """

    manifest: Manifest

    @cached_property
    def generations(self) -> Generations:
        """The generations, which convert vectors for storage and search."""
        return read_generations(self.manifest)

    @cached_property
    def calibration(self) -> Calibration | None:
        """The calibration of the active generation: the store's own, else a shipped one, else None."""
        return read_calibration(self.manifest)

    @cached_property
    def prior_calibration(self) -> Calibration | None:
        """The prior for a calibration by few photos; None if there is none. See ``read_prior_calibration``."""
        return read_prior_calibration(self.manifest)

    @cached_property
    def keeps_details(self) -> bool:
        """True if the store has details that this version can compare."""
        return keeps_details(self.manifest)

    @cached_property
    def detailer(self) -> Detailer | None:
        """Extracts the details that the store keeps; None if it keeps none. See ``read_detailer``."""
        return read_detailer(self.manifest)

    @cached_property
    def code_attribute(self) -> str | None:
        """The attribute with product codes; None if the store has none."""
        return read_code_attribute(self.manifest)

    @cached_property
    def training(self) -> Training:
        """The photos and products from which the active generation was learned."""
        return read_training(self.manifest)

    @cached_property
    def thumbnail_side(self) -> int:
        """The longer side, in pixels, of new thumbnails; 0 for no thumbnails."""
        return read_thumbnail_side(self.manifest)

    @cached_property
    def imprint(self) -> Imprint:
        """The data to keep of each indexed picture."""
        generations = self.generations
        standby = read_standby(self.manifest)
        names = standby.names if standby else ()
        return Imprint(generations.names, generations.stored, self.detailer, names, self.thumbnail_side)


_states: OrderedDict[int, Knowledge] = OrderedDict()
_lock = Lock()


def knowledge_of(manifest: Manifest) -> Knowledge:
    """The view of this manifest, built once for each manifest object.

    A store returns the same object until its manifest changes. So comparing identity is enough, and megabytes of
    settings are not compared at every search.
    """
    with _lock:
        held = _states.get(id(manifest))
        if held is None:
            held = _states[id(manifest)] = Knowledge(manifest)
            if len(_states) > MOST_STATES:
                _states.popitem(last=False)
        _states.move_to_end(id(manifest))
        return held
