"""Items over the wire: listed, written, deleted, counted."""

import base64
import io
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from support.pictures import draw_picture, encode


def test_pages_go_through_everything_once(api: httpx.Client) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/v1/items", params={"limit": 5, **cursor}).json()
        seen += [item["item_id"] for item in page["items"]]
        assert page["total"] == 12
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == sorted(seen)
    assert len(set(seen)) == 12


def test_a_page_of_what_passes(api: httpx.Client) -> None:
    page = api.get("/v1/items", params={"where": ["brand=Acme", "price>=20"]}).json()
    assert [item["item_id"] for item in page["items"]] == ["i10", "i4", "i6", "i8"]
    assert page["next"] is None


def test_an_id_may_hold_anything(api: httpx.Client) -> None:
    path = quote("Größe/a b", safe="")
    assert api.get(f"/v1/items/{path}").json()["item_id"] == "Größe/a b"
    assert api.get(f"/v1/thumbnails/{path}").status_code == 200


def test_a_thumbnail_is_kept_by_the_browser(api: httpx.Client) -> None:
    first = api.get("/v1/thumbnails/i1")
    with Image.open(io.BytesIO(first.content)) as picture:
        assert picture.format == "JPEG"
        assert max(picture.size) <= 256
    again = api.get("/v1/thumbnails/i1", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def test_attributes_list_their_values_and_ranges(api: httpx.Client) -> None:
    facets = {entry["attribute"]: entry for entry in api.get("/v1/attributes").json()["attributes"]}
    assert facets["brand"]["values"] == [{"value": "Acme", "items": 6}, {"value": "Bolt", "items": 6}]
    assert (facets["price"]["minimum"], facets["price"]["maximum"]) == (0, 55)
    [only] = api.get("/v1/attributes", params={"name": "brand", "where": "price<10"}).json()["attributes"]
    assert only["values"] == [{"value": "Acme", "items": 1}, {"value": "Bolt", "items": 1}]


def test_put_look_replace_delete(writing: httpx.Client) -> None:
    new = encode(draw_picture(99, (200, 200)))
    form = {"product_id": "p99", "attributes": '{"brand": "Neu", "price": 7}', "links": ["https://shop.example/99"]}
    written = writing.put("/v1/items/a%2Fb", files={"image": ("a.jpg", new)}, data=form)
    assert written.json() == {"added": 1, "updated": 0, "unchanged": 0, "rejected": []}
    [result] = writing.post("/v1/search", files={"image": new}, data={"k": 1}).json()["results"]
    assert result["matches"][0]["item_id"] == "a/b"
    assert result["matches"][0]["attributes"] == {"brand": "Neu", "price": 7}
    assert writing.put("/v1/items/a%2Fb", files={"image": ("a.jpg", new)}, data=form).json()["unchanged"] == 1
    body = {"product_id": "p99", "image": {"base64": base64.b64encode(new).decode()}, "attributes": {"brand": "Alt"}}
    assert writing.put("/v1/items/a%2Fb", json=body).json()["updated"] == 1
    assert writing.get("/v1/items/a%2Fb").json()["attributes"] == {"brand": "Alt"}
    assert writing.delete("/v1/items/a%2Fb").status_code == 204
    assert writing.get("/v1/items/a%2Fb").status_code == 404
    assert writing.delete("/v1/items/a%2Fb").status_code == 404


def test_attributes_are_changed_without_the_picture(writing: httpx.Client) -> None:
    before = writing.get("/v1/items/i3").json()
    change = {"attributes": {"price": "99.5", "label": None, "colors": ["red", "blue"]}}
    changed = writing.patch("/v1/items/i3", json=change)
    assert changed.status_code == 200, changed.text
    after = writing.get("/v1/items/i3").json()
    assert changed.json() == after
    rest = {name: value for name, value in before["attributes"].items() if name != "label"}
    assert after["attributes"] == {**rest, "price": 99.5, "colors": ["red", "blue"]}
    kept = ("content_sha256", "thumbnail", "links", "product_id", "image")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert writing.get("/v1/items", params={"where": "colors=red"}).json()["total"] == 1
    assert writing.get("/v1/items", params={"where": "label=l13"}).json()["total"] == 5
    slashed = writing.patch("/v1/item", params={"item_id": "Größe/a b"}, json={"attributes": {"price": 1}})
    assert slashed.json()["attributes"]["price"] == 1
    assert writing.patch("/v1/items/none", json=change).status_code == 404
    for wrong in ({"attributes": {"price": "dear"}}, {"attributes": {"item_id": "x"}}, {"title": "x"}, {}):
        assert writing.patch("/v1/items/i3", json=wrong).status_code == 400
    assert writing.get("/v1/items/i3").json()["attributes"] == after["attributes"]


def test_a_batch_lists_what_could_not_go_on(writing: httpx.Client) -> None:
    good = base64.b64encode(encode(draw_picture(77))).decode()
    bad = base64.b64encode(b"no picture").decode()
    items = [
        {"item_id": "good", "image": {"base64": good}},
        {"item_id": "bad", "image": {"base64": bad}},
        {"item_id": "no base64", "image": {"base64": "%%%"}},
        {"item_id": "wrong type", "image": {"base64": good}, "attributes": {"price": "dear"}},
        {"item_id": "private", "image": {"url": "http://127.0.0.1:9/x.jpg"}},
    ]
    answer = writing.post("/v1/items:batch", json={"items": items}).json()
    assert answer["added"] == 1
    assert {element["item_id"] for element in answer["rejected"]} == {"bad", "no base64", "wrong type", "private"}
    assert writing.get("/v1/stats").json()["items"] == 13


def test_feedback_is_kept(writing: httpx.Client, pictures: list[bytes], copied: object) -> None:
    from sosie.stores.opening import open_store

    said = {"item_id": "i3", "confirmed": "true"}
    assert writing.post("/v1/feedback", files={"image": pictures[3]}, data=said).status_code == 204
    assert writing.post("/v1/feedback", files={"image": pictures[3]}, data={**said, "item_id": "x"}).status_code == 404
    rows = open_store(str(copied)).feedback()
    assert len(rows) == 1
    assert rows[0]["item_id"] == "i3"


def test_feedback_is_listed_for_those_who_may_write(writing: httpx.Client, pictures: list[bytes]) -> None:
    said = {"item_id": "i3", "confirmed": "false", "name": "a customer's photo"}
    prefer = {"Prefer": "return=representation"}
    given = writing.post("/v1/feedback", files={"image": pictures[3]}, data=said, headers=prefer)
    assert given.headers["preference-applied"] == "return=representation"
    assert (given.status_code, given.json()["query"], given.json()["opinion"]) == (
        200,
        "a customer's photo",
        "rejected",
    )
    log = writing.get("/v1/feedback").json()
    assert log == {"entries": [given.json()], "superseded": 0, "foreign": 0, "unreadable": 0}
    assert "float16" not in given.json()


@pytest.mark.parametrize("sort", ["price", "-price", "item_id", "-brand"])
def test_sorted_pages_hold_every_item_once(api: httpx.Client, sort: str) -> None:
    whole = api.get("/v1/items", params={"sort": sort, "limit": 500}).json()["items"]
    values = [item["attributes"].get(sort.lstrip("-"), item["item_id"]) for item in whole]
    assert values == sorted(values, reverse=sort.startswith("-"))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/v1/items", params={"sort": sort, "limit": 2, **cursor}).json()
        seen += [item["item_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [item["item_id"] for item in whole]
    assert len(set(seen)) == api.get("/v1/stats").json()["items"]


def test_a_cursor_of_another_order_is_refused(api: httpx.Client) -> None:
    cursor = api.get("/v1/items", params={"sort": "price", "limit": 2}).json()["next"]
    for sort in ({"sort": "-price"}, {"sort": "brand"}):
        answer = api.get("/v1/items", params={"cursor": cursor, **sort})
        assert answer.status_code == 400
        assert "belongs to another list" in answer.json()["detail"]
    plain = api.get("/v1/items", params={"limit": 2}).json()["next"]
    assert api.get("/v1/items", params={"cursor": plain, "sort": "price"}).status_code == 400


def test_values_are_counted_as_shops_do(api: httpx.Client) -> None:
    brands = {v["value"]: v["items"] for v in api.get("/v1/attributes?name=brand").json()["attributes"][0]["values"]}
    first = sorted(brands)[0]
    where = {"name": ["brand", "price"], "where": [f"brand={first}", "has price"]}
    alone = api.get("/v1/attributes", params=where).json()["attributes"]
    widened = api.get("/v1/attributes", params={**where, "disjunctive": True}).json()["attributes"]
    assert {v["value"]: v["items"] for v in alone[0]["values"]} == {first: brands[first]}
    assert {v["value"]: v["items"] for v in widened[0]["values"]} == brands
    assert alone[1] == widened[1]


def test_a_page_begins_behind_an_id_or_at_a_cursor(api: httpx.Client) -> None:
    page = api.get("/v1/items", params={"after": "i4", "limit": 2}).json()
    assert [item["item_id"] for item in page["items"]] == ["i5", "i6"]
    assert api.get("/v1/items", params={"after": "i4", "cursor": page["next"]}).status_code == 400
