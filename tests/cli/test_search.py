import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sosie.images.decode import decode
from support.pictures import encode
from support.textures import draw_print

Sosie = Any


def answers(result: Any) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    results: list[dict[str, Any]] = json.loads(result.stdout)["results"]
    return results


def test_a_picture_finds_itself_first(sosie: Sosie, shop: Path, pictures: Path) -> None:
    [answer] = answers(sosie("search", pictures / "5.jpg", "--store", shop, "--json"))
    best = answer["matches"][0]
    assert (best["rank"], best["item_id"], best["product_id"], best["views"]) == (1, "i5", "p2", 2)
    assert best["score"] == max(match["score"] for match in answer["matches"])
    assert best["links"] == ["https://shop.example/5"]
    assert (best["attributes"]["brand"], best["attributes"]["price"]) == ("Bolt", 25)
    assert (answer["calibration"], answer["verdict"]) == ("provisional", "match")
    assert 0 < best["same_product"] <= 1


def test_a_quick_look_is_at_the_whole_picture_only(sosie: Sosie, shop: Path, pictures: Path) -> None:
    [answer] = answers(sosie("search", pictures / "5.jpg", "--store", shop, "--quick", "--json"))
    assert answer["matches"][0]["score"] == pytest.approx(1, abs=1e-3)


def test_only_the_probable_are_shown(sosie: Sosie, shop: Path, pictures: Path) -> None:
    [all_of_them] = answers(sosie("search", pictures / "5.jpg", "--store", shop, "--json"))
    first, second = (match["same_product"] for match in all_of_them["matches"][:2])
    wished = str((first + second) / 2)
    [answer] = answers(sosie("search", pictures / "5.jpg", "--store", shop, "--min-probability", wished, "--json"))
    assert answer["matches"] == all_of_them["matches"][:1]


def test_a_product_stands_once_and_scores_fall(sosie: Sosie, shop: Path, pictures: Path) -> None:
    [answer] = answers(sosie("search", pictures / "0.jpg", "--store", shop, "--json"))
    products = [match["product_id"] for match in answer["matches"]]
    assert sorted(products) == [f"p{n}" for n in range(6)]
    scores = [match["score"] for match in answer["matches"]]
    assert scores == sorted(scores, reverse=True)


def test_k_and_where_limit_the_matches(sosie: Sosie, shop: Path, pictures: Path) -> None:
    where = ("--where", "brand=Acme", "--where", "price<=30", "--where", "price>0")
    [answer] = answers(sosie("search", pictures / "0.jpg", "--store", shop, "-k", 2, *where, "--json"))
    assert len(answer["matches"]) == 2
    for match in answer["matches"]:
        assert match["attributes"]["brand"] == "Acme"
        assert 0 < match["attributes"]["price"] <= 30


def test_several_pictures_have_an_answer_each(sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path) -> None:
    output = tmp_path / "made" / "response.json"
    result = sosie("search", pictures / "1.jpg", pictures / "2.jpg", "--store", shop, "--json", "--output", output)
    assert [answer["matches"][0]["item_id"] for answer in answers(result)] == ["i1", "i2"]
    assert json.loads(output.read_text(encoding="utf-8")) == json.loads(result.stdout)


def test_together_is_one_answer(sosie: Sosie, shop: Path, pictures: Path) -> None:
    result = sosie("search", pictures / "8.jpg", pictures / "9.jpg", "--together", "--quick", "--store", shop, "--json")
    [answer] = answers(result)
    assert answer["matches"][0]["product_id"] == "p4"


def test_standard_input_holds_one_picture(sosie: Sosie, shop: Path) -> None:
    result = sosie("search", "-", "-", "--store", shop, input=b"")
    assert result.exit_code == 2
    assert "give `-` only once" in result.stderr


def test_standard_input(sosie: Sosie, shop: Path, pictures: Path) -> None:
    data = (pictures / "7.jpg").read_bytes()
    [answer] = answers(sosie("search", "-", "--quick", "--store", shop, "--json", input=data))
    assert answer["matches"][0]["item_id"] == "i7"
    assert answer["query"] == "standard input"
    assert sosie("search", "-", "--store", shop, input=data).stdout.startswith("standard input: match (")
    together = sosie("search", pictures / "6.jpg", "-", "--together", "--store", shop, "--json", input=data)
    assert answers(together)[0]["query"] == f"{pictures / '6.jpg'} + standard input"
    empty = sosie("search", "-", "--store", shop, input=b"")
    assert (empty.exit_code, "Error: standard input: " in empty.stderr) == (1, True)


