"""iMaterialist files in both layouts."""

import json
from pathlib import Path
from typing import Any

import pytest

from sosie.errors import SourceError
from sosie.sources.annotated.imaterialist import ImaterialistSource
from sosie.sources.base import Source
from support.shared import shared
from support.tables import items, only_item, only_reason, rejections, write_furniture, write_product

HEX = "0123456789abcdef0123456789abcdef"


def product(at: Path, *rows: Any, **options: Any) -> Source:
    return ImaterialistSource(write_product(at / "train.json", rows), **options)


def furniture(at: Path, images: list[Any], annotations: list[Any], **options: Any) -> Source:
    return ImaterialistSource(write_furniture(at / "train.json", images, annotations), **options)


def image(image_id: Any, *urls: str) -> dict[str, Any]:
    return {"url": list(urls or [f"http://h/{image_id}.jpg"]), "image_id": image_id}


def annotation(image_id: Any, label: Any) -> dict[str, Any]:
    return {"image_id": image_id, "label_id": label}


def test_product_2019(tmp_path: Path) -> None:
    item = only_item(product(tmp_path, {"id": f"{HEX}.jpg", "url": "http://h/a b.jpg", "class": 42}))
    assert (item.item_id, item.product_id) == (f"{HEX}.jpg", f"{HEX}.jpg")
    assert (item.image, item.links) == ("http://h/a b.jpg", ("http://h/a b.jpg",))
    assert item.attributes == {"label": "42"}


def test_furniture_2018(tmp_path: Path) -> None:
    first, second = items(
        furniture(tmp_path, [image(9, "http://h/9", "http://i/9"), image(2)], [annotation(2, 38), annotation(9, 7)])
    )
    assert (first.item_id, first.product_id, first.attributes) == ("9", "9", {"label": "7"})
    assert first.image == first.links == ("http://h/9", "http://i/9")
    assert (second.item_id, second.image, second.attributes) == ("2", "http://h/2.jpg", {"label": "38"})


def test_annotations_may_come_first(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"info": {"images": [1]}, "annotations": [annotation(1, 5)], "images": [image(1)]}))
    assert only_item(ImaterialistSource(path)).attributes == {"label": "5"}


def test_test_sets_have_no_labels(tmp_path: Path) -> None:
    assert only_item(product(tmp_path, {"id": "a.jpg", "url": "http://h/a"})).attributes == {}
    (tmp_path / "test.json").write_text(json.dumps({"images": [image(1)]}))
    assert only_item(ImaterialistSource(tmp_path / "test.json")).attributes == {}
    with pytest.raises(SourceError, match="has no labels"):
        ImaterialistSource(tmp_path / "test.json", label=1)


@pytest.mark.parametrize("label", [12, "12"])
def test_only_one_label(tmp_path: Path, label: Any) -> None:
    rows = [{"id": f"{n}.jpg", "url": f"http://h/{n}", "class": 10 + n % 4} for n in range(40)]
    source = product(tmp_path, *rows, {"id": "", "url": "", "class": 11}, label=label)
    assert [item.item_id for item in items(source)] == [f"{n}.jpg" for n in range(2, 40, 4)]
    assert source.count() == 10
    images, annotations = [image(n) for n in range(40)], [annotation(n, 10 + n % 4) for n in range(40)]
    furnished = furniture(tmp_path, images, annotations, label=label)
    assert [item.item_id for item in items(furnished)] == [str(n) for n in range(2, 40, 4)]


@pytest.mark.parametrize(
    ("wanted", "labels", "nearest"),
    [
        (2020, range(2019), "2019 labels: 2018, 2017, 2016"),
        ("7", [5, 8, 20, 30], "4 labels: 8, 5, 20"),
        ("lamp", ["lamps", "table", "chair", "sofa"], "4 labels: lamps, "),
        ("²", [1, 2], "2 labels: "),
    ],
)
def test_a_label_that_is_not_there(tmp_path: Path, wanted: Any, labels: Any, nearest: str) -> None:
    with pytest.raises(SourceError, match=f"no label '{wanted}'; nearest of its {nearest}"):
        product(tmp_path, *({"id": f"{n}", "url": "http://h/a", "class": n} for n in labels), label=wanted)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (5, "it has no 'id'"),
        ({"url": "http://h/a"}, "it has no 'id'"),
        ({"id": "", "url": "http://h/a"}, "it has no 'id'"),
        ({"id": "a.jpg"}, "it has no URL"),
        ({"id": "a.jpg", "url": ""}, "it has no URL"),
        ({"id": "a.jpg", "url": [None, 3]}, "it has no URL"),
        ({"id": "a.jpg", "url": "ftp://h/a"}, "it has no URL"),
    ],
)
def test_a_row_that_is_no_image_is_rejected_and_the_next_follows(tmp_path: Path, row: Any, reason: str) -> None:
    good = {"id": "z.jpg", "url": "http://h/z"}
    source = product(tmp_path, good, row, {**good, "id": "y.jpg"})
    assert [item.item_id for item in items(source)] == ["z.jpg", "y.jpg"]
    assert f"image 2: {reason}" in rejections(source)[0].reason


