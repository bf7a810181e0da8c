"""facets: what the attributes hold."""

import pytest

from sosie.errors import FilterError
from sosie.stores.base import Store
from sosie.types import Facet
from support.store_contract.harness import bound, fill, record


class FacetContract:
    @pytest.fixture
    def shop(self, store: Store) -> Store:
        return fill(
            store,
            [
                record("1", brand="b", price=3, sale=True, tags=("x", "y"), product_id="p"),
                record("2", brand="a", price=3.0, sale=False, tags=("y",), product_id="p"),
                record("3", brand="a", price=10, sale=True, tags=("y", "y", "")),
                record("4", brand="c", price=-0.5, tags=()),
                record("5", brand="", price=2**40),
                record("6"),
            ],
        )

    def test_strings_by_frequency_then_value(self, shop: Store) -> None:
        assert shop.facets(["brand"]) == [Facet("brand", "string", (("a", 2), ("", 1), ("b", 1), ("c", 1)), 4)]

    def test_each_string_of_a_list_counts_once_an_item(self, shop: Store) -> None:
        assert shop.facets(["tags"]) == [Facet("tags", "strings", (("y", 3), ("", 1), ("x", 1)), 3)]

    def test_numbers_have_a_range(self, shop: Store) -> None:
        values = ((3.0, 2), (-0.5, 1), (10.0, 1), (float(2**40), 1))
        assert shop.facets(["price"]) == [Facet("price", "number", values, 4, -0.5, 2.0**40)]

    def test_facets_of_booleans_count_true_and_false(self, shop: Store) -> None:
        [facet] = shop.facets(["sale"])
        assert facet == Facet("sale", "boolean", ((True, 2), (False, 1)), 2)
        assert all(isinstance(value, bool) for value, _ in facet.values)

    def test_record_fields(self, shop: Store) -> None:
        values = (("p", 2), ("3", 1), ("4", 1), ("5", 1), ("6", 1))
        assert shop.facets(["product_id"]) == [Facet("product_id", "string", values, 5)]

    def test_facets_come_in_the_requested_order(self, shop: Store) -> None:
        assert [facet.attribute for facet in shop.facets(["tags", "brand", "item_id"])] == ["tags", "brand", "item_id"]
        assert shop.facets([]) == []

    def test_only_what_passes_counts(self, shop: Store) -> None:
        where = bound(shop, "price<=3")
        [brand, price] = shop.facets(["brand", "price"], where)
        assert brand.values == (("a", 1), ("b", 1), ("c", 1))
        assert (price.minimum, price.maximum) == (-0.5, 3)

    def test_facets_are_empty_if_no_item_passes(self, shop: Store) -> None:
        [brand, price] = shop.facets(["brand", "price"], bound(shop, "brand=nobody"))
        assert brand == Facet("brand", "string", (), 0)
        assert price == Facet("price", "number", (), 0)

    def test_the_limit_cuts_values_but_not_the_range(self, shop: Store) -> None:
        [brand, price] = shop.facets(["brand", "price"], limit=2)
        assert brand.values == (("a", 2), ("", 1))
        assert (price.values, price.minimum, price.maximum) == (((3.0, 2), (-0.5, 1)), -0.5, 2.0**40)

    def test_a_hundred_values_by_default(self, store: Store) -> None:
        fill(store, [record(f"{n:03}", brand=f"{n:03}") for n in range(150)])
        assert store.facets(["brand"])[0].values == tuple((f"{n:03}", 1) for n in range(100))
        assert store.facets(["brand"])[0].distinct == 150
        assert len(store.facets(["brand"], limit=1000)[0].values) == 150

    def test_ties_go_by_code_point(self, store: Store) -> None:
        brands = ["b", "a", "Z", "ä", "\uffee", "🛋️", "10", "9"]
        fill(store, [record(str(n), brand=brand) for n, brand in enumerate(brands)])
        assert [value for value, _ in store.facets(["brand"])[0].values] == sorted(brands)

    def test_an_unknown_attribute_is_refused(self, shop: Store) -> None:
        with pytest.raises(FilterError, match="unknown attribute 'color'; known: brand"):
            shop.facets(["brand", "color"])
        with pytest.raises(FilterError, match="did you mean 'brand'"):
            shop.facets(["brnad"])
