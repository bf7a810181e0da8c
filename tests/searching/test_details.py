"""Exact products: prints that look alike to the network are told apart by their details, in a store like any other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sosie.catalog import Catalog
from sosie.details import extract as extraction
from sosie.details.aggregate import shipped_aggregator
from sosie.details.base import PHOTO, PHOTO_CLOSER, Details, ExtractionSettings
from sosie.details.extract import extract
from sosie.details.kept import unpack_details
from sosie.details.vocabulary import shipped_vocabulary
from sosie.errors import StoreVersionError
from sosie.knowledge.details import VECTOR, keeps_details, read_detailer
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching import query as query_module
from sosie.searching.query import Query, Shot
from sosie.searching.searcher import Searcher
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.support.visual_words import VisualWords
from sosie.types import DETAILS, VISUAL_WORDS, DetailsEvidence, LooksEvidence, Manifest
from support.pictures import encode
from support.textures import draw_print, turned_print, write_prints

PRINTS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("prints")
    write_prints(made, PRINTS)
    (made / "plain.png").write_bytes(encode(Image.new("RGB", (300, 200), "orange"), "PNG"))
    return made


@pytest.fixture(scope="module")
def shop(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    catalog = Catalog(str(tmp_path_factory.mktemp("store") / "shop.sosie"))
    catalog.index(folder)
    return catalog


def test_every_item_keeps_its_details_and_plain_ones_have_none(shop: Catalog) -> None:
    records = {item.item_id: item for item in shop._store.scan(fields=(DETAILS, VISUAL_WORDS))}
    assert len(records) == PRINTS + 1
    assert all(len(item.blobs[DETAILS]) <= 16_384 for item in records.values())
    plain = records.pop("plain.png")
    assert len(unpack_details(plain.blobs[DETAILS])) == 0
    assert VISUAL_WORDS not in plain.blobs
    assert all(len(VisualWords.from_bytes(item.blobs[VISUAL_WORDS])) >= 100 for item in records.values())


def small_among_others(seed: int, side: int) -> Image.Image:
    """The print in half its size before nine others, which no catalog has."""
    photo = Image.new("RGB", (1000, 1000))
    for place in range(9):
        photo.paste(draw_print(100 + place).resize((334, 334)), (333 * (place % 3), 333 * (place // 3)))
    photo.paste(draw_print(seed).resize((200, 200)), (450, 430))
    return photo.resize((side, side))


def test_where_few_details_agree_a_closer_look_finds_more(shop: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = small_among_others(1, 1000)
    first = shop.search(photo, 1).matches[0]
    assert (first.item_id, isinstance(first.evidence, DetailsEvidence)) == ("1.jpg", True)
    left = shop.search(photo, 1, where="item_id!=1.jpg").matches[0]
    assert left.item_id != "1.jpg"
    assert (left.same_product or 0) < 0.5
    monkeypatch.setattr(query_module, "SIDE_OF_CLOSER_LOOKS", 1001)
    assert shop.search(photo, 1).matches[0].evidence == LooksEvidence()


def test_clear_and_small_photos_get_no_closer_look(shop: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[ExtractionSettings] = []

    def extract_noted(picture: Image.Image, settings: ExtractionSettings) -> Details:
        looks.append(settings)
        return extract(picture, settings)

    monkeypatch.setattr(extraction, "extract", extract_noted)
    for photo in (turned_print(2), small_among_others(1, 639), small_among_others(1, 640)):
        shop.search(photo, 1)
    assert looks == [PHOTO, PHOTO, PHOTO, PHOTO_CLOSER]


@pytest.mark.parametrize("seed", range(PRINTS))
def test_a_turned_print_is_found_first_with_its_reasons(shop: Catalog, seed: int) -> None:
    result = shop.search(turned_print(seed), 3)
    first = result.matches[0]
    assert first.item_id == f"{seed}.jpg"
    details = first.evidence
    assert isinstance(details, DetailsEvidence)
    assert details.item_id == first.item_id
    assert details.inliers >= 20
    corners = np.array(details.query_polygon) * 640
    assert np.linalg.norm(corners[1] - corners[0]) == pytest.approx(240, rel=0.05)
    assert all(match.evidence == LooksEvidence() for match in result.matches[1:])


def test_where_details_say_nothing_the_order_of_looks_stands(shop: Catalog, folder: Path) -> None:
    plain = Image.new("RGB", (320, 200), "orange")
    result = shop.search(plain, PRINTS + 1)
    scores = [match.score for match in result.matches]
    assert result.matches[0].item_id == "plain.png"
    assert scores == sorted(scores, reverse=True)
    assert all(match.evidence == LooksEvidence() for match in result.matches)


def test_several_products_in_one_photo_each_have_their_place(shop: Catalog) -> None:
    wide = Image.new("RGB", (900, 450), "gray")
    wide.paste(draw_print(1).resize((400, 400)), (20, 25))
    wide.paste(draw_print(4).resize((400, 400)), (480, 25))
    results = {
        match.item_id: match.evidence
        for match in shop.search(wide, 7).matches
        if isinstance(match.evidence, DetailsEvidence)
    }
    assert set(results) == {"1.jpg", "4.jpg"}
    left, right = (np.mean([x for x, _ in results[name].query_polygon]) for name in ("1.jpg", "4.jpg"))
    assert left < 0.5 < right


def test_a_where_holds_for_what_details_find_too(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    rows = [f"i{seed},{folder / f'{seed}.jpg'},{'even' if seed % 2 == 0 else 'odd'}" for seed in range(PRINTS)]
    table.write_text("\n".join(["item_id,image,kind", *rows]), encoding="utf-8")
    with Catalog(str(tmp_path / "shop.sosie")) as catalog:
        catalog.index(table)
        matches = catalog.search(turned_print(3), 6, where="kind=even").matches
    assert {match.item_id for match in matches} == {"i0", "i2", "i4"}
    assert all(match.evidence == LooksEvidence() for match in matches)


def test_details_are_dropped_and_made_again_when_asked(folder: Path, tmp_path: Path) -> None:
    with Catalog(str(tmp_path / "shop.sosie")) as catalog:
        catalog.index(folder, details=False)
        assert not keeps_details(catalog._store.manifest)
        assert catalog.search(turned_print(2), 1).matches[0].evidence == LooksEvidence()
        report = catalog.index(folder, details=True)
        assert report.updated == PRINTS + 1
        assert isinstance(catalog.search(turned_print(2), 1).matches[0].evidence, DetailsEvidence)
        assert catalog.index(folder).unchanged == PRINTS + 1
        assert report.notes == ()
        off = catalog.index(folder, details=False)
        assert off.unchanged == PRINTS + 1
        assert "all details were dropped" in off.notes[0]
        assert "--details on makes them again" in off.notes[0]
        assert catalog.index(folder, details=False).notes == ()
        assert catalog.search(turned_print(2), 1).matches[0].evidence == LooksEvidence()


def test_missing_items_are_reported_to_be_without_details(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    [first, *_] = sorted(folder.glob("*.jpg"))
    (tmp_path / "one" / first.name).write_bytes(first.read_bytes())
    with Catalog(str(tmp_path / "shop.sosie")) as catalog:
        catalog.index(folder, details=False)
        dry = catalog.index(tmp_path / "one", details=True, dry_run=True)
        assert dry.notes == ("a real run would make the details of every item that comes",)
        assert not keeps_details(catalog._store.manifest)
        [note] = catalog.index(tmp_path / "one", details=True).notes
        assert f"this run did not include them: {PRINTS} items; index them again" in note
        assert catalog.index(folder).updated == PRINTS + 1  # the one that lay elsewhere, too


def test_details_of_another_version_are_not_compared_and_not_mixed(folder: Path, tmp_path: Path) -> None:
    with Catalog(str(tmp_path / "shop.sosie")) as catalog:
        catalog.index(folder)

        def older(now: Manifest) -> Manifest:
            settings = {**now.settings, DETAILS: {"fingerprint": "0" * 16}}
            return Manifest(now.embedder, now.vectors, now.active, now.attributes, settings)

        change_manifest(catalog._store, older)
        fields = (*catalog._store.manifest.vectors, DETAILS, VISUAL_WORDS)
        records = list(catalog._store.scan(fields=fields))
        catalog._store.upsert(
            [replace(entry, blobs={**entry.blobs, DETAILS: bytes(8) + entry.blobs[DETAILS][8:]}) for entry in records]
        )
        assert catalog.search(turned_print(2), 1).matches[0].evidence == LooksEvidence()
        with pytest.raises(StoreVersionError, match="--details on to extract them again"):
            read_detailer(catalog._store.manifest)
        report = catalog.index(folder, details=True)
        assert report.updated == PRINTS + 1
        assert isinstance(catalog.search(turned_print(2), 1).matches[0].evidence, DetailsEvidence)


def test_items_of_version_0_1_0_are_found_until_they_are_made_anew(folder: Path, tmp_path: Path) -> None:
    with Catalog(str(tmp_path / "shop.sosie")) as catalog:
        catalog.index(folder)
        store = catalog._store
        as_in_version_0_1_0(store)
        assert store.search_details([shipped_vocabulary().query(extract(turned_print(2)))], 3) == [[]]
        assert found_by_details(catalog) == "2.jpg"
        (tmp_path / "one").mkdir()
        (tmp_path / "one" / "2.jpg").write_bytes((folder / "2.jpg").read_bytes())
        assert catalog.index(tmp_path / "one").updated == 1
        assert found_by_details(catalog) == "2.jpg"
        assert VECTOR in store.manifest.vectors
        assert catalog.index(folder).updated == PRINTS
        assert VECTOR not in store.manifest.vectors
        assert (DETAILS in store.manifest.active, DETAILS in store.manifest.settings) == (False, True)
        assert found_by_details(catalog) == "2.jpg"
        assert catalog.index(folder).unchanged == PRINTS + 1


def found_by_details(catalog: Catalog) -> str:
    """The first candidate for a photo of the third print that details alone give."""
    searcher = Searcher(catalog._store, knowledge_of(catalog._store.manifest))
    assert searcher._verifier is not None
    [hits] = searcher._verifier.find([Query(np.zeros((1, 1), np.float32), (Shot.of(turned_print(2)),))], None)
    return hits[0].item_id


def as_in_version_0_1_0(store: Store) -> None:
    """Give every item the vector that version 0.1.0 gave it, and take its visual words."""
    aggregator = shipped_aggregator()

    def older(now: Manifest) -> Manifest:
        return replace(now, vectors={**now.vectors, VECTOR: aggregator.dim}, active={**now.active, DETAILS: VECTOR})

    fields = (*change_manifest(store, older).vectors, DETAILS, "thumbnail")
    records = []
    for record in store.scan(fields=fields):
        vector = aggregator.vector(unpack_details(record.blobs[DETAILS]))
        vectors = {**record.vectors} if vector is None else {**record.vectors, VECTOR: vector}
        records.append(replace(record, vectors=vectors))
    store.upsert(records)


def test_a_where_that_leaves_out_the_right_print_raises_no_confidence(folder: Path, tmp_path: Path) -> None:
    """Half of print 3 stands on a variant; the photo shows print 3, which the where leaves out."""
    half = draw_print(3)
    half.paste(draw_print(50).crop((0, 0, half.width, half.height // 2)), (0, 0))
    half.save(tmp_path / "variant.png")
    rows = [f"i{seed},{folder / f'{seed}.jpg'},shop" for seed in range(PRINTS)]
    table = tmp_path / "table.csv"
    table.write_text(
        "\n".join(["item_id,image,kind", *rows, f"variant,{tmp_path / 'variant.png'},other"]), encoding="utf-8"
    )
    with Catalog(str(tmp_path / "shop.sosie")) as catalog:
        catalog.index(table)
        free = {match.item_id: match.same_product for match in catalog.search(turned_print(3), PRINTS + 1).matches}
        [alone] = catalog.search(turned_print(3), 1, where="kind=other").matches
    assert alone.item_id == "variant"
    assert isinstance(alone.evidence, DetailsEvidence)
    assert alone.same_product == pytest.approx(free["variant"], abs=0.02)
    assert free["variant"] < 0.2
