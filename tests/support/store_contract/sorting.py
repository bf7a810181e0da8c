"""scan_sorted: items in the order of an attribute, and from a place on."""

from itertools import islice

import pytest

from sosie.filters.order import Place, SortOrder, order_from, place_of
from sosie.stores.base import Store
from support.store_contract.harness import bound, fill, ids, record
from support.store_contract.reading import CODE_POINTS, SHOP

ORDERS = {
    "price": "03 05 01 04 02 06 07 08",
    "-price": "06 02 04 01 05 03 07 08",
    "brand": "05 01 02 07 03 04 06 08",
    "-brand": "04 03 07 01 02 05 06 08",
    "sale": "02 01 05 03 04 06 07 08",
    "-sale": "01 05 02 03 04 06 07 08",
    "item_id": "01 02 03 04 05 06 07 08",
    "-item_id": "08 07 06 05 04 03 02 01",
    "-product_id": "06 07 08 05 04 03 02 01",
}


class SortingContract:
    @pytest.mark.parametrize(("sort", "expected"), ORDERS.items(), ids=ORDERS)
    def test_by_an_attribute_in_both_directions_and_from_every_place(
        self, store: Store, sort: str, expected: str
    ) -> None:
        fill(store, SHOP)
        order = order_from(sort, store.manifest.attributes)
        assert ids(store.scan_sorted(order)) == expected.split()
        for number, entry in enumerate(store.scan_sorted(order), start=1):
            assert ids(store.scan_sorted(order, after=place_of(entry, order))) == expected.split()[number:]

    def test_sorted_items_pass_the_filter(self, store: Store) -> None:
        fill(store, SHOP)
        where = bound(store, "has brand and not brand=acme or product_id=family")
        assert ids(store.scan_sorted(SortOrder("price", True), where)) == ["06", "02", "04", "01", "05", "07"]

    def test_sorting_continues_after_a_position_without_an_item(self, store: Store) -> None:
        fill(store, SHOP)
        assert ids(store.scan_sorted(SortOrder("price"), after=Place(15.0, "99")))[:2] == ["04", "02"]
        assert ids(store.scan_sorted(SortOrder("price"), after=Place(20.0, "00")))[:2] == ["04", "02"]
        assert ids(store.scan_sorted(SortOrder("price", True), after=Place(15.0, "99")))[:2] == ["01", "05"]
        assert ids(store.scan_sorted(SortOrder("price"), after=Place(None, "07a"))) == ["08"]

    def test_text_goes_by_code_point(self, store: Store) -> None:
        fill(store, [record(str(n), brand=brand) for n, brand in enumerate(CODE_POINTS)])
        result = [item.attributes["brand"] for item in store.scan_sorted(SortOrder("brand"))]
        assert result == sorted(CODE_POINTS)
        assert [item.attributes["brand"] for item in store.scan_sorted(SortOrder("brand", True))] == result[::-1]

    def test_every_item_of_a_long_list_comes_once(self, store: Store) -> None:
        fill(store, [record(f"{n:04}", **({"price": n % 7} if n % 3 else {})) for n in range(1300)])
        for descending in (False, True):
            sign = -1 if descending else 1
            expected = sorted(range(1300), key=lambda n: (n % 3 == 0, sign * (n % 7) if n % 3 else 0, n))
            assert ids(store.scan_sorted(SortOrder("price", descending))) == [f"{n:04}" for n in expected]

    def test_one_may_write_between_pages(self, store: Store) -> None:
        fill(store, [record(f"{n:02}", price=n // 4) for n in range(40)])
        order = SortOrder("price")
        seen = list(islice(store.scan_sorted(order), 10))
        store.delete(["09", "20"])
        fill(store, [record("00a", price=0), record("30a", price=7)])
        rest = ids(store.scan_sorted(order, after=place_of(seen[-1], order)))
        assert rest == [*(f"{n:02}" for n in range(10, 31) if n != 20), "30a", *(f"{n:02}" for n in range(31, 40))]

    def test_an_attribute_that_no_item_has(self, store: Store) -> None:
        fill(store, [record("b"), record("a")])
        assert ids(store.scan_sorted(SortOrder("price", True))) == ["a", "b"]

    def test_vectors_and_blobs_are_loaded_where_asked(self, store: Store) -> None:
        fill(store, SHOP)
        [first] = islice(store.scan_sorted(SortOrder("price"), fields=["embedding@1"]), 1)
        assert set(first.vectors) == {"embedding@1"}
