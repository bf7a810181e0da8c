"""Indexing from drawn pictures into the exact store, with a network that needs no weights."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Barrier, BoundedSemaphore, BrokenBarrierError

import numpy as np
import pytest

from sosie.errors import EmbedderError, SourceError
from sosie.images.decode import Limits
from sosie.indexing.batch import BatchWorker
from sosie.indexing.coverage import Coverage
from sosie.indexing.embedding import Fetched, Incoming
from sosie.indexing.pipeline import ITEMS_AT_ONCE, not_empty, run
from sosie.indexing.removal import Removal
from sosie.indexing.writing import Writer
from sosie.sources.opening import open_source
from sosie.stores.exact import ExactStore
from sosie.support.batches import IN_FLIGHT
from sosie.types import (
    EMBEDDING,
    THUMBNAIL,
    EmbedderIdentity,
    IndexReport,
    Item,
    Manifest,
    Pixels,
    Progress,
    Rejection,
    Vectors,
)
from support.catalogs import VECTOR, as_is
from support.embedders import GridEmbedder
from support.pictures import draw_picture, encode


@pytest.fixture
def store() -> ExactStore:
    spec = GridEmbedder.spec
    identity = EmbedderIdentity(spec.name, spec.fingerprint, spec.dim)
    return ExactStore(Manifest(identity, vectors={VECTOR: spec.dim}, active={EMBEDDING: VECTOR}))


@pytest.fixture
def embedder() -> GridEmbedder:
    return GridEmbedder()


def items_in(folder: Path, count: int, first: int = 0) -> list[Item]:
    items = []
    for seed in range(first, first + count):
        path = folder / f"{seed:03}.jpg"
        path.write_bytes(encode(draw_picture(seed)))
        items.append(Item(f"i{seed:03}", f"p{seed // 2:03}", str(path), attributes={"seed": seed}))
    return items


def index(
    store: ExactStore,
    embedder: GridEmbedder,
    stream: Iterable[Incoming | Rejection],
    sync: bool = False,
    dry_run: bool = False,
) -> IndexReport:
    worker = BatchWorker(store, embedder, as_is, Limits(), dry_run)
    coverage = Coverage(stream) if sync else None  # type: ignore[arg-type]
    removal = coverage and Removal(coverage)
    return run(coverage or stream, worker, Writer(store, dry_run), removal=removal, workers=2)


def test_every_item_is_written_once_with_vector_and_thumbnail(
    tmp_path: Path, store: ExactStore, embedder: GridEmbedder
) -> None:
    items = items_in(tmp_path, 11)
    report = index(store, embedder, items)
    assert (report.added, report.updated, report.unchanged, report.rejected) == (11, 0, 0, ())
    records = list(store.scan(fields=(VECTOR, THUMBNAIL)))
    assert [record.item for record in records] == items
    assert all(record.blobs[THUMBNAIL][:2] == b"\xff\xd8" for record in records)
    hits = store.search(VECTOR, np.stack([record.vectors[VECTOR] for record in records]), 1)
    assert [hit.item_id for [hit] in hits] == [item.item_id for item in items]


def test_a_second_run_embeds_nothing(tmp_path: Path, store: ExactStore, embedder: GridEmbedder) -> None:
    items = items_in(tmp_path, 9)
    index(store, embedder, items)
    report = index(store, embedder, items)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 9)
    assert embedder.pictures == 9


def test_an_item_that_lost_its_vector_is_indexed_anew(
    tmp_path: Path, store: ExactStore, embedder: GridEmbedder
) -> None:
    items = items_in(tmp_path, 3)
    index(store, embedder, items)
    store.drop_vectors(VECTOR)
    report = index(store, embedder, items)
    assert (report.updated, report.unchanged) == (3, 0)
    assert all(VECTOR in record.vectors for record in store.scan(fields=(VECTOR,)))


def test_changed_attributes_are_written_without_embedding(
    tmp_path: Path, store: ExactStore, embedder: GridEmbedder
) -> None:
    items = items_in(tmp_path, 3)
    index(store, embedder, items)
    before = store.get(["i001"], (VECTOR,))[0].vectors[VECTOR]
    dearer = Item("i001", "p000", items[1].image, ("https://shop.example/1",), {"seed": 1, "price": 20})
    report = index(store, embedder, [items[0], dearer, items[2]])
    assert (report.added, report.updated, report.unchanged) == (0, 1, 2)
    assert embedder.pictures == 3
    record = store.get(["i001"], (VECTOR, THUMBNAIL))[0]
    assert record.item == dearer
    assert np.array_equal(record.vectors[VECTOR], before)
    assert THUMBNAIL in record.blobs


def test_a_changed_picture_is_embedded_anew(tmp_path: Path, store: ExactStore, embedder: GridEmbedder) -> None:
    items = items_in(tmp_path, 3)
    index(store, embedder, items)
    before = store.get(["i002"], (VECTOR,))[0].vectors[VECTOR]
    Path(str(items[2].image)).write_bytes(encode(draw_picture(99)))
    assert index(store, embedder, items).updated == 1
    assert not np.allclose(store.get(["i002"], (VECTOR,))[0].vectors[VECTOR], before)


def test_the_same_picture_under_another_id_reuses_the_vector(
    tmp_path: Path, store: ExactStore, embedder: GridEmbedder
) -> None:
    items = items_in(tmp_path, 2)
    index(store, embedder, items)
    copies = [Item(f"copy{n}", "p", items[0].image) for n in range(3)]
    assert index(store, embedder, copies).added == 3
    fresh = items_in(tmp_path, 1, first=50)
    assert index(store, embedder, [fresh[0], Item("twin", "p", fresh[0].image)]).added == 2
    assert embedder.pictures == 3
    assert store.count() == 7


def test_bad_pictures_are_reported_and_the_others_go_on(
    tmp_path: Path, store: ExactStore, embedder: GridEmbedder
) -> None:
    good = items_in(tmp_path, 5)
    (tmp_path / "page.jpg").write_bytes(b"<html>not found</html>")
    (tmp_path / "gray.png").write_bytes(encode(draw_picture(0).convert("L").point(lambda _: 128), "PNG"))
    bad = [
        Item("missing", "p", str(tmp_path / "nowhere.jpg")),
        Item("page", "p", str(tmp_path / "page.jpg")),
        Item("page-again", "p", str(tmp_path / "page.jpg")),
        Item("gray", "p", str(tmp_path / "gray.png")),
    ]
    report = index(store, embedder, [*good[:2], *bad, Rejection("row 7", "source", "no image"), *good[2:]])
    assert report.added == 5
    assert {r.item_id: r.stage for r in report.rejected} == {
        "missing": "read",
        "page": "decode",
        "page-again": "decode",
        "gray": "embed",
        "row 7": "source",
    }
    reasons = {r.item_id: r.reason for r in report.rejected}
    assert "HTML" in reasons["page"]
    assert reasons["page-again"] == "the same bytes as 'page', which was rejected"


def test_a_value_of_another_type_is_refused_alone(tmp_path: Path, store: ExactStore, embedder: GridEmbedder) -> None:
    first, second, third = items_in(tmp_path, 3)
    wrong = Item(second.item_id, second.product_id, second.image, (), {"seed": "many"})
    report = index(store, embedder, [first, wrong, third])
    assert report.added == 2
    assert [(r.item_id, r.stage) for r in report.rejected] == [("i001", "source")]
    assert store.manifest.attributes == {"seed": "number"}


def test_sync_removes_what_the_source_no_longer_has(tmp_path: Path, store: ExactStore, embedder: GridEmbedder) -> None:
    items = items_in(tmp_path, 6)
    index(store, embedder, items)
    Path(str(items[4].image)).unlink()
    preview = index(store, embedder, items[2:], sync=True, dry_run=True)
    assert [(change.item_id, change.action) for change in preview.changes] == [("i000", "remove"), ("i001", "remove")]
    assert store.count() == 6
    report = index(store, embedder, items[2:], sync=True)
    assert (report.removed, len(report.rejected)) == (2, 1)
    assert [record.item_id for record in store.scan()] == ["i002", "i003", "i004", "i005"]


def test_an_empty_source_is_refused_before_anything_happens(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    folder = open_source(tmp_path / "empty")
    with pytest.raises(SourceError, match=r"nothing to index in the folder '.*empty': expected .* such as .jpg"):
        not_empty(folder, folder)
    items = items_in(tmp_path, 2)
    assert list(not_empty(iter(items), folder)) == items


def test_a_part_may_be_empty_where_another_holds_something(tmp_path: Path) -> None:
    items_in(tmp_path, 1)
    empty = next(part for part in map(open_source(tmp_path).shard, (0, 1), (2, 2)) if not list(part))
    assert list(not_empty(empty, empty)) == []
    with pytest.raises(SourceError, match="nothing to index in part"):
        not_empty(empty, empty, Coverage(empty))


def test_a_dry_run_changes_nothing(tmp_path: Path, store: ExactStore, embedder: GridEmbedder) -> None:
    items = items_in(tmp_path, 3)
    index(store, embedder, items[:2])
    manifest = store.manifest
    Path(str(items[1].image)).write_bytes(encode(draw_picture(77)))
    report = index(store, embedder, items, dry_run=True)
    assert {change.item_id: change.action for change in report.changes} == {"i001": "update", "i002": "add"}
    assert (report.added, report.updated, report.unchanged) == (1, 1, 1)
    assert embedder.pictures == 2
    assert store.count() == 2
    assert store.manifest == manifest


def test_pictures_that_have_arrived_are_not_read_again(store: ExactStore, embedder: GridEmbedder) -> None:
    item = Item("far", "far", ("https://shop.example/a.jpg", "https://cdn.example/a.jpg"))
    assert index(store, embedder, [Fetched(item, encode(draw_picture(5)))]).added == 1
    assert store.get(["far"])[0].image == item.image


def test_an_interrupted_run_keeps_what_it_wrote_and_goes_on(
    tmp_path: Path, store: ExactStore, embedder: GridEmbedder
) -> None:
    items = items_in(tmp_path, 10 * ITEMS_AT_ONCE)

    def interrupted() -> Iterator[Item]:
        yield from items[: 8 * ITEMS_AT_ONCE]
        raise KeyboardInterrupt

    report = index(store, embedder, interrupted(), sync=True)
    assert report.interrupted
    assert 0 < report.added == store.count() < len(items)
    assert report.removed == 0
    again = index(store, embedder, items, sync=True)
    assert (again.added, again.unchanged) == (len(items) - report.added, report.added)


class Bulky(ExactStore):
    items_at_once = 1000


@pytest.mark.parametrize("interrupt", [False, True])
def test_what_waits_for_more_is_written_at_the_end(
    tmp_path: Path, store: ExactStore, embedder: GridEmbedder, interrupt: bool
) -> None:
    items = items_in(tmp_path, 4 * ITEMS_AT_ONCE)

    def stream() -> Iterator[Item]:
        yield from items
        if interrupt:
            raise KeyboardInterrupt

    bulky = Bulky(store.manifest)
    report = index(bulky, embedder, stream(), sync=True)
    assert (report.interrupted, report.added) == (interrupt, bulky.count())
    assert bulky.count() == len(items) or interrupt


def test_what_waits_for_more_is_written_if_the_source_fails(
    tmp_path: Path, store: ExactStore, embedder: GridEmbedder
) -> None:
    bulky = Bulky(store.manifest)

    def stream() -> Iterator[Item]:
        yield from items_in(tmp_path, 2 * IN_FLIGHT * ITEMS_AT_ONCE + ITEMS_AT_ONCE)
        raise OSError("the feed broke off")

    with pytest.raises(OSError, match="broke off"):
        index(bulky, embedder, stream())
    assert bulky.count() > 0


def test_progress_ends_at_everything(tmp_path: Path, store: ExactStore, embedder: GridEmbedder) -> None:
    seen: list[Progress] = []
    items = [*items_in(tmp_path, 10), Rejection("row 3", "source", "no image")]
    worker = BatchWorker(store, embedder, as_is, Limits())
    run(items, worker, Writer(store), total=11, workers=2, on_progress=seen.append)
    assert seen[-1] == Progress(done=11, total=11, rejected=1)
    assert [now.done for now in seen] == sorted(now.done for now in seen)


def test_what_is_in_flight_is_bounded(tmp_path: Path, store: ExactStore, embedder: GridEmbedder) -> None:
    items = items_in(tmp_path, 10 * ITEMS_AT_ONCE)
    ahead: list[int] = []

    def watched() -> Iterator[Item]:
        for taken, item in enumerate(items):
            ahead.append(taken - store.count())
            yield item

    index(store, embedder, watched())
    assert max(ahead) <= 2 * IN_FLIGHT * ITEMS_AT_ONCE


class OneBadInABatch(GridEmbedder):
    """Refuses a batch in which a black picture stands, as a network that finds no finite vector would."""

    def embed(self, pixels: Sequence[np.ndarray]) -> np.ndarray:
        if (pixels[0].max(axis=(1, 2, 3)) < 0).any():
            raise EmbedderError("no finite vector")
        return super().embed(pixels)


def test_one_picture_that_fails_the_network_does_not_take_its_batch_along(tmp_path: Path, store: ExactStore) -> None:
    items = items_in(tmp_path, 3)
    (tmp_path / "black.png").write_bytes(encode(draw_picture(0).point(lambda _: 0), "PNG"))
    report = index(store, OneBadInABatch(), [items[0], Item("black", "p", str(tmp_path / "black.png")), *items[1:]])
    assert report.added == 3
    assert [(r.item_id, r.stage) for r in report.rejected] == [("black", "embed")]


@pytest.mark.parametrize(("slots", "meet"), [(1, False), (2, True)])
def test_only_as_many_threads_compute_as_there_are_slots(
    tmp_path: Path, store: ExactStore, slots: int, meet: bool
) -> None:
    met: list[bool] = []
    barrier = Barrier(2)

    class Meeting(GridEmbedder):
        def embed(self, pixels: Sequence[Pixels]) -> Vectors:
            try:
                barrier.wait(0.3)
                met.append(True)
            except BrokenBarrierError:
                met.append(False)
            return super().embed(pixels)

    worker = BatchWorker(store, Meeting(), as_is, Limits(), compute_slots=BoundedSemaphore(slots))
    report = run(items_in(tmp_path, 2 * ITEMS_AT_ONCE), worker, Writer(store), workers=3)
    assert report.added == 2 * ITEMS_AT_ONCE
    assert any(met) == meet