def test_a_crop_is_searched_alone(sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path) -> None:
    wide = Image.new("RGB", (900, 200), "gray")
    wide.paste(decode((pictures / "4.jpg").read_bytes()), (600, 0))
    photo = tmp_path / "shelf.png"
    wide.save(photo)
    for box in ("600,0,300,200", f"{600 / 900},0,{300 / 900},1"):
        [answer] = answers(sosie("search", photo, "--crop", box, "--quick", "--store", shop, "--json"))
        assert answer["matches"][0]["item_id"] == "i4"
        assert answer["matches"][0]["score"] > 0.99


def test_the_table_names_products_and_links_pictures(sosie: Sosie, shop: Path, pictures: Path) -> None:
    result = sosie("search", pictures / "3.jpg", "--store", shop, "-k", 3, "--quick")
    assert result.exit_code == 0
    assert "Thing 3" in result.stdout
    assert "https://shop.example/3" in result.stdout
    assert "1.000" in result.stdout


def test_a_bad_picture_does_not_stop_the_others(sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture at all")
    arguments = ("search", bad, pictures / "1.jpg", "--store", shop, "--json")
    result = sosie(*arguments)
    assert [answer["matches"][0]["item_id"] for answer in answers(result)] == ["i1"]
    assert str(bad) in result.stderr
    assert sosie(*arguments, "--strict").exit_code == 3
    sheet = sosie("search", bad, pictures / "1.jpg", "--store", shop, "--sheet", tmp_path / "sheet.png")
    assert (sheet.exit_code, (tmp_path / "sheet.png").exists()) == (0, True)
    assert sosie("search", bad, "--store", shop).exit_code == 1


def test_the_sheet_is_a_picture(sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "made" / "sheet.png"
    assert sosie("search", pictures / "1.jpg", pictures / "2.jpg", "--store", shop, "--sheet", sheet).exit_code == 0
    two = decode(sheet.read_bytes())
    assert sosie("similar", "i1", "--store", shop, "--sheet", sheet).exit_code == 0
    assert two.height > decode(sheet.read_bytes()).height


def test_similar_leaves_the_own_product_out(sosie: Sosie, shop: Path) -> None:
    [answer] = answers(sosie("similar", "i6", "--store", shop, "-k", 5, "--json"))
    assert len(answer["matches"]) == 5
    assert "p3" not in {match["product_id"] for match in answer["matches"]}
    assert answer["query"] == "i6"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["-k", "0"], 2, "k is 0"),
        (["-k", "1000000"], 2, "1 to 1000"),
        (["--where", "color=red"], 2, "unknown attribute 'color'"),
        (["--where", "brnd=Acme"], 2, "'brand'"),
        (["--where", "brand~Acme"], 2, "cannot read the condition"),
        (["--where", "price<cheap"], 2, "a finite number"),
        (["--crop", "290,0,50,50"], 2, "outside the picture"),
        (["--crop", "1,2,3"], 2, "x,y,w,h"),
        (["--min-probability", "1.5"], 2, "0<=x<=1"),
    ],
)
def test_wrong_usage_has_one_clear_message(
    sosie: Sosie, shop: Path, pictures: Path, arguments: list[str], code: int, says: str
) -> None:
    result = sosie("search", pictures / "1.jpg", "--store", shop, *arguments)
    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_a_store_that_is_not_there(sosie: Sosie, pictures: Path, tmp_path: Path) -> None:
    result = sosie("search", pictures / "1.jpg", "--store", tmp_path / "none.sosie")
    assert result.exit_code == 1
    assert "none.sosie" in result.stderr
    assert "index into it first" in result.stderr
    assert not (tmp_path / "none.sosie").exists()


def test_an_item_that_is_not_there(sosie: Sosie, shop: Path) -> None:
    result = sosie("similar", "i99", "--store", shop)
    assert result.exit_code == 1
    assert "'i99'" in result.stderr


def test_the_store_may_be_moved(sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(shop, tmp_path / "moved.sosie"))
    [answer] = answers(sosie("search", pictures / "1.jpg", "--store", moved, "--json"))
    assert answer["matches"][0]["item_id"] == "i1"


