"""An attribute gets another type."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sosie.errors import UsageError
from sosie.filters import Where
from sosie.indexing.retyping import forget_unused, retype_attribute
from sosie.indexing.writing import learn_types
from sosie.stores.exact import ExactStore
from sosie.types import EMBEDDING, AttributeValue, EmbedderIdentity, Facet, Manifest, Record, attribute_type

VECTOR = f"{EMBEDDING}@0"


def store_of(*values: AttributeValue | None, name: str = "price", kind: type[ExactStore] = ExactStore) -> ExactStore:
    store = kind(Manifest(EmbedderIdentity("e", "f", 2), vectors={VECTOR: 2}, active={EMBEDDING: VECTOR}))
    learn_types(store, {name: next(attribute_type(value) for value in values if value is not None)})
    rows = enumerate(values)
    store.upsert(
        [
            Record(f"i{n}", "p", "1.jpg", attributes={"title": "t"} | ({} if value is None else {name: value}))
            for n, value in rows
        ]
    )
    learn_types(store, {"title": "string"})
    return store


def values_of(store: ExactStore, name: str = "price") -> list[AttributeValue | None]:
    return [record.attributes.get(name) for record in store.scan()]


def test_prices_become_numbers_in_the_notation_of_the_column() -> None:
    store = store_of("1.299", "19,90 €", None, "5", "auf Lager")
    report = retype_attribute(store, "price", "number")
    assert values_of(store) == [1299, 19.9, None, 5, None]
    assert values_of(store, "currency") == [None, "EUR", None, None, None]
    assert (report.changed, report.lost, report.examples) == (3, 1, ("auf Lager",))
    assert (report.before, report.after) == ("string", "number")
    assert store.manifest.attributes == {"price": "number", "title": "string", "currency": "string"}


def test_a_dry_run_reports_what_would_be_lost_and_changes_nothing() -> None:
    store = store_of("1", "a", "b", "c", "d")
    before, manifest = values_of(store), store.manifest
    report = retype_attribute(store, "price", "number", dry_run=True)
    assert (report.changed, report.lost, report.examples) == (1, 4, ("a", "b", "c"))
    assert (values_of(store), store.manifest) == (before, manifest)


@pytest.mark.parametrize(
    ("values", "kind", "after"),
    [
        ((12, 12.5, 3.0), "text", ["12", "12.5", "3"]),
        ((True, False), "text", ["true", "false"]),
        ((("a", "b"), ("c",)), "text", ["a, b", "c"]),
        (("a, b", "c"), "list", [("a", "b"), ("c",)]),
        (("True", "false", "maybe"), "boolean", [True, False, None]),
        ((("7",), ("7", "8")), "number", [7, None]),
        ((1, 0), "boolean", [None, None]),
    ],
)
def test_every_type_becomes_every_other_where_it_fits(
    values: tuple[AttributeValue, ...], kind: str, after: list[AttributeValue | None]
) -> None:
    store = store_of(*values)
    retype_attribute(store, "price", kind)
    assert values_of(store) == after


def test_numbers_survive_the_way_to_text_and_back() -> None:
    store = store_of(12, 12.5, 1299, 0.125)
    retype_attribute(store, "price", "text")
    assert retype_attribute(store, "price", "number").lost == 0
    assert values_of(store) == [12, 12.5, 1299, 0.125]


def test_a_run_that_was_interrupted_goes_on() -> None:
    store = store_of("1", "2")
    store.update({"i0": {"price": 1}})
    retype_attribute(store, "price", "number")
    assert retype_attribute(store, "price", "number").unchanged == 2
    assert values_of(store) == [1, 2]


def test_an_attribute_without_items_is_forgotten() -> None:
    store = store_of("a", "b")
    assert retype_attribute(store, "price", "number").forgotten == ("price",)
    assert store.manifest.attributes == {"title": "string"}
    store.delete(["i0", "i1"])
    assert forget_unused(store, ["title", "other"]) == ("title",)


@pytest.mark.parametrize(
    ("name", "kind", "words"), [("prize", "number", "did you mean 'price'"), ("price", "float", "expected text")]
)
def test_what_cannot_be_is_refused(name: str, kind: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        retype_attribute(store_of("1"), name, kind)


class SlowToSearch(ExactStore):
    """A store whose searches see what was written only after a flush, as Elasticsearch's do."""

    is_flushed = False

    def flush(self) -> None:
        self.is_flushed = True

    def facets(self, attributes: Sequence[str], where: Where | None = None, limit: int = 100) -> list[Facet]:
        facets = super().facets(attributes, where, limit)
        return facets if self.is_flushed else [replace(facet, values=(), distinct=0) for facet in facets]


def test_what_searches_do_not_see_yet_is_not_forgotten() -> None:
    store = store_of("1", "2", kind=SlowToSearch)
    assert retype_attribute(store, "price", "number").forgotten == ()
    assert store.manifest.attributes["price"] == "number"
