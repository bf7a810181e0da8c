"""A catalog keeps thumbnails of the size that was chosen, or none."""

import io
from pathlib import Path

import pytest
from PIL import Image

from sosie.catalog import Catalog
from sosie.errors import ItemNotFound, UsageError
from sosie.knowledge.thumbnails import SIDES
from support.pictures import draw_picture, encode


def write_pictures(folder: Path, *seeds: int) -> Path:
    folder.mkdir(exist_ok=True)
    for seed in seeds:
        (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (400, 300))))
    return folder


def side_of(catalog: Catalog, item_id: str) -> int:
    with Image.open(io.BytesIO(catalog.thumbnail(item_id))) as picture:
        return max(picture.size)


@pytest.mark.parametrize("details", [True, False])
def test_thumbnails_have_the_side_that_was_chosen(tmp_path: Path, details: bool) -> None:
    pictures = write_pictures(tmp_path / "pictures", 1)
    for side, expected in ((None, 256), (256, 256), (128, 128)):
        with Catalog(tmp_path / f"{side}.sosie") as catalog:
            catalog.index(pictures, thumbnails=side, details=details)
            assert side_of(catalog, "1.jpg") == expected


@pytest.mark.parametrize("details", [True, False])
def test_a_catalog_without_thumbnails_is_whole_and_answers(tmp_path: Path, details: bool) -> None:
    pictures = write_pictures(tmp_path / "pictures", 1, 2)
    with Catalog(tmp_path / "shop.sosie") as catalog:
        catalog.index(pictures, thumbnails=0, details=details)
        with pytest.raises(ItemNotFound, match="no thumbnail"):
            catalog.thumbnail("1.jpg")
        assert catalog.check().problems == ()
        assert catalog.search(pictures / "2.jpg").matches[0].item_id == "2.jpg"
        assert catalog.index(pictures).unchanged == 2


def test_a_new_side_is_that_of_pictures_indexed_from_then_on(tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "pictures", 1)
    with Catalog(tmp_path / "shop.sosie") as catalog:
        catalog.index(pictures)
        report = catalog.index(write_pictures(pictures, 2), thumbnails=128)
        assert (side_of(catalog, "1.jpg"), side_of(catalog, "2.jpg")) == (256, 128)
        assert "pictures that were indexed before keep their thumbnails" in report.notes
        catalog.index(write_pictures(pictures, 3))
        assert side_of(catalog, "3.jpg") == 128


def test_a_dry_run_leaves_the_side_as_it_is(tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "pictures", 1)
    with Catalog(tmp_path / "shop.sosie") as catalog:
        catalog.index(pictures)
        catalog.index(pictures, thumbnails=0, dry_run=True)
        catalog.index(write_pictures(pictures, 2))
        assert side_of(catalog, "2.jpg") == 256


def test_a_repair_makes_no_thumbnails_where_none_are_kept(tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "pictures", 1)
    with Catalog(tmp_path / "shop.sosie") as catalog:
        catalog.index(pictures, thumbnails=0)
        report = catalog.check(repair=True)
        assert (report.problems, report.repaired) == ((), ())


def test_other_sides_are_refused(tmp_path: Path) -> None:
    assert 64 not in SIDES
    with Catalog(tmp_path / "shop.sosie") as catalog, pytest.raises(UsageError, match="thumbnails is 64"):
        catalog.index(tmp_path, thumbnails=64)
