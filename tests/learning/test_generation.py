"""A new generation takes over whole, survives other writers, and goes without a trace."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection
from sosie.adaptation.whitening import fit
from sosie.errors import ManifestConflict
from sosie.knowledge.generations import OWN, adaptation_of, announced, newest, read_generations, switched
from sosie.learning.generation import forget_generation, undo_adaptation, write_generation
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.types import EMBEDDING, Manifest, Record
from support.learning import manifest, records_of, shop_of, world
from support.worlds import World


@pytest.fixture
def made() -> World:
    return world()


@pytest.fixture
def projection(made: World) -> Projection:
    return fit(Labeled.of(made.photos, made.products, made.gallery, made.gallery_products))


@pytest.fixture(params=["exact", "local"])
def store(request: pytest.FixtureRequest, made: World, tmp_path: Path) -> Store:
    return shop_of(made, tmp_path / "shop.sosie" if request.param == "local" else None)


def stored(store: Store, name: str) -> dict[str, np.ndarray]:
    return {record.item_id: record.vectors[name] for record in store.scan(fields=(name,)) if name in record.vectors}


def test_every_item_is_projected_and_the_own_vectors_stay(store: Store, projection: Projection, made: World) -> None:
    name = write_generation(store, projection, {"why": "a test"})
    assert name == store.manifest.active[EMBEDDING] == "embedding@2"
    wanted = projection.gallery(made.gallery)
    result = stored(store, name)
    for product, row in zip(made.gallery_products, wanted, strict=True):
        assert float(result[f"item of {product}"] @ row) == pytest.approx(1, abs=2e-3)
    assert len(stored(store, OWN)) == len(made.gallery)
    assert adaptation_of(store.manifest)["why"] == "a test"


def test_a_second_adaptation_drops_the_first_and_undo_both(store: Store, projection: Projection) -> None:
    first = write_generation(store, projection, {})
    second = write_generation(store, projection, {})
    assert (first, second) == ("embedding@2", "embedding@3")
    assert set(store.manifest.vectors) == {OWN, second}
    assert stored(store, second) and not stored(store, first) if first in store.manifest.vectors else True
    assert undo_adaptation(store) == [second]
    assert (store.manifest.active[EMBEDDING], set(store.manifest.vectors)) == (OWN, {OWN})
    assert adaptation_of(store.manifest) == {}
    assert undo_adaptation(store) == []


def test_no_generation_gets_a_name_that_was_used(store: Store, projection: Projection) -> None:
    write_generation(store, projection, {})
    undo_adaptation(store)
    assert write_generation(store, projection, {}) == "embedding@3"


def test_what_is_written_meanwhile_is_filled_in(
    store: Store, projection: Projection, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [late, *_] = records_of(made)
    late = Record("late", late.product_id, "late.jpg", vectors=late.vectors)
    optimize = store.optimize

    def written_late() -> None:
        store.upsert([late])
        optimize()

    monkeypatch.setattr(store, "optimize", written_late)
    name = write_generation(store, projection, {})
    assert "late" in stored(store, name)


@pytest.mark.parametrize("announced_to", [True, False])
@pytest.mark.parametrize("times", [1, 3])
def test_an_item_that_gets_a_new_picture_while_it_is_filled_has_the_vector_of_the_new_one(
    store: Store, projection: Projection, made: World, monkeypatch: pytest.MonkeyPatch, times: int, announced_to: bool
) -> None:
    """Whoever indexes writes both generations, or only its own where it read the manifest before the adaptation."""
    first = records_of(made)[0]
    left = [made.gallery[row + 1] for row in range(times)]
    put_vectors = store.put_vectors

    def put_meanwhile(name: str, *given: object) -> int:
        if left:
            own = left.pop()
            vectors = read_generations(store.manifest).stored(own) if announced_to else {OWN: own}
            store.upsert([replace(first, vectors=vectors)])
        return put_vectors(name, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "put_vectors", put_meanwhile)
    name = write_generation(store, projection, {})
    assert not left
    [own, adapted] = (stored(store, item)[first.item_id] for item in (OWN, name))
    np.testing.assert_allclose(own, made.gallery[1], atol=1e-3)
    np.testing.assert_allclose(adapted, projection.gallery(made.gallery[1:2])[0], atol=2e-3)


def during(store: Store, monkeypatch: pytest.MonkeyPatch, method: str, act: Callable[[], object]) -> None:
    """Let something happen once, in the middle of what is written: when the store's method is next called."""
    original = getattr(store, method)

    def acting(*given: object) -> object:
        monkeypatch.setattr(store, method, original)
        act()
        return original(*given)

    monkeypatch.setattr(store, method, acting)


@pytest.mark.parametrize("method", ["put_vectors", "optimize"])
@pytest.mark.parametrize("act", [write_generation, undo_adaptation])
def test_an_adaptation_that_another_one_overtakes_has_no_effect_and_says_so(
    store: Store, projection: Projection, monkeypatch: pytest.MonkeyPatch, method: str, act: Callable[..., object]
) -> None:
    given = (projection, {}) if act is write_generation else ()
    during(store, monkeypatch, method, lambda: act(store, *given))
    with pytest.raises(ManifestConflict, match="another adaptation or an undo replaced embedding@2"):
        write_generation(store, projection, {})
    expected = "embedding@3" if act is write_generation else OWN
    assert store.manifest.active[EMBEDDING] == expected
    assert set(store.manifest.vectors) == {OWN, expected}
    assert stored(store, expected)


def test_the_generation_that_answers_is_never_dropped(store: Store, projection: Projection) -> None:
    name = write_generation(store, projection, {})
    forget_generation(store, name)
    assert store.manifest.active[EMBEDDING] == name
    assert stored(store, name)


def test_a_manifest_changed_meanwhile_is_changed_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Manifest] = []

    def change(now: Manifest) -> Manifest:
        if not tried:
            other = change_manifest_of_another(now)
            store.replace_manifest(other, expected=now)
        tried.append(now)
        return Manifest(now.embedder, now.vectors, now.active, now.attributes, {**now.settings, "mine": 1})

    change_manifest(store, change)
    assert len(tried) == 2
    assert store.manifest.settings == {"theirs": 1, "mine": 1}


def change_manifest_of_another(now: Manifest) -> Manifest:
    return Manifest(now.embedder, now.vectors, now.active, now.attributes, {"theirs": 1})


def test_generations_say_what_is_stored_and_asked(projection: Projection, made: World) -> None:
    own = made.gallery[0]
    plain = read_generations(manifest())
    assert plain.names == (OWN,)
    assert plain.stored(own) == {OWN: own}
    np.testing.assert_array_equal(plain.query_vectors(made.photos), made.photos)
    waiting = announced(manifest(), projection, {})
    written = read_generations(waiting)
    assert (written.active, written.names) == (OWN, (OWN, "embedding@2"))
    np.testing.assert_array_equal(written.query_vectors(made.photos), made.photos)
    answering = read_generations(switched(waiting, newest(waiting)))
    assert answering.active == "embedding@2"
    assert {name: len(vector) for name, vector in answering.stored(own).items()} == dict(waiting.vectors)
    np.testing.assert_allclose(answering.query_vectors(made.photos), projection.query(made.photos), atol=2e-3)


def test_a_generation_that_is_not_there_is_forgotten_without_error(store: Store) -> None:
    forget_generation(store, "embedding@7")
    assert set(store.manifest.vectors) == {OWN}
