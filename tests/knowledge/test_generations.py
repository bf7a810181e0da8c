"""What goes on in a store that is filled anew, and what does not."""

from dataclasses import replace

import pytest

from sosie.adaptation.labeled import Labeled
from sosie.adaptation.whitening import fit
from sosie.knowledge.calibrations import CALIBRATIONS
from sosie.knowledge.generations import (
    ADAPTATIONS,
    OWN,
    announced,
    first_manifest,
    inherited,
    read_generations,
    switched,
)
from sosie.types import EMBEDDING, Manifest
from support.learning import SPEC, world

ADAPTED = f"{EMBEDDING}@2"


@pytest.fixture(scope="module")
def learned() -> Manifest:
    made = world()
    projection = fit(Labeled.of(made.photos, made.products, made.gallery, made.gallery_products))
    manifest = replace(first_manifest(SPEC), attributes={"brand": "string"})
    manifest = switched(announced(manifest, projection, {"contents": ["abc"]}), ADAPTED)
    return replace(manifest, settings={**manifest.settings, CALIBRATIONS: {ADAPTED: {"any": "thing"}}})


def test_with_the_same_embedder_what_was_learned_goes_on(learned: Manifest) -> None:
    new = inherited(learned, SPEC)
    assert new.active == {EMBEDDING: ADAPTED}
    assert (new.vectors, new.settings) == (learned.vectors, learned.settings)
    assert read_generations(new).projection is not None
    assert new.attributes == {}


def test_with_another_embedder_nothing_goes_on(learned: Manifest) -> None:
    other = replace(SPEC, weights_sha256="1" * 64)
    assert other.fingerprint != SPEC.fingerprint
    new = inherited(learned, other)
    assert new == first_manifest(other)
    assert new.active == {EMBEDDING: OWN}
    assert new.vectors == {OWN: other.dim}
    assert ADAPTATIONS not in new.settings
    assert CALIBRATIONS not in new.settings
    assert read_generations(new).projection is None
