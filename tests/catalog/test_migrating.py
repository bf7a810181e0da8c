"""A catalog moves to another network while it answers, goes on where it was stopped, and comes back."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sosie
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.whitening import fit
from sosie.catalog.migrating import MigrateReport
from sosie.embedders import registry
from sosie.embedders.base import Embedder
from sosie.errors import EmbedderMismatch, ManifestConflict, UsageError
from sosie.knowledge.generations import OWN
from sosie.knowledge.migration import read_standby
from sosie.learning.generation import write_generation
from sosie.types import EMBEDDING, Item, SearchResult
from support.learning import world
from support.pictures import draw_picture, encode
from support.served import served
from support.tiny_networks import SETTINGS, write_network

ITEMS = 40
"""More than one batch."""


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two networks of the same dimension, so that mixed vectors would not be noticed by their length."""
    folder = tmp_path_factory.mktemp("networks")
    settings = {**SETTINGS, "geometry": "pad"}
    first, second = (write_network(folder / f"{seed}.onnx", seed=seed, settings=settings) for seed in (1, 2))
    return f"onnx:{first}", f"onnx:{second}"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A table of drawn pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows = ["item_id,product_id,image,price"]
    for seed in range(ITEMS):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (90, 70))))
        rows.append(f"i{seed:02},p{seed // 2},{seed}.jpg,{seed}")
    (folder / "catalog.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(params=["local", "memory"])
def catalog(
    request: pytest.FixtureRequest, pictures: Path, networks: tuple[str, str], tmp_path: Path
) -> Iterator[sosie.Catalog]:
    """The pictures as the first network sees them; ``quick``, so that a picture is most like itself."""
    uri = "memory:" if request.param == "memory" else str(tmp_path / "shop.sosie")
    with sosie.Catalog(uri, embedder=networks[0], quick=True) as opened:
        assert opened.index(pictures / "catalog.csv", details=False).added == ITEMS
        yield opened


@pytest.fixture
def fresh(catalog: sosie.Catalog, pictures: Path, networks: tuple[str, str], tmp_path: Path) -> Iterator[sosie.Catalog]:
    """The same pictures in a store of the same kind, filled by the second network from the start."""
    uri = "memory:" if catalog.uri == "memory:" else str(tmp_path / "fresh.sosie")
    with sosie.Catalog(uri, embedder=networks[1], quick=True) as opened:
        opened.index(pictures / "catalog.csv", details=False)
        yield opened


def told(result: SearchResult) -> list[tuple[str, float | None]]:
    return [(match.item_id, None if match.score is None else round(match.score, 5)) for match in result.matches]


PHOTO = encode(draw_picture(7, (120, 80)))


def answers(catalog: sosie.Catalog) -> list[list[tuple[str, float | None]]]:
    return [told(catalog.search(PHOTO)), told(catalog.similar("i05")), told(catalog.search(PHOTO, where="price<9"))]


def test_it_answers_as_a_catalog_that_the_new_network_filled(
    catalog: sosie.Catalog, fresh: sosie.Catalog, networks: tuple[str, str]
) -> None:
    before = answers(catalog)
    report = catalog.migrate(networks[1])
    assert (report.switched, report.from_pictures, report.rejected) == (True, ITEMS, ())
    assert answers(catalog) == answers(fresh) != before
    assert catalog.search(PHOTO).embedder == catalog.stats().embedder == networks[1]
    assert catalog.check().problems == ()


def test_undo_brings_back_the_old_answers_and_what_was_indexed_since(
    catalog: sosie.Catalog, networks: tuple[str, str]
) -> None:
    before = answers(catalog)
    catalog.migrate(networks[1])
    new = encode(draw_picture(500, (90, 70)))
    path = catalog.get("i00").image
    assert isinstance(path, str)
    Path(path).with_name("late.jpg").write_bytes(new)
    catalog.upsert([Item("late", "late", str(Path(path).with_name("late.jpg")))])
    report = catalog.undo_migration()
    assert (report.embedder, report.from_pictures) == (networks[0], 1)
    assert catalog.search(new, k=1).matches[0].item_id == "late"
    catalog.delete(["late"])
    assert answers(catalog) == before
    again = catalog.migrate(networks[1])
    assert (again.switched, again.from_pictures) == (True, 0)


def test_prices_may_change_without_a_vector_being_lost(
    catalog: sosie.Catalog, pictures: Path, networks: tuple[str, str]
) -> None:
    catalog.migrate(networks[1])
    table = pictures / "catalog.csv"
    table.write_text(table.read_text().replace("i07,p3,7.jpg,7", "i07,p3,7.jpg,700"))
    assert catalog.index(table).updated == 1
    assert catalog.undo_migration().from_pictures == 0


def test_without_pictures_nothing_is_switched_unless_thumbnails_may_stand_in(
    catalog: sosie.Catalog, pictures: Path, networks: tuple[str, str]
) -> None:
    before = answers(catalog)
    (pictures / "3.jpg").unlink()
    (pictures / "4.jpg").write_bytes(encode(draw_picture(999, (90, 70))))
    report = catalog.migrate(networks[1])
    assert [item.item_id for item in report.rejected] == ["i03", "i04"]
    assert "changed since it was indexed" in report.rejected[1].reason
    assert not report.switched
    assert answers(catalog) == before
    report = catalog.migrate(networks[1], thumbnails=True)
    assert (report.switched, report.from_pictures, report.from_thumbnails) == (True, 0, 2)
    assert "i03" in [match.item_id for match in catalog.search(PHOTO, k=100).matches] + [
        match.item_id for match in catalog.similar("i02", k=100).matches
    ] + [catalog.similar("i03").query]


class Stopping:
    """A network that fails after some pictures, as a killed process would."""

    def __init__(self, inner: Embedder, after: int) -> None:
        self._inner = inner
        self._left = after
        self.spec, self.batch_size = inner.spec, inner.batch_size

    def embed(self, pixels):  # type: ignore[no-untyped-def]
        self._left -= len(pixels[0])
        if self._left < 0:
            raise KeyboardInterrupt
        return self._inner.embed(pixels)


def test_a_second_run_goes_on_where_the_first_was_stopped(
    catalog: sosie.Catalog, networks: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(catalog)
    load = registry.load
    with monkeypatch.context() as patched:
        patched.setattr(registry, "load", lambda name, **more: Stopping(load(name, **more), 20))
        with pytest.raises(KeyboardInterrupt):
            catalog.migrate(networks[1], workers=1)
    assert answers(catalog) == before
    report = catalog.migrate(networks[1])
    assert report.switched
    assert 0 < report.from_pictures < ITEMS


def test_what_is_indexed_meanwhile_is_moved_too(
    catalog: sosie.Catalog, pictures: Path, networks: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = catalog._store
    optimize, change = store.optimize, store.replace_manifest
    (pictures / "new.jpg").write_bytes(encode(draw_picture(77, (90, 70))))
    (pictures / "newer.jpg").write_bytes(encode(draw_picture(78, (90, 70))))

    def index_new() -> None:
        catalog.upsert([Item("new", "new", str(pictures / "new.jpg"))])
        (pictures / "5.jpg").write_bytes(encode(draw_picture(79, (90, 70))))
        catalog.upsert([Item("i05", "p2", str(pictures / "5.jpg"))])
        optimize()

    def index_newer(new, expected):  # type: ignore[no-untyped-def]
        if new.embedder != expected.embedder:
            catalog.upsert([Item("newer", "newer", str(pictures / "newer.jpg"))])
        change(new, expected)

    monkeypatch.setattr(store, "optimize", index_new)
    monkeypatch.setattr(store, "replace_manifest", index_newer)
    report = catalog.migrate(networks[1])
    assert (report.switched, report.from_pictures) == (True, ITEMS + 3)
    for name, seed in (("new", 77), ("newer", 78), ("i05", 79)):
        outcome = catalog.search(encode(draw_picture(seed, (90, 70))), k=1).matches[0]
        assert (outcome.item_id, round(outcome.score or 0, 1)) == (name, 1.0)


def test_a_picture_that_changes_while_it_is_embedded_gets_the_vector_of_the_new_one(
    catalog: sosie.Catalog, pictures: Path, networks: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = catalog._store
    put, changed = store.put_vectors, []

    def change_then_put(name, item_ids, matrix):  # type: ignore[no-untyped-def]
        if not changed and "i05" in item_ids:
            changed.append(name)
            (pictures / "5.jpg").write_bytes(encode(draw_picture(79, (90, 70))))
            catalog.upsert([Item("i05", "p2", str(pictures / "5.jpg"))])
        return put(name, item_ids, matrix)

    monkeypatch.setattr(store, "put_vectors", change_then_put)
    catalog.migrate(networks[1])
    results = catalog.search(encode(draw_picture(79, (90, 70))), k=1).matches[0]
    assert (results.item_id, round(results.score or 0, 2)) == ("i05", 1.0)


def test_whoever_indexes_with_the_old_network_is_refused_after_the_switch(
    pictures: Path, networks: tuple[str, str], tmp_path: Path
) -> None:
    uri = tmp_path / "shop.sosie"
    with sosie.Catalog(uri, embedder=networks[0]) as old, sosie.Catalog(uri) as open_all_the_while:
        old.index(pictures / "catalog.csv", details=False)
        open_all_the_while.search(PHOTO)
        with sosie.Catalog(uri) as other:
            other.migrate(networks[1])
        with pytest.raises(EmbedderMismatch):
            old.index(pictures / "catalog.csv")
        assert open_all_the_while.search(PHOTO).embedder == networks[1]
        assert open_all_the_while.index(pictures / "catalog.csv").unchanged == ITEMS


def test_a_run_of_index_during_which_the_network_changes_ends_with_a_word(
    pictures: Path, networks: tuple[str, str], tmp_path: Path
) -> None:
    uri = tmp_path / "shop.sosie"
    with sosie.Catalog(uri, embedder=networks[0]) as catalog, sosie.Catalog(uri) as other:
        catalog.index(pictures / "catalog.csv", details=False)
        table = (pictures / "catalog.csv").read_text()
        (pictures / "more.csv").write_text(table.replace("\ni", "\nx"))
        moved: list[MigrateReport] = []

        def migrate(_: object) -> None:
            if not moved:
                moved.append(other.migrate(networks[1]))

        with pytest.raises(EmbedderMismatch):
            catalog.index(pictures / "more.csv", on_progress=migrate, workers=1)
        again = other.index(pictures / "more.csv")
        assert again.rejected == ()
        assert other.search(PHOTO, k=100).embedder == networks[1]
        store = other._store
        own = other._resources.knowledge.generations.own
        assert all(own in record.vectors for record in store.scan(fields=(own,)))


def test_an_adaptation_that_was_learned_before_the_switch_has_no_effect(
    catalog: sosie.Catalog, networks: tuple[str, str]
) -> None:
    made, store = world(), catalog._store
    fingerprint = store.manifest.embedder.fingerprint
    projection = fit(Labeled.of(made.photos, made.products, made.gallery, made.gallery_products))
    catalog.migrate(networks[1])
    with pytest.raises(ManifestConflict, match="migrated"):
        write_generation(store, projection, {"fingerprint": fingerprint})
    assert store.manifest.active[EMBEDDING] != OWN


def test_feedback_moves_with_its_pictures_and_is_dropped_with_a_word_without(
    catalog: sosie.Catalog, networks: tuple[str, str], pictures: Path, tmp_path: Path
) -> None:
    photo, gone = tmp_path / "photo.jpg", tmp_path / "gone.jpg"
    photo.write_bytes(PHOTO)
    gone.write_bytes(encode(draw_picture(8, (60, 60))))
    catalog.confirm(photo, "i07")
    catalog.confirm(photo, "i08", crop=(0, 0, 0.5, 0.5))
    catalog.reject(gone, "i01")
    catalog.confirm(PHOTO, "i02")
    gone.unlink()
    report = catalog.migrate(networks[1])
    assert [entry.item_id for entry in catalog.feedback().entries] == ["i07"]
    assert any("1 row learned again" in note for note in report.notes)
    assert any("3 rows no longer count" in note for note in report.notes)
    catalog.undo_migration()
    assert len(catalog.feedback().entries) == 4
    catalog.migrate(networks[1])
    assert len(catalog.feedback().entries) == 1


def test_compare_says_what_is_gained_and_switches_nothing(
    catalog: sosie.Catalog, networks: tuple[str, str], pictures: Path
) -> None:
    before = answers(catalog)
    report = catalog.migrate(networks[1], compare=str(pictures / "catalog.csv"))
    assert not report.switched
    assert report.comparison is not None
    assert (report.comparison.first.embedder, report.comparison.second.embedder) == networks
    assert report.comparison.queries == ITEMS
    assert report.comparison.metrics["hit rate@1"].difference is not None
    assert answers(catalog) == before
    assert catalog.migrate(networks[1]).from_pictures == 0


def test_undo_before_the_switch_drops_what_was_written(
    catalog: sosie.Catalog, networks: tuple[str, str], pictures: Path
) -> None:
    (pictures / "3.jpg").unlink()
    catalog.migrate(networks[1])
    with pytest.raises(UsageError, match="has not switched yet"):
        catalog.finish_migration()
    assert not catalog.undo_migration().switched
    assert read_standby(catalog._store.manifest) is None
    assert set(catalog._store.manifest.vectors) == {OWN}
    with pytest.raises(UsageError, match="nothing to undo"):
        catalog.undo_migration()


def test_finish_drops_the_old_vectors(catalog: sosie.Catalog, networks: tuple[str, str]) -> None:
    assert catalog.finish_migration() == []
    catalog.migrate(networks[1])
    after = answers(catalog)
    assert catalog.finish_migration() == [OWN]
    assert answers(catalog) == after
    assert OWN not in catalog._store.manifest.vectors
    assert not any(OWN in record.vectors for record in catalog._store.scan(fields=("embedding@2",)))


def test_a_third_network_takes_the_place_of_the_one_beside(
    catalog: sosie.Catalog, networks: tuple[str, str], tmp_path: Path
) -> None:
    catalog.migrate(networks[1])
    third = f"onnx:{write_network(tmp_path / 'third.onnx', dim=20, seed=3)}"
    report = catalog.migrate(third)
    assert any("were dropped" in note for note in report.notes)
    assert catalog.undo_migration().embedder == networks[1]


@pytest.mark.parametrize(("name", "error"), [("", "already"), ("mobilnet_v2", "did you mean mobilenet_v2")])
def test_what_cannot_be_migrated_is_refused(
    catalog: sosie.Catalog, networks: tuple[str, str], name: str, error: str
) -> None:
    before = catalog._store.manifest
    with pytest.raises(sosie.SosieError, match=error):
        catalog.migrate(name or networks[0])
    assert catalog._store.manifest == before


def test_a_server_follows_without_a_restart(pictures: Path, networks: tuple[str, str], tmp_path: Path) -> None:
    with sosie.Catalog(tmp_path / "shop.sosie", embedder=networks[0]) as catalog:
        catalog.index(pictures / "catalog.csv", details=False)
        with served(tmp_path / "shop.sosie") as running, sosie.open(running.url) as remote:
            assert remote.search(PHOTO).embedder == networks[0]
            catalog.migrate(networks[1])
            after = remote.search(PHOTO)
            assert after.embedder == networks[1]
            assert told(after) == told(catalog.search(PHOTO))
            with pytest.raises(UsageError, match="needs the store itself"):
                remote.migrate(networks[0])


def test_an_adaptation_without_a_named_source_is_dropped_with_a_word_and_comes_back(
    catalog: sosie.Catalog, networks: tuple[str, str]
) -> None:
    draw, store = np.random.default_rng(0), catalog._store
    records = list(store.scan(fields=(OWN,)))
    gallery = np.stack([record.vectors[OWN] for record in records])
    noise = draw.normal(scale=0.1, size=gallery.shape)
    photos = gallery + noise
    photos /= np.linalg.norm(photos, axis=1, keepdims=True)
    products = np.array([record.product_id for record in records])
    projection = fit(Labeled.of(photos.astype(np.float32), products, gallery, products))
    adapted = write_generation(store, projection, {"contents": []})
    before = answers(catalog)
    report = catalog.migrate(networks[1])
    assert [note for note in report.notes if "the place of its photos is unknown; run `sosie adapt` again" in note]
    assert not catalog.stats().adapted
    table = Path(str(catalog.get("i00").image)).with_name("catalog.csv")
    late = table.with_name("late.jpg")
    late.write_bytes(encode(draw_picture(500, (90, 70))))
    catalog.upsert([Item("late", "late", str(late))])
    catalog.undo_migration()
    assert catalog.stats().adapted
    assert store.manifest.active[EMBEDDING] == adapted
    assert all(adapted in record.vectors for record in store.scan(fields=(adapted,)))
    catalog.delete(["late"])
    assert answers(catalog) == before