def test_words_alone_search_titles(sosie: Sosie, shop: Path) -> None:
    result = sosie("search", "--text", "Thinf 7", "--store", shop, "--json")
    [answer] = json.loads(result.stdout)["results"]
    assert (answer["query"], answer["verdict"], answer["calibration"]) == ("Thinf 7", None, None)
    assert [(match["item_id"], match["score"]) for match in answer["matches"]] == [("i7", None)]
    table = sosie("search", "--text", "bolt", "-k", "3", "--where", "price<30", "--store", shop)
    assert (table.exit_code, "Thing" in table.stdout) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give an IMAGE or --text"),
        (("--text", " "), "the words to search for are empty"),
        (("--text", "lamp", "--crop", "0,0,1,1"), "need a picture"),
        (("--text", "lamp", "--min-probability", "0.5"), "answers to words have no probabilities"),
        (("--minus", "lamp", "PHOTO"), "without words to search for"),
        (("--text", "in blue", "PHOTO"), "which has none: search by the words alone"),
        (("--text", "in blue", "--weight", "2", "PHOTO"), "not in the range"),
        (("--weight", "0.4", "PHOTO"), "--weight was given without words to weigh"),
    ],
)
def test_words_that_cannot_be_are_wrong_usage(
    sosie: Sosie, shop: Path, pictures: Path, arguments: tuple[str, ...], message: str
) -> None:
    given = [str(pictures / "3.jpg") if argument == "PHOTO" else argument for argument in arguments]
    result = sosie("search", *given, "--store", shop)
    assert (result.exit_code, message in result.output) == (2, True), result.output


def test_matches_are_sorted_and_the_search_goes_on(sosie: Sosie, shop: Path, pictures: Path) -> None:
    [whole] = answers(sosie("search", pictures / "5.jpg", "--store", shop, "--json"))
    [first] = answers(sosie("search", pictures / "5.jpg", "--store", shop, "--json", "-k", 3, "--sort", "-price"))
    assert sorted(match["rank"] for match in first["matches"]) == [1, 2, 3]
    prices = [match["attributes"]["price"] for match in first["matches"]]
    assert prices == sorted(prices, reverse=True)
    assert first["verdict"] == whole["verdict"]
    [rest] = answers(sosie("search", "--next", first["next"], "--store", shop, "--json"))
    products = [match["product_id"] for match in first["matches"] + rest["matches"]]
    assert sorted(products) == sorted(match["product_id"] for match in whole["matches"])
    assert rest["next"] is None


def test_what_goes_on_takes_no_other_query(sosie: Sosie, shop: Path, pictures: Path) -> None:
    refused = sosie("search", pictures / "5.jpg", "--next", "x", "--store", shop)
    assert refused.exit_code == 2
    assert "--next needs neither IMAGE nor --text" in refused.output
    assert "take it from `next`" in sosie("search", "--next", "x", "--store", shop).output


def test_all_products_on_a_shelf_get_a_result_each(sosie: Sosie, tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        (tmp_path / f"{seed}.jpg").write_bytes(encode(draw_print(seed), "JPEG"))
    store = tmp_path / "prints.sosie"
    assert sosie("index", tmp_path, "--store", store).exit_code == 0
    photo = Image.new("RGB", (900, 400), "gray")
    photo.paste(draw_print(1).resize((200, 200)), (60, 100))
    photo.paste(draw_print(3).resize((200, 200)), (600, 100))
    (tmp_path / "shelf.png").write_bytes(encode(photo, "PNG"))
    results = answers(sosie("search", tmp_path / "shelf.png", "--all", "--store", store, "--json"))
    assert {result["matches"][0]["item_id"] for result in results} == {"1.jpg", "3.jpg"}
    assert all(result["verdict"] == "match" for result in results)
    for result in results:
        name, region = result["query"].rsplit(" at ", 1)
        assert name.endswith("shelf.png")
        [again] = answers(sosie("search", name, "--crop", region, "--store", store, "--json"))
        assert again["matches"][0]["item_id"] == result["matches"][0]["item_id"]
    plain = tmp_path / "plain.png"
    plain.write_bytes(encode(Image.new("RGB", (300, 300), "orange"), "PNG"))
    nothing = sosie("search", plain, "--all", "--store", store)
    assert nothing.exit_code == 1
    assert "no product could be verified" in nothing.stderr
    (tmp_path / "broken.png").write_bytes(b"no picture")
    strict = sosie("search", tmp_path / "shelf.png", tmp_path / "broken.png", "--all", "--strict", "--store", store)
    assert strict.exit_code == 3
    assert sosie("search", plain, "--all", "--together", "--store", store).exit_code == 2
