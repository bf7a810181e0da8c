"""Random work on the store under test and on the exact store beside it, answers compared one by one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from sosie.filters import AnyOf, Condition, Expression, Not, Operator, Where, bind
from sosie.filters.order import SortOrder, place_of
from sosie.stores.base import Store
from sosie.stores.exact import ExactStore
from sosie.types import AttributeType, Facet, Hit, Manifest, Record
from support.store_contract.harness import DIM, MANIFEST, NAME, Harness, ids, light, unit

TYPES: dict[str, AttributeType] = {
    "brand": "string",
    "price": "number",
    "sale": "boolean",
    "tags": "strings",
    "Größe (cm)": "number",
    "a.b": "string",
}
POOL: dict[str, list[Any]] = {
    "string": ["", "Acme", "acme", "Ünï, 'x'", "table lamp", "10", "9"],
    "number": [0, 1, 1.0, 2.5, -3, 20, 2**40],
    "boolean": [True, False],
    "strings": [(), ("red",), ("red", "new"), ("new", "new"), ("",), ("table", "lamp")],
}
IDS = [*"abcdefgh", "Ä", "색", "🛋️", "\uffee"]
PRODUCTS = ["p", "q", "r's"]
NAMES = {NAME: DIM, "embedding@2": 8}
RANDOM_MANIFEST: Manifest = replace(MANIFEST, attributes=TYPES)

item_ids = st.lists(st.sampled_from([*IDS, "nobody"]), max_size=8)
attributes = st.fixed_dictionaries({}, optional={name: st.sampled_from(POOL[kind]) for name, kind in TYPES.items()})
seeds = st.integers(0, 15)


@st.composite
def records(draw: st.DrawFn) -> Record:
    named = {name: unit(draw(seeds), dim) for name, dim in NAMES.items() if draw(st.integers(0, 4))}
    return Record(
        item_id=draw(st.sampled_from(IDS)),
        product_id=draw(st.sampled_from(PRODUCTS)),
        image="x.jpg",
        attributes=draw(attributes),
        content_sha256=draw(st.sampled_from(["", "ff"])),
        vectors=named,
    )


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    name, kind = draw(st.sampled_from([*TYPES.items(), ("product_id", "string"), ("item_id", "string")]))
    pool = {"product_id": PRODUCTS, "item_id": IDS, "tags": ["red", "new", "", "lamp"]}.get(name, POOL[kind])
    ranges: list[Operator] = ["<", "<=", ">", ">="] if kind in ("string", "number") else []
    operators: list[Operator] = ["=", "!=", "has", *ranges]
    operator = draw(st.sampled_from(operators))
    if operator == "has":
        return Condition(name, operator)
    values = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=1 if operator in ranges else 3))
    return Condition(name, operator, tuple(values))


def _where(given: Sequence[Expression]) -> Where:
    return bind(Where(tuple(given)), RANDOM_MANIFEST.attributes)


def _combined(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.builds(Not, parts) | st.builds(AnyOf, several) | st.builds(Where, several)


expressions: st.SearchStrategy[Expression] = st.recursive(conditions(), _combined, max_leaves=6)
wheres = st.lists(expressions, max_size=3).map(_where)


def assert_same_records(got: Sequence[Record], expected: Sequence[Record]) -> None:
    """Equal but for the time of writing, and for empty lists, which a store may leave out."""

    def plain(given: Sequence[Record]) -> list[Record]:
        return [replace(r, attributes={k: v for k, v in r.attributes.items() if v != ()}) for r in light(given)]

    assert plain(got) == plain(expected)


def assert_same_hits(got: Sequence[Hit], expected: Sequence[Hit], cosines: dict[str, float], harness: Harness) -> None:
    """As many hits, each with its true cosine, and none that a better one was left out for."""
    assert len(got) == len(expected)
    assert len(set(ids(got))) == len(got)
    for hit, best in zip(got, expected, strict=True):
        assert hit.score == pytest.approx(cosines[hit.item_id], abs=harness.score_tolerance)
        assert hit.score == pytest.approx(best.score, abs=harness.score_tolerance)
    order = [(-(hit.score or 0.0), hit.item_id if harness.exact_ties else "") for hit in got]
    assert order == sorted(order)


def assert_same_facets(got: Sequence[Facet], expected: Sequence[Facet]) -> None:
    assert [(f, [type(value) for value, _ in f.values]) for f in got] == [
        (f, [type(value) for value, _ in f.values]) for f in expected
    ]


class Beside(RuleBasedStateMachine):
    """The random work; a subclass names the harness."""

    harness: Harness
    store: Store
    oracle: ExactStore

    @initialize(first=st.lists(records(), max_size=20))
    def begin(self, first: list[Record]) -> None:
        self.store, self.oracle = self.harness.make(RANDOM_MANIFEST), ExactStore(RANDOM_MANIFEST)
        self.upsert(first)

    def both(self) -> tuple[Store, Store]:
        return self.store, self.oracle

    @rule(given=st.lists(records(), min_size=1, max_size=6))
    def upsert(self, given: list[Record]) -> None:
        assert [store.upsert(given) for store in self.both()] == [[], []]

    @rule(given=st.dictionaries(st.sampled_from([*IDS, "nobody"]), attributes, max_size=4))
    def update(self, given: dict[str, Any]) -> None:
        for store in self.both():
            store.update(given)

    @rule(given=item_ids)
    def delete(self, given: list[str]) -> None:
        first, second = (store.delete(given) for store in self.both())
        assert first == second

    @rule(name=st.sampled_from([*NAMES]), given=item_ids, seed=seeds)
    def put_vectors(self, name: str, given: list[str], seed: int) -> None:
        rows = [unit(seed + n, NAMES[name]) for n in range(len(given))]
        matrix = np.stack(rows) if rows else np.empty((0, NAMES[name]), np.float32)
        first, second = (store.put_vectors(name, given, matrix) for store in self.both())
        assert first == second

    @rule()
    def drop_vectors(self) -> None:
        for store in self.both():
            store.drop_vectors("embedding@2")

    @rule()
    def optimize(self) -> None:
        self.store.optimize()

    @rule()
    def reopen(self) -> None:
        self.store.flush()
        self.store = self.harness.reopen(self.store)

    @rule(
        name=st.sampled_from([*NAMES]),
        asked=st.lists(seeds, min_size=1, max_size=3),
        k=st.integers(1, 15),
        where=wheres,
        distinct=st.sampled_from([None, "product_id"]),
    )
    def search(self, name: str, asked: list[int], k: int, where: Where, distinct: Any) -> None:
        self.store.flush()
        queries = np.stack([unit(seed, NAMES[name]) for seed in asked])
        got, expected = (store.search(name, queries, k, where, distinct) for store in self.both())
        for hits, best, every in zip(got, expected, self.oracle.search(name, queries, len(IDS), where), strict=True):
            assert_same_hits(hits, best, {hit.item_id: hit.score or 0.0 for hit in every}, self.harness)
            assert_same_records([hit.record for hit in hits], self.oracle.get(ids(hits)))
            products = [hit.record.product_id for hit in hits]
            assert distinct is None or len(set(products)) == len(products)

    @rule(where=wheres, after=st.sampled_from(["", *IDS]))
    def scan(self, where: Where, after: str) -> None:
        self.store.flush()
        first, second = (list(store.scan(where, after)) for store in self.both())
        assert_same_records(first, second)
        assert self.store.count(where) == self.oracle.count(where)

    @rule(
        where=wheres,
        name=st.sampled_from(
            [
                name
                for name, kind in [*TYPES.items(), ("product_id", "string"), ("item_id", "string")]
                if kind != "strings"
            ]
        ),
        descending=st.booleans(),
        begin=st.integers(-1, 11),
    )
    def scan_sorted(self, where: Where, name: str, descending: bool, begin: int) -> None:
        self.store.flush()
        order = SortOrder(name, descending)
        after = None
        if (every := list(self.oracle.scan_sorted(order))) and begin >= 0:
            after = place_of(every[begin % len(every)], order)
        first, second = (list(store.scan_sorted(order, where, after)) for store in self.both())
        assert_same_records(first, second)

    @rule(given=item_ids)
    def get(self, given: list[str]) -> None:
        first, second = (store.get(given, [*NAMES]) for store in self.both())
        assert_same_records(first, second)
        for item, other in zip(first, second, strict=True):
            assert set(item.vectors) == set(other.vectors)
            for name, vector in item.vectors.items():
                np.testing.assert_allclose(vector, other.vectors[name], atol=self.harness.vector_tolerance, rtol=0)

    @rule(where=wheres, limit=st.integers(1, 5))
    def facets(self, where: Where, limit: int) -> None:
        self.store.flush()
        first, second = (store.facets([*TYPES, "product_id"], where, limit) for store in self.both())
        assert_same_facets(first, second)

    @rule(words=st.sampled_from(["acme", "table lamp", "ünï X", "red", "lamp 10", "p"]), where=wheres)
    def words(self, words: str, where: Where) -> None:
        self.store.flush()
        first, second = (store.search_text(words, 99, where) for store in self.both())
        assert sorted(ids(first)) == sorted(ids(second))

    @precondition(lambda self: hasattr(self, "store"))
    @rule()
    def check(self) -> None:
        self.store.flush()
        report = self.store.check()
        assert (report.items, report.problems) == (self.oracle.count(), ())

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


class CongruenceContract:
    def test_random_work_gives_the_answers_of_the_exact_store(self, harness: Harness) -> None:
        run_state_machine_as_test(
            type("BesideExact", (Beside,), {"harness": harness}),
            settings=settings(
                max_examples=harness.examples,
                stateful_step_count=harness.steps,
                deadline=None,
                database=None,
                phases=[Phase.generate],  # shrinking on a disk can outlast the time limit and hide the failure
                suppress_health_check=list(HealthCheck),
            ),
        )