def test_annotations_that_say_nothing_or_contradict_are_rejected(tmp_path: Path) -> None:
    annotations = [annotation(1, 5), annotation(1, 5), annotation(2, 5), annotation(2, 6), {"image_id": 3}, "x"]
    source = furniture(tmp_path, [image(1), image(2), image(3)], annotations)
    assert [(item.item_id, dict(item.attributes)) for item in items(source)] == [("1", {"label": "5"}), ("3", {})]
    assert [rejection.reason for rejection in rejections(source)] == [
        "annotation 5: it has no image_id or no label_id",
        "annotation 6: it has no image_id or no label_id",
        "image 2: it has several labels, 5 and 6; expected one",
    ]


@pytest.mark.parametrize(
    ("content", "described"),
    [
        (
            {"images": [{"file": "a.jpg", "href": "x"}], "info": 1},
            "'images', 'info', and a first image.*'file', 'href'",
        ),
        ({"images": ["a.jpg"]}, "a first image that is str"),
        ({"items": [{"id": "a", "url": "b"}]}, "an object with the keys 'items'"),
        ("just text", "no object with keys"),
        ({"images": [{}]}, "keys none"),
    ],
)
def test_json_in_neither_layout_is_refused(tmp_path: Path, content: Any, described: str) -> None:
    (tmp_path / "t.json").write_text(json.dumps(content))
    with pytest.raises(SourceError, match=f"got .*{described}") as caught:
        ImaterialistSource(tmp_path / "t.json")
    assert all(
        key in str(caught.value) for key in ('"class"', '"annotations"', '"label_id"', "Product 2019", "Furniture")
    )


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"images": [{"id": "a", ', b'{"images": [{"id": "\xff"}]}'])
def test_what_is_no_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(SourceError, match=r"t\.json is not one JSON value \((?!b')"):
        ImaterialistSource(tmp_path / "t.json")


def test_a_file_that_is_cut_off_says_so(tmp_path: Path) -> None:
    whole = write_product(tmp_path / "t.json", [{"id": f"{n}", "url": "http://h/a", "class": 1} for n in range(9)])
    whole.write_text(whole.read_text()[:-30])
    reading = ImaterialistSource(whole)
    with pytest.raises(SourceError, match="cut off"):
        list(reading)
    with pytest.raises(SourceError, match="cut off"):
        ImaterialistSource(whole, label=1)


def test_no_images_is_an_empty_source(tmp_path: Path) -> None:
    assert product(tmp_path).count() == 0


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "my pictures"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", [f"{HEX}.jpg", HEX, f"{HEX}.png", "a b.jpg"])
def test_pictures_that_lie_in_a_folder(tmp_path: Path, pictures: Path, name: str) -> None:
    (pictures / name).touch()
    row = {"id": f"{HEX}.jpg", "url": "http://h/x/a%20b.jpg?size=1", "class": 3}
    item = only_item(product(tmp_path, row, images_dir=pictures))
    assert (item.image, item.links) == (str(pictures / name), ("http://h/x/a%20b.jpg?size=1",))


def test_the_id_comes_before_the_url(tmp_path: Path, pictures: Path) -> None:
    for name in ("5", "5.jpg", "lamp.jpg"):
        (pictures / name).touch()
    assert only_item(furniture(tmp_path, [image(5, "http://h/lamp.jpg")], [], images_dir=pictures)).image == str(
        pictures / "5"
    )


def test_a_picture_in_a_folder_needs_no_url(tmp_path: Path, pictures: Path) -> None:
    (pictures / "5.jpg").touch()
    source = furniture(tmp_path, [image(6), {"image_id": 5, "url": []}], [], images_dir=pictures)
    assert [item.item_id for item in items(source)] == ["5"]
    assert [rejection.item_id for rejection in rejections(source)] == ["6"]


def test_the_picture_of_another_image_is_never_taken(tmp_path: Path, pictures: Path) -> None:
    for name in ("7.jpg", "front.jpg", f"{HEX}.jpg"):
        (pictures / name).touch()
    images = [
        image(1, "http://h/7.jpg"),
        image(2, "http://h/a/front.jpg"),
        image(3, "http://h/b/front.jpg"),
        image(4, f"http://h/{HEX}.jpg"),
    ]
    source = furniture(tmp_path, images, [], images_dir=pictures)
    assert {(rejection.item_id, rejection.stage) for rejection in rejections(source)} == {
        (str(n), "read") for n in range(1, 5)
    }
    assert not items(source)


@pytest.mark.parametrize(
    "row", [{"id": "../secret.jpg", "url": "http://h/..%2Fsecret.jpg"}, {"id": "a", "url": "http://["}]
)
def test_names_do_not_leave_the_folder(tmp_path: Path, pictures: Path, row: Any) -> None:
    (tmp_path / "secret.jpg").touch()
    assert "my pictures' has no picture of it" in only_reason(product(tmp_path, row, images_dir=pictures))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected a folder"):
        product(tmp_path, {"id": "a", "url": "http://h/a"}, images_dir=tmp_path / "nope")


def test_the_real_furniture_file() -> None:
    path = shared("data/imaterialist/furniture_2018_validation.json")
    whole = items(ImaterialistSource(path))
    assert len(whole) == 6400
    assert len({item.attributes["label"] for item in whole}) == 128
    twelve = items(ImaterialistSource(path, label=12))
    assert twelve == [item for item in whole if item.attributes["label"] == "12"]
    raw = json.loads(path.read_text())
    assert {item.item_id for item in twelve} == {str(a["image_id"]) for a in raw["annotations"] if a["label_id"] == 12}
    with pytest.raises(SourceError, match="nearest of its 128 labels: 128, 127, 126"):
        ImaterialistSource(path, label=999)
