"""A catalog behind a server answers as the one in a store does, and fails as it does."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from catalog.pair import Call, Failure, Pair
from sosie.catalog import SearchOptions
from sosie.errors import CorruptImage, FilterError, ImageNotFound, ItemNotFound, UnsupportedImage, UsageError
from sosie.images.crop import Box
from sosie.indexing.embedding import Fetched
from sosie.types import Item, Record
from support.pictures import draw_picture, encode

PHOTO = encode(draw_picture(3, (120, 90)))
PICTURE = draw_picture(3, (120, 90))

READS: dict[str, Call] = {
    "stats": lambda c: c.stats(),
    "exists": lambda c: c.exists(),
    "create": lambda c: c.create(),
    "warm": lambda c: c.warm(),
    "count": lambda c: c.count(),
    "count where": lambda c: c.count("price<20"),
    "count of none": lambda c: c.count({"brand": "C"}),
    "items": lambda c: c.items(),
    "items after": lambda c: c.items(after="i3", limit=3),
    "items where": lambda c: c.items(["brand=A", "price>=10"], limit=2),
    "items where combined": lambda c: c.items("(brand=A or price>=20) and not item_id=i1 and has price"),
    "items sorted": lambda c: c.items(sort="price"),
    "items sorted downwards": lambda c: c.items(["has brand"], limit=3, sort="-price"),
    "items sorted, a part": lambda c: c.items(sort="-price", limit=2, after=c.items(sort="-price", limit=2)[-1]),
    "items sorted, behind an id": lambda c: c.items(sort="brand", after="i3"),
    "attributes": lambda c: c.attributes(),
    "facets": lambda c: c.facets(),
    "facets disjunctive": lambda c: c.facets(["brand", "price"], ["brand=A", "price<30"], disjunctive=True),
    "facets of an answer": lambda c: c.facets(answer=c.similar("i1", 2)),
    "facets named": lambda c: c.facets(["brand", "price"], "price<30", limit=2),
    "get": lambda c: c.get("Größe/a b"),
    "thumbnail": lambda c: c.thumbnail("i1"),
    "similar": lambda c: c.similar("i2", 3, where="brand=A"),
    "feedback": lambda c: c.feedback(),
    "words": lambda c: c.search_text("thing"),
    "words with options": lambda c: c.search_text("thinf 3", 2, where="price<40", minus="2"),
    "no words": lambda c: c.search_text("?"),
}

SEARCHES: dict[str, Call] = {
    "bytes": lambda c: c.search(PHOTO),
    "a number is k": lambda c: c.search(PHOTO, 3),
    "keywords": lambda c: c.search(PHOTO, k=2, where=["price<40", "brand=B"], crop="0.1,0,0.8,1"),
    "options": lambda c: c.search(PHOTO, SearchOptions(k=2, where={"brand": "A"})),
    "options changed": lambda c: c.search(PHOTO, SearchOptions(k=2), where="price>0"),
    "picture": lambda c: c.search(PICTURE, 2),
    "array": lambda c: c.search(np.asarray(PICTURE), 2),
    "crop in pixels": lambda c: c.search(PHOTO, k=2, crop=(10, 10, 60, 60)),
    "crop of many digits": lambda c: c.search(PHOTO, k=2, crop=Box(1 / 3, 0, 1 / 7, 0.987654321)),
    "together": lambda c: c.search_together([PHOTO, PICTURE], k=3),
    "all products": lambda c: c.search_all(PHOTO, k=2, where="price<40", crop=(0, 0, 1, 1)),
    "many": lambda c: c.search_many([PHOTO, b"no picture", PHOTO], k=1),
    "sorted": lambda c: c.search(PHOTO, k=4, sort="-price"),
    "more": lambda c: c.more(c.search(PHOTO, k=3), 4),
    "more, sorted, from its text": lambda c: c.more(str(c.similar("i2", 3, where="has price", sort="price").next), 2),
    "more of similar": lambda c: c.more(c.similar("i2", 2), 2),
    "more of words": lambda c: c.more(c.search_text("thing", 2), 2),
    "words sorted": lambda c: c.search_text("thing", 3, sort="-price"),
    "identify": lambda c: c.identify(PHOTO, "brand", 5),
    "identify in a part": lambda c: c.identify(PHOTO, "title", 4, where="price<40", crop=(0, 0, 0.5, 1)),
}

FAILURES: dict[str, tuple[Call, type[Exception]]] = {
    "sort": (lambda c: c.search(PHOTO, sort="nope"), FilterError),
    "sort of an item": (lambda c: c.similar("i2", sort="tags"), FilterError),
    "no more": (lambda c: c.more(c.search(PHOTO, k=1000)), UsageError),
    "more of nothing": (lambda c: c.more("nothing"), UsageError),
    "words beside a picture": (lambda c: c.search(PHOTO, text="in blue"), UsageError),
    "words beside an item": (lambda c: c.similar("i2", text="in blue", weight=0.1), UsageError),
    "words beside a photo of several": (lambda c: c.search_all(PHOTO, text="in blue"), UsageError),
    "a photo of several that is none": (lambda c: c.search_all(b"no picture"), UnsupportedImage),
    "empty words": (lambda c: c.search_text(" "), UsageError),
    "weight": (lambda c: c.search(PHOTO, text="in blue", weight=1.5), UsageError),
    "minus words alone": (lambda c: c.search(PHOTO, minus="leather"), UsageError),
    "words with a probability": (lambda c: c.search(PHOTO, text="blue", min_probability=0.5), UsageError),
    "where of words": (lambda c: c.search_text("thing", where="brnd=A"), FilterError),
    "get": (lambda c: c.get("none"), ItemNotFound),
    "thumbnail": (lambda c: c.thumbnail("none"), ItemNotFound),
    "similar": (lambda c: c.similar("none"), ItemNotFound),
    "confirm": (lambda c: c.confirm(PHOTO, "none"), ItemNotFound),
    "count": (lambda c: c.count("nope=1"), FilterError),
    "items where": (lambda c: c.items("price<cheap"), FilterError),
    "items sort": (lambda c: c.items(sort="-nope"), FilterError),
    "items behind what is gone": (lambda c: c.items(sort="price", after="nope"), ItemNotFound),
    "facets of an answer and a where": (lambda c: c.facets([], "price<5", answer=c.similar("i1")), UsageError),
    "items limit": (lambda c: c.items(limit=0), UsageError),
    "facets": (lambda c: c.facets(["nope"]), FilterError),
    "where": (lambda c: c.search(PHOTO, where="brnd=A"), FilterError),
    "where unreadable": (lambda c: c.search(PHOTO, where="brand"), FilterError),
    "k": (lambda c: c.search(PHOTO, 0), UsageError),
    "k twice": (lambda c: c.search(PHOTO, 3, k=4), UsageError),
    "k of similar": (lambda c: c.similar("i1", 1001), UsageError),
    "k of identify": (lambda c: c.identify(PHOTO, k=0), UsageError),
    "no picture": (lambda c: c.search_together([]), UsageError),
    "bytes": (lambda c: c.search(b"no picture"), UnsupportedImage),
    "cut off": (lambda c: c.search(PHOTO[: len(PHOTO) // 3]), CorruptImage),
    "file": (lambda c: c.search("no such file.jpg"), ImageNotFound),
    "crop": (lambda c: c.search(PHOTO, crop="0,0,500,500"), UsageError),
    "crop unreadable": (lambda c: c.search(PHOTO, crop="left"), UsageError),
    "probability": (lambda c: c.search(PHOTO, min_probability=2), UsageError),
    "identify": (lambda c: c.identify(PHOTO, "nope"), FilterError),
    "swap and sync": (lambda c: c.index("anything", swap=True, sync=True), UsageError),
}


@pytest.mark.parametrize("name", READS)
def test_local_and_remote_catalogs_read_the_same(pair: Pair, name: str) -> None:
    assert not isinstance(pair.same(READS[name]), Failure)


@pytest.mark.parametrize("name", SEARCHES)
def test_local_and_remote_catalogs_find_the_same(pair: Pair, name: str) -> None:
    assert not isinstance(pair.same(SEARCHES[name]), Failure)


@pytest.mark.parametrize("name", FAILURES)
def test_local_and_remote_catalogs_fail_alike(pair: Pair, name: str) -> None:
    call, kind = FAILURES[name]
    failure = pair.same(call)
    assert isinstance(failure, Failure), failure
    assert issubclass(failure.kind, kind)


def test_a_path_names_the_query(pair: Pair) -> None:
    path = pair.shop / "3.jpg"
    assert pair.same(lambda c: c.search(path, 2)).query == str(path)
    assert pair.same(lambda c: c.identify(path, "brand")).query == str(path)


def test_explanations_are_the_same_picture(pair: Pair) -> None:
    result = pair.same(lambda c: c.search(PHOTO, k=3, crop="0,0,0.9,1"))
    drawn = pair.same(lambda c: c.explain(PHOTO, result, crop="0,0,0.9,1", most=2))
    assert isinstance(drawn, Image.Image)
    assert np.ptp(np.asarray(drawn)) > 100


def test_lists_longer_than_a_page(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sosie.catalog.remote.reading.PAGE", 3)
    for limit in (2, 3, 7, 50):
        assert len(pair.same(lambda c, limit=limit: c.items(after="i1", limit=limit))) == min(limit, 7)


@pytest.mark.parametrize("sort", ["brand", "-price", "-item_id"])
def test_sorted_lists_in_parts_are_the_whole_list(pair: Pair, monkeypatch: pytest.MonkeyPatch, sort: str) -> None:
    monkeypatch.setattr("sosie.catalog.remote.reading.PAGE", 3)
    whole = pair.same(lambda c: c.items(sort=sort))
    parts: list[Record] = []
    after: str | Record = ""
    while part := pair.same(lambda c, after=after: c.items(sort=sort, limit=2, after=after)):
        parts += part
        after = part[-1]
    assert [element.item_id for element in parts] == [element.item_id for element in whole]
    assert len(whole) == pair.local.count()


def test_local_and_remote_catalogs_keep_the_same_feedback(make_pair: Callable[[], Pair]) -> None:
    pair = make_pair()
    path = pair.shop / "4.jpg"
    given_at = pair.same(lambda c: c.confirm(path, "i4"))
    assert (given_at.opinion, given_at.product_id, given_at.query) == ("confirmed", "p2", str(path))
    assert pair.same(lambda c: c.reject(PHOTO, "i4", crop="0,0,0.5,1")).opinion == "rejected"
    pair.same(lambda c: c.confirm(path, "i4"))
    log = pair.same(lambda c: c.feedback())
    assert ([entry.opinion for entry in log.entries], log.superseded) == (["rejected", "confirmed"], 1)
    assert [len(entry.vectors) for entry in pair.remote.feedback().entries] == [
        len(entry.vectors) for entry in log.entries
    ]


def test_indexing_a_source(make_pair: Callable[[], Pair], tmp_path: Path) -> None:
    pair = make_pair()
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    row = "{name},p{product},{image},{link},{title},{brand},{price}".format
    rows = [
        "item_id,product_id,image,links,title,brand,price",
        row(name="i0", product=0, image=pair.shop / "0.jpg", link="https://s.example/0", title="Thing 0", brand="A",
            price=0),
        row(name="i1", product=0, image=pair.shop / "1.jpg", link="", title="Renamed", brand="B", price=5),
        row(name="new", product=9, image=pair.shop / "2.jpg", link="", title="New", brand="B", price=9),
        row(name="bad", product=9, image="bad.jpg", link="", title="Bad", brand="B", price=9),
        row(name="gone", product=9, image="gone.jpg", link="", title="Gone", brand="B", price=9),
        row(name="dear", product=9, image=pair.shop / "2.jpg", link="", title="Dear", brand="B", price="much"),
    ]  # fmt: skip
    table = tmp_path / "catalog.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    dry = pair.same(lambda c: _report(c.index(table, sync=True, dry_run=True)))
    assert (dry["added"], dry["updated"], dry["unchanged"], dry["removed"]) == (3, 1, 1, 8)
    assert pair.same(lambda c: c.count()) == 10
    report = pair.same(lambda c: _report(c.index(table, sync=True)))
    assert (report["added"], report["updated"], report["unchanged"], report["removed"]) == (2, 1, 1, 8)
    assert {item_id for item_id, _, _ in report["rejected"]} == {"bad", "gone"}
    assert "price" not in pair.same(lambda c: dict(c.get("dear").attributes))
    assert "column 'price'" in " ".join(map(str, report["notes"]))  # type: ignore[call-overload]
    pair.same(lambda c: c.items())


def _report(report: object) -> dict[str, object]:
    """What a run did, its rejections in the order of their ids."""
    counts = {name: getattr(report, name) for name in ("added", "updated", "unchanged", "removed", "interrupted")}
    rejected = sorted((item.item_id, item.stage, item.reason) for item in report.rejected)  # type: ignore[attr-defined]
    return {**counts, "rejected": rejected, "notes": report.notes}  # type: ignore[attr-defined]


POOL = ("n0", "n1", "ü/2")
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["brand", "price", "weight"]), st.one_of(st.integers(-5, 5), st.sampled_from(["A", "ß", ""])),
    max_size=2,
)  # fmt: skip
SEEDS = st.integers(50, 52)
PUT = st.tuples(st.just("put"), st.lists(st.tuples(st.sampled_from(POOL), SEEDS, ATTRIBUTES), min_size=1, max_size=3))
DELETE = st.tuples(st.just("delete"), st.lists(st.sampled_from([*POOL, "none"]), max_size=3))
LIST = st.tuples(st.just("list"), st.sampled_from(["", "brand=A", "price<2", 'price>="-3"', "weight=1"]))
SEARCH = st.tuples(st.just("search"), SEEDS)


@pytest.fixture(scope="module")
def changing(make_pair: Callable[[], Pair]) -> Pair:
    return make_pair()


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.one_of(PUT, DELETE, LIST, SEARCH), min_size=3, max_size=8))
def test_any_sequence_of_calls(changing: Pair, steps: list[tuple[str, object]]) -> None:
    changing.same(lambda c: c.delete(POOL))
    for verb, argument in steps:
        changing.same(_step(verb, argument))
    changing.same(lambda c: c.items())


def _step(verb: str, argument: object) -> Call:
    match verb:
        case "put":
            return lambda c: c.upsert([_item(*one) for one in argument])  # type: ignore[attr-defined]
        case "delete":
            return lambda c: c.delete(argument)
        case "search":
            return lambda c: c.search(_drawn(argument), k=4)
        case _:
            return lambda c: (c.items(argument or None), c.count(argument or None), c.facets(where=argument or None))


def _item(item_id: str, seed: int, attributes: dict[str, object]) -> Fetched:
    if seed == 52:
        return Fetched(Item(item_id, "p50", f"{seed}.png", attributes=attributes), b"no picture")  # type: ignore[arg-type]
    return Fetched(Item(item_id, "p50", f"{seed}.png", attributes=attributes), _drawn(seed))  # type: ignore[arg-type]


def _drawn(seed: object) -> bytes:
    out = io.BytesIO()
    draw_picture(int(str(seed)), (64, 48)).save(out, "PNG")
    return out.getvalue()
