"""Duplicates in a store are grouped by bytes, looks and code, and shown on a page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sosie.details.kept import extract_stored_details
from sosie.duplicates import DuplicateReport, find_duplicates
from sosie.duplicates.candidates import Survey, keep_held
from sosie.duplicates.grouping import Groups
from sosie.duplicates.looks import ComparablePicture, comparable_picture
from sosie.duplicates.page.page import render_duplicates_page
from sosie.duplicates.pairs import CopyOverlay, find_copy_overlay
from sosie.duplicates.records import Likeness
from sosie.evaluation.page.pictures import PagePictures
from sosie.images.decode import Limits
from sosie.stores.exact import ExactStore
from sosie.types import DETAILS, THUMBNAIL, Attributes, Item
from support.catalogs import VECTOR, filled_store
from support.edits import EDITS
from support.pictures import encode
from support.shared import shared
from support.textures import draw_print


def item(folder: Path, item_id: str, product_id: str, picture: Image.Image, **attributes: str) -> Item:
    path = folder / f"{item_id}.png"
    path.write_bytes(encode(picture, "PNG"))
    named: Attributes = dict(attributes)
    return Item(item_id, product_id, str(path), attributes=named)


@pytest.fixture
def store(tmp_path: Path) -> ExactStore:
    """Eight products; a1 again with the same bytes and in every edit, and a2 again as product z."""
    items = [item(tmp_path, f"a{seed}", f"p{seed}", draw_print(seed), ean=f"{seed}") for seed in range(8)]
    items.append(item(tmp_path, "b-bytes", "p1", draw_print(1)))
    items += [item(tmp_path, f"c-{number}", "p1", edit(draw_print(1))) for number, edit in enumerate(EDITS.values())]
    items += [item(tmp_path, "d-1", "z", draw_print(2)), item(tmp_path, "e-1", "q", draw_print(99), ean="5")]
    return filled_store(items)


def groups_of(report: DuplicateReport) -> list[tuple[str, ...]]:
    return [group.items for group in report.groups]


def test_copies_are_grouped_and_nothing_else_is(store: ExactStore) -> None:
    progress: list[tuple[int, int | None]] = []
    report = find_duplicates(store, workers=2, on_progress=lambda done, total: progress.append((done, total)))
    edited = tuple(sorted(f"c-{number}" for number in range(len(EDITS))))
    assert groups_of(report) == [("a1", "b-bytes", *edited), ("a2", "d-1")]
    assert [group.listed_twice for group in report.groups] == [False, True]
    assert progress[-1] == (report.compared, report.compared)
    reasons = {likeness.second: likeness.reason for group in report.groups for likeness in group.evidence}
    assert reasons["b-bytes"] == reasons["d-1"] == "same bytes"
    assert reasons["c-0"] == "same picture"


def test_a_store_that_keeps_details_gives_the_same_groups(store: ExactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    without = groups_of(find_duplicates(store, workers=1))
    records = list(store.scan(fields=(VECTOR, THUMBNAIL)))
    kept = {
        record.item_id: extract_stored_details(Image.open(str(record.image)).convert("RGB")).sealed
        for record in records
    }
    store.upsert([replace(record, blobs={**record.blobs, DETAILS: kept[record.item_id]}) for record in records])
    monkeypatch.setattr("sosie.duplicates.looks.extract", None)
    overlaid: list[bool] = []

    def noted(first: ComparablePicture, second: ComparablePicture, by_details: bool) -> CopyOverlay | None:
        overlaid.append(by_details)
        return find_copy_overlay(first, second, by_details=by_details)

    monkeypatch.setattr("sosie.duplicates.finding.find_copy_overlay", noted)
    report = find_duplicates(store, workers=1)
    assert groups_of(report) == without
    assert len(overlaid) < 0.8 * report.compared


def test_pairs_that_earlier_pairs_joined_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edits = [edit for name, edit in EDITS.items() if "cropped" not in name][:5]
    pictures = [draw_print(1), *(edit(draw_print(1)) for edit in edits)]
    items = [item(tmp_path, f"a{number}", "p1", picture) for number, picture in enumerate(pictures)]
    copies: list[bool] = []

    def noted(first: ComparablePicture, second: ComparablePicture, by_details: bool) -> CopyOverlay | None:
        overlay = find_copy_overlay(first, second, by_details=by_details)
        copies.append(overlay is not None)
        return overlay

    monkeypatch.setattr("sosie.duplicates.finding.find_copy_overlay", noted)
    report = find_duplicates(filled_store(items), workers=1)
    assert groups_of(report) == [tuple(f"a{number}" for number in range(6))]
    assert sum(copies) == len(report.groups[0].evidence) == 5
    assert report.compared > 10


def test_details_of_another_version_are_found_anew(store: ExactStore) -> None:
    [record] = store.get(["a1"], (THUMBNAIL,))
    picture = comparable_picture(record)
    assert len(picture.details) > 0
    old = comparable_picture(replace(record, blobs={**record.blobs, DETAILS: b"another version"}))
    assert np.array_equal(old.details.points, picture.details.points)


def test_a_code_under_two_products_is_found_where_the_catalog_names_its_attribute(store: ExactStore) -> None:
    manifest = store.manifest
    named = replace(manifest, settings={"codes": {"attribute": "ean"}})
    store.replace_manifest(named, expected=manifest)
    [*_, last] = find_duplicates(store).groups
    assert last.items == ("a5", "e-1")
    assert last.evidence == (Likeness("a5", "e-1", "same code", code="5"),)


def test_items_without_pictures_are_found_by_their_bytes(store: ExactStore) -> None:
    store.upsert([replace(record, blobs={}) for record in store.scan(fields=("embedding@1",))])
    assert groups_of(find_duplicates(store)) == [("a1", "b-bytes"), ("a2", "d-1")]


def test_a_damaged_thumbnail_or_details_cost_only_themselves(store: ExactStore) -> None:
    whole = find_duplicates(store)
    [shown] = store.get(["a2"], [THUMBNAIL])
    [copy] = store.get(["c-0"], [THUMBNAIL, DETAILS, VECTOR])
    store.upsert([
        replace(shown, item_id="broken", content_sha256="11", blobs={THUMBNAIL: shown.blobs[THUMBNAIL][:200]}),
        replace(copy, blobs={**copy.blobs, DETAILS: b"no details"}),
    ])  # fmt: skip
    report = find_duplicates(store)
    assert report.damaged == ("broken",)
    assert report.to_dict()["damaged"] == ["broken"]
    assert [group.items for group in report.groups] == [group.items for group in whole.groups]


def test_an_empty_store_has_no_duplicates() -> None:
    report = find_duplicates(filled_store([]))
    assert (report.items, report.groups, report.compared) == (0, (), 0)


def test_groups_hang_together_by_chains() -> None:
    groups = Groups()
    for first, second in (("a", "b"), ("c", "d"), ("b", "c"), ("a", "d"), ("x", "y")):
        groups.join(Likeness(first, second, "same picture"))
    components = groups.groups({name: name for name in "abcdxy"})
    assert [group.items for group in components] == [("a", "b", "c", "d"), ("x", "y")]
    assert len(components[0].evidence) == 3


def test_the_page_stands_alone(store: ExactStore) -> None:
    page = render_duplicates_page(find_duplicates(store), "<shop>.sosie", PagePictures(store, Limits()))
    assert page.count("data:image/jpeg") == len(EDITS) + 4
    assert "&lt;shop&gt;.sosie" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_real_copies_and_turns_are_one_group_each(tmp_path: Path) -> None:
    folders = shared("data/hard_images/copies"), shared("data/hard_images/turns")
    paths = [path for folder in folders for path in sorted(folder.iterdir())]
    report = find_duplicates(filled_store([Item(path.name, path.name, str(path)) for path in paths]))
    assert groups_of(report) == [tuple(sorted(path.name for path in paths))]


def test_pictures_of_the_same_bytes_are_looked_at_once() -> None:
    seen = Survey(same_bytes=[("a", "c")], held=["a", "b"], pairs={("b", "c"), ("a", "c"), ("b", "d")})
    keep_held(seen)
    assert seen.pairs == {("a", "b")}
