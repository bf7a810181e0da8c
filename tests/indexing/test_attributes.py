from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.errors import SourceError
from sosie.indexing.attributes import AttributeSchema, attribute_types
from sosie.sources.report import Journal, SourceReport
from sosie.types import attribute_type

values = st.one_of(
    st.text(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.lists(st.text()).map(tuple),
)


@given(values)
def test_a_value_of_the_kept_type_passes_as_it_is(value: Any) -> None:
    schema = AttributeSchema({"a": attribute_type(value)})
    admitted = schema.admit({"a": value})["a"]
    assert admitted == value
    assert type(admitted) is type(value)


@given(values, values)
def test_what_is_admitted_has_the_kept_type_or_is_refused(first: Any, second: Any) -> None:
    schema = AttributeSchema({})
    schema.admit({"a": first})
    try:
        admitted = schema.admit({"a": second})["a"]
    except SourceError:
        assert attribute_type(second) != attribute_type(first)
    else:
        assert attribute_type(admitted) == attribute_type(first)


@pytest.mark.parametrize(
    ("kept", "given_value", "expected"),
    [
        (1.5, "20", 20),
        (1, "2.5", 2.5),
        ("x", 20, "20"),
        (True, "False", False),
        (("a",), "b", ("b",)),
    ],
)
def test_text_and_numbers_are_brought_to_the_kept_type(kept: Any, given_value: Any, expected: Any) -> None:
    schema = AttributeSchema({"a": attribute_type(kept)})
    admitted = schema.admit({"a": given_value})["a"]
    assert admitted == expected
    assert type(admitted) is type(expected)


@pytest.mark.parametrize(
    ("kept", "wrong"),
    [(1, "cheap"), (1, "nan"), (1, True), (True, "maybe"), ("x", True), ("x", ("a",)), (("a",), 3), (1, float("inf"))],
)
def test_what_does_not_fit_is_refused_by_name(kept: Any, wrong: Any) -> None:
    with pytest.raises(SourceError, match="'size'"):
        AttributeSchema({"size": attribute_type(kept)}).admit({"size": wrong})


def test_with_misfits_a_value_that_does_not_fit_is_left_out_and_counted() -> None:
    schema, misfits = AttributeSchema({"price": "number"}), Journal()
    admitted = [schema.admit({"price": price, "brand": "Acme"}, misfits) for price in ("12", "cheap", "dear")]
    assert admitted == [{"price": 12, "brand": "Acme"}, {"brand": "Acme"}, {"brand": "Acme"}]
    (misfit,) = misfits.report(SourceReport("a source", "")).misfits
    assert (misfit.what, misfit.count, misfit.examples) == ("'price'", 2, ("'cheap'", "'dear'"))


@pytest.mark.parametrize("name", ["", "item_id", "product_id", "content_sha256"])
def test_the_catalogs_own_names_are_refused(name: str) -> None:
    with pytest.raises(SourceError, match="rename"):
        AttributeSchema({}).admit({name: "x"})


def test_a_refused_row_teaches_nothing() -> None:
    schema = AttributeSchema({"price": "number"})
    with pytest.raises(SourceError):
        schema.admit({"color": "red", "price": "cheap"})
    assert schema.admit({"color": 7}) == {"color": 7}


def test_types_of_several_rows() -> None:
    assert attribute_types([{"a": 1}, {"b": ("x",)}, {}]) == {"a": "number", "b": "strings"}
