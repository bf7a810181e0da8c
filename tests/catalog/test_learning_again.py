"""Learning from the same photos again: from the cache in the store's folder, with the same result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from PIL import Image

from sosie.catalog import Catalog
from sosie.details import extract as extracting
from sosie.learning.calibrating import CalibrateReport
from sosie.searching import verifying
from sosie.stores.local.opening import PHOTO_CACHE
from support.pictures import encode
from support.textures import draw_print, seen_from, turned

PRINTS = 8


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Photos of all prints but the last two, which nobody asks for."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = ["image,product_id"]
    for seed in range(PRINTS - 2):
        photo = seen_from(draw_print(seed), turned(30 * seed, 0.7, 300, 400), (500, 500))
        (folder / f"{seed}.jpg").write_bytes(encode(photo, "JPEG"))
        rows.append(f"{seed}.jpg,{seed}.jpg")
    Image.new("RGB", (300, 200), "orange").save(folder / "plain.png")
    rows.append("plain.png,nothing of this shop")
    table = folder / "photos.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    return table


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A store of prints."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for seed in range(PRINTS):
        (pictures / f"{seed}.jpg").write_bytes(encode(draw_print(seed), "JPEG"))
    with Catalog(str(tmp_path / "shop.sosie")) as catalog:
        catalog.index(pictures)
    return tmp_path / "shop.sosie"


def calibrated(shop: Path, photos: Path) -> CalibrateReport:
    """What calibrating with the photos says."""
    with Catalog(str(shop)) as catalog:
        return catalog.calibrate(photos, precision=0.8, workers=1)


@pytest.fixture
def effort(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[int, int, int]]:
    """Tells how often pictures were looked for details, embedded, and compared since it was asked last."""
    from sosie.embedders import onnx

    spies = (
        Mock(wraps=extracting.extract),
        Mock(wraps=onnx.OnnxEmbedder.embed),
        Mock(wraps=verifying.compare_candidates),
    )
    monkeypatch.setattr(extracting, "extract", spies[0])
    monkeypatch.setattr(onnx.OnnxEmbedder, "embed", lambda self, pixels: spies[1](self, pixels))
    monkeypatch.setattr(verifying, "compare_candidates", spies[2])

    def spent() -> tuple[int, int, int]:
        counts = tuple(spy.call_count for spy in spies)
        for spy in spies:
            spy.reset_mock()
        return counts  # type: ignore[return-value]

    return spent


def test_the_second_time_nothing_is_computed_again_and_the_result_is_the_same(
    shop: Path, photos: Path, effort: Callable[[], tuple[int, int, int]]
) -> None:
    first = calibrated(shop, photos)
    assert min(effort()) > 0
    again = calibrated(shop, photos)
    assert effort() == (0, 0, 0)
    assert again.calibration == first.calibration
    (shop / PHOTO_CACHE).unlink()
    anew = calibrated(shop, photos)
    assert min(effort()) > 0
    assert anew.calibration == first.calibration


def test_a_catalog_that_changed_is_compared_anew(
    shop: Path, photos: Path, tmp_path: Path, effort: Callable[[], tuple[int, int, int]]
) -> None:
    calibrated(shop, photos)
    more = tmp_path / "more"
    more.mkdir()
    (more / "more.jpg").write_bytes(encode(draw_print(99), "JPEG"))
    with Catalog(str(shop)) as catalog:
        catalog.index(more)
    effort()
    kept = calibrated(shop, photos)
    extracted, embedded, compared = effort()
    assert (embedded, min(extracted, compared) > 0) == (0, True)
    (shop / PHOTO_CACHE).unlink()
    assert calibrated(shop, photos).calibration == kept.calibration


@pytest.mark.parametrize("damage", [b"", b"no database, but long enough to have a header of one hundred bytes " * 3])
def test_a_damaged_cache_does_no_harm(shop: Path, photos: Path, damage: bytes) -> None:
    first = calibrated(shop, photos)
    (shop / PHOTO_CACHE).write_bytes(damage)
    assert calibrated(shop, photos).calibration == first.calibration


def test_adapting_after_calibrating_embeds_nothing(
    shop: Path, photos: Path, effort: Callable[[], tuple[int, int, int]]
) -> None:
    calibrated(shop, photos)
    effort()
    with Catalog(str(shop)) as catalog:
        report = catalog.adapt(photos, dry_run=True, workers=1)
    assert not report.helps
    assert effort()[1] == 0
