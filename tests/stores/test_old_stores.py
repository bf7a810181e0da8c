"""Stores of earlier versions open and answer as they did, and can be indexed into; ``old/make.py`` made them."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sosie.calibration.model import MAX_PROBABILITY
from sosie.catalog import Catalog
from support.pictures import draw_picture

OLD = Path(__file__).parent / "old"
STORES = sorted(archive for archive in OLD.glob("*/*.tar.xz") if archive.name != "queries.tar.xz")
K = 5
WHERE = "kind=b"
MANY = 20

Expected = dict[str, Any]


def unpack(archive: Path, into: Path) -> Path:
    """The folder that the archive holds, below ``into``, which must be empty."""
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    [folder] = into.iterdir()
    return folder


def kind_of(archive: Path) -> str:
    return archive.name.removesuffix(".tar.xz")


@pytest.fixture(scope="module", params=STORES, ids=lambda archive: f"{archive.parent.name}-{kind_of(archive)}")
def archive(request: pytest.FixtureRequest) -> Path:
    chosen: Path = request.param
    return chosen


@pytest.fixture(scope="module")
def expected(archive: Path) -> Expected:
    every = json.loads((archive.parent / "expected.json").read_text(encoding="utf-8"))
    answers: Expected = every[kind_of(archive)]
    return answers


@pytest.fixture(scope="module")
def queries(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = unpack(archive.parent / "queries.tar.xz", tmp_path_factory.mktemp("queries"))
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def catalog(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with Catalog(unpack(archive, tmp_path_factory.mktemp("store"))) as catalog:
        yield catalog


def check_answer(result: Any, expected: Expected, filtered: bool = False) -> None:
    """The same items with the same numbers; since 0.2 the order and the verdict follow from the number shown."""
    whole = result.to_dict()
    assert whole["calibration"] == expected["calibration"]
    numbers = [match["same_product"] for match in whole["matches"]]
    if None in numbers:
        assert whole["verdict"] == expected["verdict"]
    elif whole["matches"]:
        assert whole["verdict"] != "match" or numbers[0] >= 0.5
        assert whole["verdict"] != "no match" or numbers[0] < 0.5
    earlier = {match["item_id"]: match for match in expected["matches"]}
    in_both = [match for match in whole["matches"] if match["item_id"] in earlier]
    assert len(in_both) >= min(3, len(earlier))
    for match in in_both:
        before = earlier[match["item_id"]]
        assert match["score"] == pytest.approx(before["score"], abs=1e-4)
        # Calibrations that ship are fitted anew now and then; what a filter leaves out counts otherwise than in 0.1.
        if whole["calibration"] != "provisional" and not filtered:
            check_number(match["same_product"], before["same_product"])
        check_inliers(match["evidence"].get("inliers"), before["inliers"])
        for name in ("product_id", "attributes", "views"):
            assert match[name] == before[name]


def check_inliers(inliers: int | None, before: int | None) -> None:
    """Where many details agreed, about as many do: since 0.2 photos have other points and fewer items are compared."""
    if before is not None and before >= MANY:
        assert inliers == pytest.approx(before, rel=0.25)


def check_number(number: float | None, before: float | None) -> None:
    """The probability of the store's own calibration, as far as other points of the photo allow."""
    if before is None:
        assert number is None
    else:
        assert number == pytest.approx(min(before, MAX_PROBABILITY), abs=0.03)


def test_it_is_sound_and_has_what_it_had(catalog: Catalog, expected: Expected) -> None:
    assert catalog.stats().items == expected["items"]
    entries = catalog.feedback().entries
    assert [[entry.opinion, entry.item_id, entry.content_sha256] for entry in entries] == expected["feedback"]
    report = catalog.check()
    assert (report.items, report.problems) == (expected["items"], ())


def test_an_old_store_gives_the_answers_of_its_version(
    catalog: Catalog, expected: Expected, queries: list[Path]
) -> None:
    assert {query.stem for query in queries} == set(expected["searches"])
    for query in queries:
        check_answer(catalog.search(query, K), expected["searches"][query.stem])
        check_answer(catalog.search(query, K, where=WHERE), expected["where"][query.stem], filtered=True)
    check_answer(catalog.similar("i01", K), expected["similar"])


def test_it_takes_new_items(archive: Path, expected: Expected, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    store = unpack(archive, tmp_path / "old")
    picture = tmp_path / "new" / "new.png"
    draw_picture(7, (200, 200)).save(picture)
    with Catalog(store) as catalog:
        report = catalog.index(tmp_path / "new")
        assert (report.added, report.updated, report.rejected) == (1, 0, ())
        assert catalog.stats().items == expected["items"] + 1
        assert catalog.search(picture, 1).matches[0].item_id == "new.png"
        assert catalog.check().problems == ()


def test_every_kind_of_store_is_kept() -> None:
    for version in OLD.glob("*/expected.json"):
        kinds = set(json.loads(version.read_text(encoding="utf-8")))
        assert kinds == {"plain", "details", "adapted", "calibrated", "feedback"}
        assert kinds == {kind_of(archive) for archive in STORES if archive.parent == version.parent}
    assert STORES
