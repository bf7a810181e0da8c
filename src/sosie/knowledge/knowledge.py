"""The typed view of one manifest state, from which searcher, writer and learners are made."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from sosie.calibration import Calibration
from sosie.knowledge.calibrations import read_calibration, read_shipped_calibration
from sosie.knowledge.codes import read_code_attribute
from sosie.knowledge.details import keeps_details, read_detailer
from sosie.knowledge.generations import Generations, read_generations
from sosie.knowledge.imprint import Detailer, Imprint
from sosie.knowledge.migration import read_beside
from sosie.knowledge.thumbnails import read_thumbnail_side
from sosie.knowledge.training import Training, read_training
from sosie.types import Manifest

MOST_STATES = 8


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What one state of a store's manifest means. Each part is read from the settings when it is first used.

    Get it from ``knowledge_of``, which builds it once a state. ``StoreDamaged`` is raised by a part that cannot be
    read, and by no other.
    """

    manifest: Manifest

    @cached_property
    def generations(self) -> Generations:
        """The generations of the embedding, and how vectors become what is stored and searched."""
        return read_generations(self.manifest)

    @cached_property
    def calibration(self) -> Calibration | None:
        """The calibration of the active generation: the store's own, else a shipped one, else None."""
        return read_calibration(self.manifest)

    @cached_property
    def shipped_calibration(self) -> Calibration | None:
        """The provisional calibration that came with the embedder, None where there is none for this generation."""
        return read_shipped_calibration(self.manifest)

    @cached_property
    def keeps_details(self) -> bool:
        """Whether the store keeps details that this version can compare."""
        return keeps_details(self.manifest)

    @cached_property
    def detailer(self) -> Detailer | None:
        """What makes the details that the store keeps, None where it keeps none; see ``read_detailer``."""
        return read_detailer(self.manifest)

    @cached_property
    def code_attribute(self) -> str | None:
        """The attribute that holds the products' codes, None where the store names none."""
        return read_code_attribute(self.manifest)

    @cached_property
    def training(self) -> Training:
        """The photos and products from which the active generation was learned."""
        return read_training(self.manifest)

    @cached_property
    def thumbnail_side(self) -> int:
        """The longer side, in pixels, of the thumbnails of pictures that are indexed now; 0 where none are kept."""
        return read_thumbnail_side(self.manifest)

    @cached_property
    def imprint(self) -> Imprint:
        """What is kept of a picture that is indexed now."""
        generations = self.generations
        beside = read_beside(self.manifest)
        names = beside.names if beside else ()
        return Imprint(generations.names, generations.stored, self.detailer, names, self.thumbnail_side)


_states: OrderedDict[int, Knowledge] = OrderedDict()
_lock = Lock()


def knowledge_of(manifest: Manifest) -> Knowledge:
    """The view of this manifest, built once for each manifest object.

    Stores hand out the same object as long as their manifest stays the same, so identity stands for the state: a
    comparison of megabytes of settings at every search is not needed.
    """
    with _lock:
        held = _states.get(id(manifest))
        if held is None:
            held = _states[id(manifest)] = Knowledge(manifest)
            if len(_states) > MOST_STATES:
                _states.popitem(last=False)
        _states.move_to_end(id(manifest))
        return held
