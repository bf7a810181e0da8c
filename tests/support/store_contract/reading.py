"""get, scan, count, and ``where`` as every store must understand it."""

from collections.abc import Sequence

import pytest

from sosie.errors import FilterError
from sosie.filters import matches
from sosie.stores.base import Store
from sosie.types import Record
from support.store_contract.harness import NAME, axis, bound, fill, ids, light, record

CODE_POINTS = [
    "A",
    "B",
    "a",
    "b",
    "ab",
    "a b",
    "ä",
    "Z",
    "é",
    "ÿ",
    "ā",
    "色",
    "\uffee",
    "𝒳",
    "🛋️",
    "10",
    "9",
    "\U0010ffff",
]
SHOP = [
    record("01", brand="Acme", price=10, sale=True, tags=("red", "new")),
    record("02", brand="Acme", price=20.5, sale=False, tags=("blue",)),
    record("03", brand="acme", price=-3),
    record("04", brand="Émile", price=20, tags=("red",)),
    record("05", brand="", price=0, sale=True, tags=()),
    record("06", product_id="family", price=2**40),
    record("07", product_id="family", brand="Acme & Sons", tags=("red, new", "")),
    record("08"),
]
CONDITIONS = {
    ("brand=Acme",): "01 02",
    ("brand=acme",): "03",
    ("brand=Acme,acme",): "01 02 03",
    ("brand=",): "05",
    ("brand=Acm",): "",
    ("brand=Nobody",): "",
    ("brand!=Acme",): "03 04 05 07",
    ("brand!=Acme,acme",): "04 05 07",
    ("brand!=Nobody",): "01 02 03 04 05 07",
    ("brand<B",): "01 02 05 07",
    ("brand<=Acme",): "01 02 05",
    ("brand>Acme",): "03 04 07",
    ("brand>=acme",): "03 04",
    ("brand>=É",): "04",
    ('brand<"5"',): "05",
    ('brand>="5"',): "01 02 03 04 07",
    ("price=20",): "04",
    ("price=20.5,10",): "01 02",
    ("price!=20",): "01 02 03 05 06",
    ("price<10",): "03 05",
    ("price<=10",): "01 03 05",
    ("price>20",): "02 06",
    ("price>=20",): "02 04 06",
    ("price>=0", "price<20.5"): "01 04 05",
    ("price>1e300",): "",
    ("sale=true",): "01 05",
    ("sale=false",): "02",
    ("sale!=true",): "02",
    ("sale=true,false",): "01 02 05",
    ("tags=red",): "01 04",
    ("tags=red,blue",): "01 02 04",
    ("tags=new", "tags=red"): "01",
    ("tags=",): "07",
    ('tags="red, new"',): "07",
    ("tags!=red",): "02 07",
    ("tags!=red,blue",): "07",
    ("product_id=family",): "06 07",
    ("product_id!=family",): "01 02 03 04 05 08",
    ("item_id=03,08,nobody",): "03 08",
    ("item_id>06",): "07 08",
    ("content_sha256=",): "01 02 03 04 05 06 07 08",
    ("brand=Acme", "sale=true", "price<=10", "tags=new"): "01",
    ("brand=Acme", "brand=acme"): "",
    (): "01 02 03 04 05 06 07 08",
    ("has brand",): "01 02 03 04 05 07",
    ("has price",): "01 02 03 04 05 06",
    ("has sale",): "01 02 05",
    ("has tags",): "01 02 04 07",
    ("has product_id",): "01 02 03 04 05 06 07 08",
    ("not has tags",): "03 05 06 08",
    ("not brand=Acme",): "03 04 05 06 07 08",
    ("not brand!=Acme",): "01 02 06 08",
    ("not not brand=Acme",): "01 02",
    ("not price<20",): "02 04 06 07 08",
    ("not tags=red",): "02 03 05 06 07 08",
    ("not product_id=family",): "01 02 03 04 05 08",
    ("brand=acme or price>=20.5",): "02 03 06",
    ("brand=acme or product_id=family or item_id=08",): "03 06 07 08",
    ("brand!=Acme or sale=true",): "01 03 04 05 07",
    ("brand=Acme or brand=Nobody",): "01 02",
    ("brand=Nobody or brand=Nobody2",): "",
    ("brand=Acme and price<20 or brand=acme",): "01 03",
    ("brand=Acme and (price<20 or tags=blue)",): "01 02",
    ("(brand=Acme or has tags) and not price>20",): "01 04 07",
    ("not (brand=Acme or has tags)",): "03 05 06 08",
    ("not (brand=Acme and sale=true)",): "02 03 04 05 06 07 08",
    ("not brand=Acme", "not has price"): "07 08",
    ("brand=Acme or brand=acme", "price<15 or tags=blue"): "01 02 03",
    ("item_id=01 or not item_id<=06",): "01 07 08",
}


