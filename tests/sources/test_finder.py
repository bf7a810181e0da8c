"""The picture that a table names is found."""

import unicodedata
from pathlib import Path

import pytest

from sosie.errors import SourceError
from sosie.sources.opening import open_source
from sosie.sources.pictures.finder import PictureFinder
from sosie.sources.streamed import report_of
from support.tables import items, write_csv

NAMES = ["images/p1.jpg", "images/with space.jpg", "images/100%.jpg", "images/a,b.jpg", "images/10001.jpg",
         "images/Upper.JPG", unicodedata.normalize("NFD", "images/schön.jpg"), "images/größe.jpg"]  # fmt: skip

FILES_BY_SPELLING = {
    "images/p1.jpg": "images/p1.jpg",
    "./images/p1.jpg": "images/p1.jpg",
    "/images/p1.jpg": "images/p1.jpg",
    "images\\p1.jpg": "images/p1.jpg",
    "C:\\shop\\images\\p1.jpg": "images/p1.jpg",
    "images/with%20space.jpg": "images/with space.jpg",
    "images/100%25.jpg": "images/100%.jpg",
    "images/10001": "images/10001.jpg",
    "images/upper.jpg": "images/Upper.JPG",
    "Images/P1.jpg": "images/p1.jpg",
    "images/schön.jpg": NAMES[6],
    unicodedata.normalize("NFD", "images/größe.jpg"): "images/größe.jpg",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("written", FILES_BY_SPELLING)
def test_a_path_is_found_as_people_write_it(shop: Path, written: str) -> None:
    assert PictureFinder(shop).find(written) == str(shop / FILES_BY_SPELLING[written])


@pytest.mark.parametrize(
    "written", [name.removeprefix("images/") for name in FILES_BY_SPELLING if name.startswith("images/")]
)
def test_a_given_folder_is_looked_through(shop: Path, tmp_path_factory: pytest.TempPathFactory, written: str) -> None:
    elsewhere = tmp_path_factory.mktemp("table")
    assert PictureFinder(elsewhere, [shop / "images"]).find(written) == str(
        shop / FILES_BY_SPELLING[f"images/{written}"]
    )


def test_sub_folders_of_a_given_folder_are_looked_through_last_and_only_for_names_of_their_own(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "b/1.jpg", "b/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    finder = PictureFinder(tmp_path / "nowhere", [tmp_path])
    assert finder.find("2") == str(tmp_path / "b" / "2.png")
    assert finder.find("1.jpg") is None


def test_another_case_of_letters_is_reported(shop: Path) -> None:
    source = open_source(write_csv(shop / "t.csv", [{"item_id": 1, "image": "images/upper.jpg"}]))
    assert [item.image for item in items(source)] == [str(shop / "images" / "Upper.JPG")]
    assert "in other upper and lower case" in " ".join(report_of(source).notes)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("images/p1.jpg,images/10001.jpg", ["images/p1.jpg", "images/10001.jpg"]),
        ("images/p1.jpg | images/10001", ["images/p1.jpg", "images/10001.jpg"]),
        ("images/a,b.jpg", ["images/a,b.jpg"]),
        ("one, two", ["one, two"]),
    ],
)
def test_a_cell_of_several_paths(shop: Path, cell: str, expected: list[str]) -> None:
    all_items = items(open_source(write_csv(shop / "t.csv", [{"item_id": 1, "image": cell}])))
    assert [item.image for item in all_items] == [str(shop / path) for path in expected]


def test_a_folder_of_pictures_that_is_none_is_refused(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "t.csv", [{"item_id": 1, "image": "x.jpg"}])
    with pytest.raises(SourceError, match="expected a folder"):
        open_source(table, images_dir=tmp_path / "nope")


def test_odd_names_in_a_folder_are_judged_by_content_and_the_others_counted(tmp_path: Path) -> None:
    for name in ("2.jpg?v=17", "3", "4.jpg_large"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0 jpeg")
    for name in ("README", "notes.txt", "5.jpg_small"):
        (tmp_path / name).write_bytes(b"words")
    source = open_source(tmp_path)
    assert [item.item_id for item in items(source)] == ["2.jpg?v=17", "3", "4.jpg_large"]
    assert sum(skipped.count for skipped in report_of(source).skipped) == 3
