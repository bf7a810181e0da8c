"""Items by code: whatever type the attribute has, and whatever zeros stand before the number."""

from dataclasses import replace
from pathlib import Path

import pytest

from sosie.errors import UsageError
from sosie.filters import Where, bind
from sosie.indexing.attributes import attribute_types
from sosie.knowledge.codes import codes_of, name_code_attribute
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching.by_code import items_with_code
from sosie.stores.exact import ExactStore
from sosie.types import AttributeValue, Record
from support.catalogs import empty_store

EAN = "4006381333931"


def store_with(*values: AttributeValue) -> ExactStore:
    """A store with an item for each value of ``ean``, in this order, and ``ean`` named as the attribute of codes."""
    store = empty_store()
    records = [
        Record(f"i{row}", f"p{row}", f"{row}.jpg", attributes={"ean": value, "size": row})
        for row, value in enumerate(values)
    ]
    manifest = store.manifest
    store.replace_manifest(replace(manifest, attributes=attribute_types(r.attributes for r in records)), manifest)
    store.upsert(records)
    name_code_attribute(store, "ean")
    return store


def found_in(store: ExactStore, code: str, where: Where | None = None) -> list[Record]:
    return items_with_code(store, knowledge_of(store.manifest), code, where)


@pytest.mark.parametrize("code", [EAN, f"0{EAN}", f"https://id.gs1.org/01/0{EAN}", f"(01)0{EAN}(10)A"])
@pytest.mark.parametrize(
    "values",
    [(EAN, "96385074"), (f"0{EAN}", "x"), (4006381333931, 96385074), ((EAN, "x"), ("y",)), (("x", f"0{EAN}"), ("y",))],
)
def test_the_item_is_found(code: str, values: tuple[AttributeValue, ...]) -> None:
    assert [record.item_id for record in found_in(store_with(*values), code)] == ["i0"]


def test_every_item_with_that_code_that_passes() -> None:
    store = store_with(EAN, "x", EAN)
    assert [record.item_id for record in found_in(store, EAN)] == ["i0", "i2"]
    where = bind("size>=1", store.manifest.attributes)
    assert [record.item_id for record in found_in(store, EAN, where)] == ["i2"]


def test_other_codes_are_compared_letter_by_letter() -> None:
    store = store_with("SKU-1", "sku-1")
    assert [record.item_id for record in found_in(store, "SKU-1")] == ["i0"]
    assert found_in(store_with(1, 2), "SKU-1") == []


def test_nothing_is_found_where_no_attribute_is_named() -> None:
    assert knowledge_of(empty_store().manifest).code_attribute is None
    assert found_in(empty_store(), EAN) == []


def test_a_missing_attribute_is_refused_and_existing_ones_are_listed() -> None:
    store = store_with("x")
    with pytest.raises(UsageError, match=r"no item has an attribute 'gtin'.*the catalog has ean, size"):
        name_code_attribute(store, "gtin")
    assert knowledge_of(store.manifest).code_attribute == "ean"


def test_codes_of_an_item(tmp_path: Path) -> None:
    record = Record("i", "p", str(tmp_path), attributes={"text": EAN, "number": 4006381333931.0, "list": ("a", "b")})
    assert codes_of(record, "text") == codes_of(record, "number") == (EAN,)
    assert codes_of(record, "list") == ("a", "b")
    assert codes_of(record, "none") == ()
