"""Details decide between items: of each product the best view, and candidates of looks and of details in turn."""

from dataclasses import replace
from unittest.mock import Mock

import pytest
from PIL import Image

from sosie.details.kept import extract_stored_details
from sosie.images.transform import encode_thumbnail
from sosie.searching.query import Query, Shot
from sosie.searching.verifying import Verifier
from sosie.stores.exact import ExactStore
from sosie.types import DETAILS, THUMBNAIL, Hit, Record
from support.learning import manifest, world
from support.textures import draw_print, seen_from, turned

VIEWS = world().photos[:1]


def item(item_id: str, product_id: str, picture: Image.Image) -> Record:
    blobs = {DETAILS: extract_stored_details(picture).sealed, THUMBNAIL: encode_thumbnail(picture)}
    return Record(item_id, product_id, f"{item_id}.jpg", blobs=blobs)


def photo_of(seed: int) -> Image.Image:
    return seen_from(draw_print(seed), turned(20, 0.8, 400, 500), (500, 500))


def half_of(picture: Image.Image) -> Image.Image:
    """The picture with its right half hidden: it agrees too, but in fewer points."""
    hidden = picture.copy()
    hidden.paste("gray", (picture.width // 2, 0, picture.width, picture.height))
    return hidden


def hits(store: ExactStore, *item_ids: str) -> list[Hit]:
    return [Hit(record.item_id, 0.5, record) for record in store.get(item_ids)]


@pytest.fixture(scope="module")
def store() -> ExactStore:
    store = ExactStore(manifest())
    whole = draw_print(1)
    store.upsert(
        [item("half", "print", half_of(whole)), item("whole", "print", whole), item("other", "other", draw_print(2))]
    )
    return store


@pytest.mark.parametrize("order", [("half", "whole", "other"), ("whole", "other", "half")])
def test_of_several_views_of_a_product_the_better_one_counts(store: ExactStore, order: tuple[str, ...]) -> None:
    query = Query(VIEWS, (Shot.of(photo_of(1)),))
    alone = Verifier(store).verify(query, hits(store, "half"), [])["print"].geometry
    verified = Verifier(store).verify(query, hits(store, *order), [])
    assert verified["print"].item_id == "whole"
    assert verified["print"].geometry.inliers > alone.inliers >= 10
    assert verified["other"].geometry.agreement is None


@pytest.mark.parametrize("turn", [1, -1])
def test_of_several_photos_the_one_that_agrees_better_counts(store: ExactStore, turn: int) -> None:
    shots = (Shot.of(photo_of(1)), Shot.of(Image.new("RGB", (300, 300), "orange")))[::turn]
    verified = Verifier(store).verify(Query(VIEWS, shots), hits(store, "half", "whole"), [])
    assert verified["print"].item_id == "whole"
    assert verified["print"].geometry.inliers >= 20


def test_among_views_with_as_many_agreeing_points_the_more_distinct_one_counts(
    store: ExactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sosie.searching import verifying

    real = Verifier(store).verify(Query(VIEWS, (Shot.of(photo_of(1)),)), hits(store, "whole"), [])["print"].geometry
    geometries = [replace(real, distinct=3), replace(real, distinct=5)]
    for order in (geometries, geometries[::-1]):
        monkeypatch.setattr(verifying, "compare_candidates", Mock(return_value=order))
        result = Verifier(store).verify(Query(VIEWS, (Shot.of(photo_of(1)),)), hits(store, "half", "whole"), [])
        assert result["print"].geometry.distinct == 5


def test_two_candidates_of_details_and_one_of_looks_are_taken_in_turn_nothing_twice(
    store: ExactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*(f"look {rank}" for rank in range(4)), *(f"detail {rank}" for rank in range(2)), "both"]
    record = store.get(["whole"], (DETAILS, THUMBNAIL))[0]
    many = ExactStore(manifest())
    many.upsert([replace(record, item_id=name, product_id=name) for name in names])
    read = Mock(wraps=many.get)
    monkeypatch.setattr(many, "get", read)
    looks = hits(many, "look 0", "both", "look 1", "look 2", "look 3")
    details = hits(many, "detail 0", "detail 1", "both")
    read.reset_mock()
    query = Query(VIEWS, (Shot.of(photo_of(1)),))
    results = Verifier(many).verify(query, looks, details, 5)
    assert read.call_args.args[0] == ["detail 0", "detail 1", "look 0", "both", "look 1"]
    assert set(results) == {"detail 0", "detail 1", "look 0", "both", "look 1"}
    Verifier(many).verify(query, looks, details)
    assert read.call_args.args[0] == ["detail 0", "detail 1", "look 0", "both", "look 1", "look 2", "look 3"]


def test_a_region_is_found_by_a_view_that_is_not_the_best_by_words(store: ExactStore) -> None:
    product = Record("other", "print", "other.jpg", blobs=store.get(["other"], (DETAILS, THUMBNAIL))[0].blobs)
    whole = store.get(["whole"], (DETAILS, THUMBNAIL))[0]
    found = {"product_id": [product], None: [product, whole]}
    both = Mock(
        search_details=lambda words, k, where, distinct=None: [
            [Hit(record.item_id, 1.0, record) for record in found[distinct]]
        ],
        get=lambda item_ids, fields: [record for record in (product, whole) if record.item_id in item_ids],
    )
    assert len(Verifier(both).regions(Shot.of(photo_of(1)), None)) == 1