class ReadingContract:
    def test_get_keeps_the_order_asked_each_id_once(self, store: Store) -> None:
        fill(store, [record(item_id) for item_id in "abcd"])
        assert ids(store.get(["d", "nobody", "a", "d", "c", "a"])) == ["d", "a", "c"]

    def test_get_of_nothing(self, store: Store) -> None:
        assert store.get([]) == []
        assert store.get(["nobody"]) == []

    def test_only_the_fields_asked_for_are_loaded(self, store: Store) -> None:
        own = Record("a", "a", "x", vectors=record("a").vectors, blobs={"thumbnail": b"1", "details": b"2"})
        fill(store, [own])
        for fields in ([], [NAME], ["thumbnail"], ["details", NAME], ["nothing", "embedding@2"]):
            for [got] in (store.get(["a"], fields), list(store.scan(fields=fields))):
                assert set(got.vectors) | set(got.blobs) == set(fields) - {"nothing", "embedding@2"}
                assert light([got]) == light([own])

    def test_text_is_not_compared_with_a_number(self, store: Store) -> None:
        fill(store, SHOP)
        for condition in ("brand<5", "brand>=5.0", "brand>-1e3"):
            with pytest.raises(FilterError, match="holds text"):
                bound(store, condition)

    def test_scan_goes_by_code_point(self, store: Store) -> None:
        fill(store, [record(item_id) for item_id in reversed(CODE_POINTS)])
        assert ids(store.scan()) == sorted(CODE_POINTS)

    def test_scan_goes_on_after_an_id(self, store: Store) -> None:
        fill(store, [record(item_id) for item_id in CODE_POINTS])
        for after in [*CODE_POINTS, "", "a\0", "aa", "\U0010ffff!"]:
            assert ids(store.scan(after=after)) == sorted(i for i in CODE_POINTS if i > after)

    def test_scan_with_where_and_after(self, store: Store) -> None:
        fill(store, SHOP)
        assert ids(store.scan(bound(store, "tags!=blue"), after="01")) == ["04", "07"]

    def test_scan_passes_every_item_of_a_long_list_once(self, store: Store) -> None:
        names = [f"{n:05}" for n in range(3000)]
        fill(store, [Record(name, name, "x") for name in names])
        assert ids(store.scan()) == names

    def test_one_may_write_while_scanning(self, store: Store) -> None:
        fill(store, [record(f"{n:03}") for n in range(50)])
        seen = []
        for entry in store.scan():
            seen.append(entry.item_id)
            store.update({entry.item_id: {"price": 1}})
        store.flush()
        assert seen == [f"{n:03}" for n in range(50)]
        assert store.count(bound(store, "price=1")) == 50

    def test_count_is_the_number_of_items(self, store: Store) -> None:
        assert store.count() == 0
        fill(store, SHOP)
        assert store.count() == len(SHOP)

    @pytest.mark.parametrize(("conditions", "expected"), CONDITIONS.items(), ids=" and ".join)
    def test_where_passes_the_same_items_in_every_call(
        self, store: Store, conditions: Sequence[str], expected: str
    ) -> None:
        fill(store, SHOP)
        where = bound(store, *conditions)
        passing = expected.split()
        assert [item.item_id for item in SHOP if matches(where, item)] == passing
        assert ids(store.scan(where)) == passing
        assert store.count(where) == len(passing)
        assert sorted(ids(store.search(NAME, axis(), 20, where)[0])) == passing

    def test_more_values_in_a_condition_than_items(self, store: Store) -> None:
        fill(store, SHOP)
        values = ",".join(f"x{n}" for n in range(3000))
        assert store.count(bound(store, f"brand={values},Acme")) == 2
        assert store.count(bound(store, f"tags!={values},red")) == 2
