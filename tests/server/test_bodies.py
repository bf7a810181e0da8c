"""Forms and JSON in the variants that clients send, and what is said of those that cannot be read."""

import base64
import textwrap
from pathlib import Path

import httpx
import pytest

from support.served import served

JSON = {"content-type": "application/json"}


def as_sent_by(client: str, data: bytes) -> str:
    plain = base64.b64encode(data).decode()
    return {
        "python": plain,
        "java and mail": "\r\n".join(textwrap.wrap(plain, 76)),
        "react native": "\n".join(textwrap.wrap(plain, 60)) + "\n",
        "url-safe": base64.urlsafe_b64encode(data).decode(),
        "unpadded": base64.urlsafe_b64encode(data).decode().rstrip("="),
        "a data URI": f"data:image/jpeg;base64,{plain}",
    }[client]


@pytest.mark.parametrize("client", ["python", "java and mail", "react native", "url-safe", "unpadded", "a data URI"])
def test_base64_in_every_usual_form(api: httpx.Client, pictures: list[bytes], client: str) -> None:
    data = pictures[3] + b"\xff" * (len(pictures[3]) % 3 == 0)
    assert len(data) % 3, "padding is to be left out"
    answer = api.post("/v1/search", json={"images": [{"base64": as_sent_by(client, data)}], "k": 1})
    assert answer.json()["results"][0]["matches"][0]["item_id"] == "i3"


@pytest.mark.parametrize("text", ["%%%", "abc!", "a", "data:image/png;base64"])
def test_what_is_no_base64(api: httpx.Client, text: str) -> None:
    answer = api.post("/v1/search", json={"images": [{"base64": text}]})
    assert answer.status_code in (400, 415)


def test_what_stands_in_the_query_string_of_a_post_counts(api: httpx.Client, pictures: list[bytes]) -> None:
    requested = {"k": 2, "where": ["brand=Bolt", "price<40"]}
    by_json = {"images": [{"base64": base64.b64encode(pictures[3]).decode()}]}
    for answer in (
        api.post("/v1/search", params=requested, files={"image": pictures[3]}),
        api.post("/v1/search", params=requested, json=by_json),
    ):
        [result] = answer.json()["results"]
        assert len(result["matches"]) == 2
        assert {match["attributes"]["brand"] for match in result["matches"]} == {"Bolt"}
    for twice in (
        api.post("/v1/search", params={"k": 2}, files={"image": pictures[3]}, data={"k": 3}),
        api.post("/v1/search", params={"k": 2}, json={**by_json, "k": 3}),
    ):
        assert twice.status_code == 400
        assert "'k' is in the query string and in the body" in twice.json()["detail"]
    assert api.post("/v1/search", params={"k": "many"}, files={"image": pictures[3]}).status_code == 400
    assert api.post("/v1/identify", params={"by": "brand"}, files={"image": pictures[3]}).json()["by"] == "brand"


@pytest.mark.parametrize("k", ["3.0", "3.5", 3.0, True])
def test_a_number_that_is_not_whole(api: httpx.Client, pictures: list[bytes], k: object) -> None:
    body = {"images": [{"base64": base64.b64encode(pictures[3]).decode()}], "k": k}
    answers = [api.post("/v1/search", json=body)]
    if isinstance(k, str):
        answers += [
            api.post("/v1/search", files={"image": pictures[3]}, data={"k": k}),
            api.get("/v1/items/i1/similar", params={"k": k}),
        ]
    for answer in answers:
        assert answer.status_code == 400
        assert "whole number" in answer.json()["detail"]


def test_more_conditions_than_any_store_takes(api: httpx.Client, pictures: list[bytes]) -> None:
    body = {"images": [{"base64": base64.b64encode(pictures[3]).decode()}], "where": ["price<99"] * 1100}
    answer = api.post("/v1/search", json=body)
    assert answer.status_code == 400
    assert "200" in answer.json()["detail"]


def form(*parts: bytes, end: bytes = b"--b--\r\n") -> dict[str, object]:
    content = b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + end
    return {"content": content, "headers": {"content-type": "multipart/form-data; boundary=b"}}


def test_a_picture_without_a_file_name_is_refused(api: httpx.Client) -> None:
    answer = api.post("/v1/search", **form(b'name="image"\r\n\r\nabc'))  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert "without a file name" in answer.json()["detail"]


