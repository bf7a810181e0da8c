import csv
import json
from pathlib import Path
from typing import Any

import pytest

from support.pictures import draw_picture, encode

Sosie = Any


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """``photos.csv``: a photo of each product of the shop, one of none, and one that cannot be read."""
    rows = []
    for product in range(6):
        (tmp_path / f"{product}.jpg").write_bytes(encode(draw_picture(2 * product, (200, 160)), quality=40))
        rows.append([f"q{product}", f"p{product}", f"{product}.jpg", "Acme", "ab"[product % 2]])
    rows += [["stranger", "p99", "1.jpg", "Acme", "b"], ["broken", "p1", "nowhere.jpg", "Acme", "b"]]
    with (tmp_path / "photos.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["item_id", "product_id", "image", "brand", "light"], *rows])
    return tmp_path / "photos.csv"


def test_figures_groups_and_what_was_left_out(sosie: Sosie, shop: Path, photos: Path) -> None:
    result = sosie("evaluate", photos, "--store", shop, "--per", "light")
    assert result.exit_code == 0, result.output
    for words in ("6 queries against 6 products in 12 items", "hit rate@1", "mAP", "light", "ms a query"):
        assert words in result.stdout
    assert "not judged, their product_id is not in the catalog: 1 query, 'p99'" in result.stderr
    assert "broken: read:" in result.stderr
    assert sosie("evaluate", photos, "--store", shop, "--strict").exit_code == 3


def test_figures_for_an_unknown_attribute_are_refused_before_the_work(
    sosie: Sosie, shop: Path, photos: Path, tmp_path: Path
) -> None:
    result = sosie("evaluate", photos, "--store", shop, "--per", "nope")
    assert result.exit_code == 2
    assert "the queries in the table" in result.stderr
    assert "have no attribute of that name; known: brand, light" in result.stderr
    result = sosie("evaluate", "--leave-one-out", "--store", shop, "--per", "brnd")
    assert result.exit_code == 2
    assert "the items of the catalog have no attribute of that name; did you mean 'brand'?" in result.stderr
    lines = tmp_path / "photos.jsonl"
    rows = [{"item_id": "q", "product_id": "p0", "image": "0.jpg"}, {"item_id": "r", "image": "1.jpg", "light": "a"}]
    lines.write_text("\n".join(map(json.dumps, rows)))
    assert "known: light" in sosie("evaluate", lines, "--store", shop, "--per", "nope").stderr
    assert sosie("evaluate", lines, "--store", shop, "--per", "light").exit_code == 0


def test_json_has_every_query(sosie: Sosie, shop: Path, photos: Path) -> None:
    result = sosie("evaluate", photos, "--store", shop, "--json", "-")
    evaluation = json.loads(result.stdout)
    assert evaluation["queries"] == {"judged": 6, "not_in_catalogue": 1, "rejected": 1}
    by_name = {query["query"]: query for query in evaluation["answered"]}
    for product in range(6):
        answer = sosie("search", photos.parent / f"{product}.jpg", "--store", shop, "--json")
        first = json.loads(answer.stdout)["results"][0]["matches"][0]
        assert by_name[f"q{product}"]["first"][0]["item_id"] == first["item_id"]
    assert evaluation["metrics"]["hit rate@1"]["mean"] == sum(query["place"] == 1 for query in by_name.values()) / 6


def test_the_page_is_written(sosie: Sosie, shop: Path, photos: Path, tmp_path: Path) -> None:
    page = tmp_path / "made" / "evaluation.html"
    assert sosie("evaluate", photos, "--store", shop, "--html", page).exit_code == 0
    assert "How good are the answers?" in page.read_text(encoding="utf-8")


def test_leave_one_out_needs_no_queries(sosie: Sosie, shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "evaluation.html"
    result = sosie("evaluate", "--leave-one-out", "--store", shop, "--by", "brand", "--html", page)
    assert result.exit_code == 0, result.output
    assert "12 items, each left out of its own answer," in result.stdout
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") > 12


def test_labels_that_do_not_overlap_are_reported(sosie: Sosie, shop: Path, photos: Path) -> None:
    result = sosie("evaluate", photos, "--store", shop, "--column", "product_id=light")
    assert result.exit_code == 1
    assert "of 7 queries none has a product_id of the catalog" in result.stderr
    assert "'a', 'b'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--leave-one-out"),
        (["{photos}", "--leave-one-out"], "give either QUERIES or"),
        (["{photos}", "--by", "color"], "color"),
        (["{photos}", "--depth", "0"], "k is 0"),
        (["nowhere.csv"], "no file or folder at"),
    ],
)
def test_wrong_usage_has_one_clear_message(
    sosie: Sosie, shop: Path, photos: Path, arguments: list[str], says: str
) -> None:
    result = sosie("evaluate", *(argument.format(photos=photos) for argument in arguments), "--store", shop)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_a_store_that_is_not_there_is_not_made(sosie: Sosie, photos: Path, tmp_path: Path) -> None:
    result = sosie("evaluate", photos, "--store", tmp_path / "none.sosie")
    assert result.exit_code == 1
    assert not (tmp_path / "none.sosie").exists()


def test_compare_pairs_the_queries(sosie: Sosie, shop: Path, photos: Path, tmp_path: Path) -> None:
    today = tmp_path / "today.json"
    assert sosie("evaluate", photos, "--store", shop, "--json", today).exit_code == 0
    result = sosie("compare", today, today)
    assert result.exit_code == 0, result.output
    assert "6 queries in both; 0 right at first place only in B" in result.stdout
    assert json.loads(sosie("compare", today, today, "--json").stdout)["metrics"]["mAP"]["p_value"] == 1.0


def test_compare_refuses_what_is_no_evaluation(sosie: Sosie, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"results": []}', encoding="utf-8")
    result = sosie("compare", other, other)
    assert result.exit_code == 2
    assert "other.json: this is not an evaluation" in result.stderr
    other.write_text("not JSON", encoding="utf-8")
    assert "other.json" in sosie("compare", other, other).stderr
