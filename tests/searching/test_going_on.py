"""A search goes on behind its answer: no product twice, none left out, ranks and probabilities in one line."""

import base64
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sosie
from sosie.errors import UsageError
from sosie.indexing.embedding import Fetched
from sosie.searching.places import SearchPlace
from sosie.types import Item, Match, SearchResult
from support.pictures import draw_picture, encode

PHOTO = encode(draw_picture(3, (120, 90)))
PRODUCTS = 23


def item(number: int) -> Fetched:
    attributes = {"title": f"thing {number}", **({"price": number % 5} if number % 4 else {})}
    return Fetched(
        Item(f"i{number:02}", f"p{number:02}", f"{number}.png", (), attributes), encode(draw_picture(number))
    )


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[sosie.Catalog]:
    with sosie.Catalog(str(tmp_path / "shop.sosie")) as opened:
        opened.create()
        opened.upsert([item(number) for number in range(PRODUCTS)])
        yield opened


def pages(catalog: sosie.Catalog, answer: SearchResult, k: int) -> Iterator[SearchResult]:
    yield answer
    while answer.next is not None:
        answer = catalog.more(answer, k)
        yield answer


def every_match(catalog: sosie.Catalog, answer: SearchResult, k: int) -> list[Match]:
    return [match for page in pages(catalog, answer, k) for match in page.matches]


@pytest.mark.parametrize("k", [1, 4, 7])
def test_every_product_comes_once(catalog: sosie.Catalog, k: int) -> None:
    for answer in (catalog.search(PHOTO, k=k), catalog.search_text("thing", k)):
        shown = every_match(catalog, answer, k)
        assert sorted(match.product_id for match in shown) == [f"p{number:02}" for number in range(PRODUCTS)]
        assert [match.rank for match in shown] == list(range(1, PRODUCTS + 1))


def test_similar_goes_on_without_its_own_product(catalog: sosie.Catalog) -> None:
    shown = every_match(catalog, catalog.similar("i05", 6), 6)
    assert sorted(match.product_id for match in shown) == [f"p{n:02}" for n in range(PRODUCTS) if n != 5]
    scores = [match.score or 0.0 for match in shown]
    assert scores == sorted(scores, reverse=True)


def test_more_matches_pass_the_filter_of_the_search(catalog: sosie.Catalog) -> None:
    shown = every_match(catalog, catalog.search(PHOTO, k=3, where="has price and not price=1"), 3)
    assert sorted(match.product_id for match in shown) == [f"p{n:02}" for n in range(PRODUCTS) if n % 4 and n % 5 != 1]


def test_probabilities_never_rise_and_the_verdict_stays(catalog: sosie.Catalog) -> None:
    parts = list(pages(catalog, catalog.search(PHOTO, k=5), 5))
    assert {part.verdict for part in parts} == {parts[0].verdict}
    shown = [[match.same_product or 0.0 for match in part.matches] for part in parts]
    assert len(shown) > 3
    assert all(max(after) <= min(before) for before, after in itertools.pairwise(shown))
    assert all(match.same_product is not None for part in parts for match in part.matches)


def test_no_product_twice_while_the_catalog_is_written(catalog: sosie.Catalog) -> None:
    first = catalog.search(PHOTO, k=6)
    catalog.delete(["i20", first.matches[-1].item_id])
    catalog.upsert([item(number) for number in (30, 31)])
    shown = every_match(catalog, first, 6)
    products = [match.product_id for match in shown]
    assert len(set(products)) == len(products)
    assert set(products) >= {f"p{n:02}" for n in range(PRODUCTS) if n != 20} | {"p30", "p31"}


def test_sorting_changes_neither_the_matches_nor_the_verdict(catalog: sosie.Catalog) -> None:
    plain, sorted_ = catalog.search(PHOTO, k=8), catalog.search(PHOTO, k=8, sort="-price")
    assert sorted_.verdict == plain.verdict
    assert {m.rank: (m.item_id, m.same_product) for m in sorted_.matches} == {
        m.rank: (m.item_id, m.same_product) for m in plain.matches
    }
    prices = [match.attributes.get("price") for match in sorted_.matches]
    with_price = [price for price in prices if price is not None]
    assert prices == [*sorted(with_price, reverse=True), *[None] * (len(prices) - len(with_price))]
    assert len(set(with_price)) > 2
    after = catalog.more(sorted_, 8)
    assert [m.rank for m in after.matches] != sorted(m.rank for m in after.matches)
    assert sorted(m.rank for m in after.matches) == list(range(9, 17))


def test_all_that_words_find_is_sorted(catalog: sosie.Catalog) -> None:
    first = catalog.search_text("thing", 5, sort="-price")
    shown = [match.attributes.get("price") for match in every_match(catalog, first, 5)]
    existing = [price for price in shown if price is not None]
    assert len(shown) == PRODUCTS
    assert shown == [*sorted(existing, reverse=True), *[None] * (PRODUCTS - len(existing))]


def test_more_without_a_cursor_is_refused(catalog: sosie.Catalog) -> None:
    with pytest.raises(UsageError, match="no more matches"):
        catalog.more(catalog.search(PHOTO, k=999))
    [many] = catalog.search_many([PHOTO], k=2)
    assert isinstance(many, SearchResult)
    with pytest.raises(UsageError, match="search_many"):
        catalog.more(many)
    answer = catalog.search(PHOTO, k=2)
    assert answer.next is not None
    for wrong in ("", "x", answer.next[:40], answer.next[:-9] + "AAAAAAAAA!"):
        with pytest.raises(UsageError, match="cursor"):
            catalog.more(wrong)


@given(st.binary(max_size=200) | st.text(max_size=60).map(str.encode))
def test_any_text_is_a_place_or_refused(data: bytes) -> None:
    for text in (data.decode("latin-1"), base64.urlsafe_b64encode(data).decode()):
        with pytest.raises(UsageError):
            SearchPlace.from_text(text)
