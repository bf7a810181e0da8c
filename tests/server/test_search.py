"""Search, similar, and the reference's endpoint, over the wire."""

import base64
import io
import threading
from urllib.parse import quote

import httpx
import pytest
import requests
from PIL import Image

from sosie.images.decode import decode
from support.served import Served


def image(data: bytes, name: str = "photo.jpg") -> dict[str, tuple[str, bytes]]:
    return {"image": (name, data)}


def test_a_form_finds_its_picture_first(api: httpx.Client, pictures: list[bytes]) -> None:
    [result] = api.post("/v1/search", files=image(pictures[3]), data={"k": 4}).json()["results"]
    assert [match["rank"] for match in result["matches"]] == [1, 2, 3, 4]
    best = result["matches"][0]
    assert (best["item_id"], best["product_id"], best["views"]) == ("i3", "p1", 2)
    assert best["score"] == max(match["score"] for match in result["matches"])
    assert best["thumbnail"].startswith("/v1/thumbnails/i3?v=")
    assert result["query"] == "photo.jpg"


def test_json_answers_as_the_form_does(api: httpx.Client, pictures: list[bytes]) -> None:
    body = {"images": [{"base64": base64.b64encode(pictures[3]).decode()}], "k": 4, "where": ["price<40", "brand=Bolt"]}
    [by_json] = api.post("/v1/search", json=body).json()["results"]
    fields = {"k": 4, "where": ["price<40", "brand=Bolt"]}
    [by_form] = api.post("/v1/search", files=image(pictures[3]), data=fields).json()["results"]
    assert by_json["matches"] == by_form["matches"]
    assert {match["attributes"]["brand"] for match in by_json["matches"]} == {"Bolt"}


def test_several_pictures_are_views_of_one_product(api: httpx.Client, pictures: list[bytes]) -> None:
    files = [("image", ("a.jpg", pictures[4])), ("image", ("b.jpg", pictures[5]))]
    [result] = api.post("/v1/search", files=files).json()["results"]
    assert result["matches"][0]["product_id"] == "p2"
    assert result["query"] == "a.jpg + b.jpg"


def test_a_crop_is_searched_alone(api: httpx.Client, pictures: list[bytes]) -> None:
    wide = Image.new("RGB", (900, 200), "gray")
    with Image.open(io.BytesIO(pictures[7])) as item:
        wide.paste(item, (600, 0))
    out = io.BytesIO()
    wide.save(out, "PNG")
    [result] = api.post("/v1/search", files=image(out.getvalue()), data={"crop": "600,0,300,200"}).json()["results"]
    assert result["matches"][0]["item_id"] == "i7"


def test_similar_leaves_the_own_product_out_whatever_the_id(api: httpx.Client) -> None:
    answer = api.get(f"/v1/items/{quote('Größe/a b', safe='')}/similar", params={"k": 3})
    products = [match["product_id"] for match in answer.json()["results"][0]["matches"]]
    assert len(products) == 3
    assert "p5" not in products


def test_the_reference_calls_as_it_always_did(server: Served, pictures: list[bytes]) -> None:
    answer = requests.post(
        f"{server.url}/images/search/", data={"label_id": "l12"}, files={"image": io.BytesIO(pictures[4])}, timeout=30
    ).json()
    hits = answer["hits"]["hits"]
    assert hits[0]["_id"] == "i4"
    assert hits[0]["_index"] == "l12"
    assert hits[0]["_source"] == {"image_name": "i4.jpg"}
    assert answer["hits"]["max_score"] == hits[0]["_score"] == max(hit["_score"] for hit in hits)
    assert answer["hits"]["total"] == {"value": len(hits), "relation": "eq"}
    assert answer["timed_out"] is False
    assert {int(hit["_id"][1:]) % 2 for hit in hits} == {0}


def test_many_at_once_get_each_their_own_answer(server: Served, pictures: list[bytes]) -> None:
    results: dict[int, str] = {}

    def ask(seed: int) -> None:
        with server.client() as client:
            [result] = client.post("/v1/search", files=image(pictures[seed])).json()["results"]
            results[seed] = result["matches"][0]["item_id"]

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {seed: f"i{seed}" for seed in range(11)}


def test_no_path_of_the_server_is_shown(api: httpx.Client, pictures: list[bytes], shop: object) -> None:
    folder = str(shop).rsplit("/", 2)[0]
    for answer in (
        api.post("/v1/search", files=image(pictures[0])),
        api.get("/v1/items"),
        api.get("/v1/stats"),
        api.get("/v1/items/none"),
        api.post("/v1/search", files=image(pictures[0]), data={"min_probability": "0.5"}),
    ):
        assert folder not in answer.text
        assert "shop.sosie/" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/widget.js", "/widget-example", "/openapi.json", "/healthz", "/readyz", "/metrics"]
)
def test_what_else_there_is(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]


def test_an_explanation_is_a_picture_within_the_answer(api: httpx.Client, pictures: list[bytes]) -> None:
    answer = api.post("/v1/search", files=image(pictures[3]), data={"explain": "true", "k": "2"})
    [result] = answer.json()["results"]
    kind, _, data = result["explanation"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert decode(base64.b64decode(data)).width > 1000
    [plain] = api.post("/v1/search", files=image(pictures[3]), data={"k": "2"}).json()["results"]
    assert plain.get("explanation") is None
    assert plain["matches"] == result["matches"]


def test_facets_count_over_the_matches_of_an_answer(api: httpx.Client, pictures: list[bytes]) -> None:
    for answer in (
        api.post("/v1/search", files=image(pictures[3]), data={"k": "4", "facets": ["brand", "price"]}),
        api.get("/v1/search", params={"text": "thing", "k": 4, "facets": ["brand", "price"]}),
        api.get("/v1/items/i3/similar", params={"k": 4, "facets": ["brand", "price"]}),
    ):
        [result] = answer.raise_for_status().json()["results"]
        brands = [match["attributes"]["brand"] for match in result["matches"] if "brand" in match["attributes"]]
        [brand, price] = result["facets"]
        assert {entry["value"]: entry["items"] for entry in brand["values"]} == {
            entry: brands.count(entry) for entry in brands
        }
        prices = [match["attributes"]["price"] for match in result["matches"] if "price" in match["attributes"]]
        assert (price["minimum"], price["maximum"]) == (min(prices), max(prices))
    refused = api.get("/v1/search", params={"text": "thing", "facets": "nope"})
    assert refused.status_code == 400