def test_incomplete_bodies_are_refused(api: httpx.Client, pictures: list[bytes]) -> None:
    part = b'name="image"; filename="a.jpg"\r\n\r\n' + pictures[3][:500]
    answer = api.post("/v1/search", **form(part, end=b""))  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert "cut short" in answer.json()["detail"]
    for whole in ('{"images": [{"base64": "abcd"}], "k": 1}', '{"images": [{"url": "https://x.example/a"}]}'):
        for length in range(1, len(whole)):
            answer = api.post("/v1/search", content=whole[:length].encode(), headers=JSON)
            assert answer.status_code == 400
            if whole[length - 1] not in '"':
                assert "no JSON" in answer.json()["detail"]
    for cut in (b'{"images": [', b'{"images": [{"base64": "abc'):
        assert "cut short" in api.post("/v1/search", content=cut, headers=JSON).json()["detail"]


def test_unknown_options_in_the_address_are_refused(api: httpx.Client, pictures: list[bytes]) -> None:
    answer = api.post("/v1/search", params={"wher": "brand=Acme"}, files={"image": ("a.jpg", pictures[0])})
    assert answer.status_code == 400
    assert "'wher': expected k, where" in answer.json()["detail"]


def test_conditions_that_are_too_long_for_an_address(api: httpx.Client) -> None:
    ids = [f"{'x' * 73}-{number:04}" for number in range(1000)] + ["i1", "i4", "Größe/a b"]
    where = [f"item_id={','.join(ids)}"]
    page = api.post("/v1/items:query", json={"where": where, "limit": 2}).json()
    assert [item["item_id"] for item in page["items"]] == ["Größe/a b", "i1"]
    assert page["total"] == 3
    rest = api.post("/v1/items:query", json={"where": where, "cursor": page["next"]}).json()
    assert [item["item_id"] for item in rest["items"]] == ["i4"]
    [facet] = api.post("/v1/attributes:query", json={"name": ["brand"], "where": where}).json()["attributes"]
    assert sum(value["items"] for value in facet["values"]) == 3
    [similar] = api.post("/v1/items:similar", json={"item_id": "i8", "where": where, "k": 9}).json()["results"]
    assert {match["item_id"] for match in similar["matches"]} == {"i1", "i4", "Größe/a b"}
    assert api.post("/v1/items:query", json={"limit": 0}).status_code == 400


def test_what_a_catalog_takes_here_it_takes_there(copied: Path, pictures: list[bytes]) -> None:
    from sosie.catalog.remote.catalog import RemoteCatalog
    from sosie.indexing.embedding import Fetched
    from sosie.types import Item

    attributes = {"title": "long " * 5000, "colors": tuple(f"color {number}" for number in range(500))}
    links = tuple(f"https://shop.example/{number}" for number in range(60))
    with served(copied) as running, RemoteCatalog(running.url) as remote:
        item = Item("x" * 700, "y" * 700, "a.jpg", links, attributes)
        assert remote.upsert([Fetched(item, pictures[0])]).added == 1
        assert remote.upsert([Fetched(item, pictures[0])]).unchanged == 1
        held = remote.get(item.item_id)
        assert (held.attributes["title"], held.links) == (attributes["title"], links)
        assert remote.count({"title": attributes["title"]}) == 1
        assert remote.thumbnail(item.item_id)[:2] == b"\xff\xd8"


@pytest.mark.parametrize("condition", ['W/"{}"', '"other", "{}"', '"other",W/"{}"', "*", '"{}"'])
def test_a_cache_asks_whether_its_picture_is_still_the_same(api: httpx.Client, condition: str) -> None:
    etag = api.get("/v1/thumbnails/i1").headers["etag"].strip('"')
    headers = {"If-None-Match": condition.format(etag)}
    assert api.get("/v1/thumbnails/i1", headers=headers).status_code == 304
    assert api.get("/v1/thumbnails/i2", headers={"If-None-Match": f'"{etag}"'}).status_code == 200


def test_a_thumbnail_under_its_version_is_kept_for_ever(api: httpx.Client, pictures: list[bytes]) -> None:
    [result] = api.post("/v1/search", files={"image": pictures[3]}).json()["results"]
    link = result["matches"][0]["thumbnail"]
    assert link == api.get("/v1/items/i3").json()["thumbnail"]
    assert "immutable" in api.get(link).headers["cache-control"]
    assert "immutable" not in api.get(link.partition("?")[0]).headers["cache-control"]
    assert "immutable" not in api.get(f"{link}0").headers["cache-control"]
