"""search_text: words are words, never operators; endings, beginnings and typing errors are forgiven."""

import pytest

from sosie.stores.base import Store
from support.store_contract.harness import bound, fill, ids, learn_attributes, record

OPERATORS = [
    "OR",
    "NOT",
    "AND",
    "NEAR",
    "NEAR(table lamp)",
    "title:lamp",
    "lamp*",
    "^lamp",
    "lamp +",
    '"',
    '"lamp',
    "lamp\\",
]


class WordContract:
    @pytest.fixture
    def lamps(self, store: Store) -> Store:
        learn_attributes(store, {"title": "string", "Größe": "string"})
        return fill(
            store,
            [
                record(
                    "SKU-001/a",
                    product_id="SKU-001",
                    title="Table lamp",
                    brand="Acme",
                    price=5,
                    tags=("brass", "Art déco"),
                ),
                record("SKU-002/a", product_id="SKU-002", title="Floor LAMP, very long and tall", brand="Émile"),
                record("SKU-003/a", product_id="SKU-003", title="Lampshade", brand="Acme", sale=True),
                record("x4", product_id="Ünïcode", title="ТОРШЕР not a lamp or table", Größe="Höhe 40"),
            ],
        )

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("lamp", ["SKU-001/a", "SKU-002/a", "SKU-003/a", "x4"]),
            ("LAMP", ["SKU-001/a", "SKU-002/a", "SKU-003/a", "x4"]),
            ("lampshade", ["SKU-003/a"]),
            ("table lamp", ["SKU-001/a", "x4"]),
            ("lamp table", ["SKU-001/a", "x4"]),
            ("lamp, table!", ["SKU-001/a", "x4"]),
            ("acme table", ["SKU-001/a"]),
            ("  brass\tacme\n", ["SKU-001/a"]),
            ("déco", ["SKU-001/a"]),
            ("émile", ["SKU-002/a"]),
            ("торшер", ["x4"]),
            ("HÖHE", ["x4"]),
            ("ünïcode", ["x4"]),
            ("SKU-002", ["SKU-002/a"]),
            ("sku-003/a", ["SKU-003/a"]),
            ("x4", ["x4"]),
            ("or", ["x4"]),
            ("lamp nothing", []),
            ("lamp -table", ["SKU-001/a", "x4"]),
            ("", []),
            ("  ", []),
            ("*", []),
            ("-- !", []),
        ],
    )
    def test_up_to_two_words_must_all_be_there(self, lamps: Store, words: str, expected: list[str]) -> None:
        hits = lamps.search_text(words, 10)
        assert sorted(ids(hits)) == expected
        assert all(hit.score is None for hit in hits)

    @pytest.mark.parametrize(
        ("words", "first", "others"),
        [
            ("not a lamp", "x4", {"SKU-001/a", "SKU-002/a", "SKU-003/a"}),
            ("table NOT lamp", "x4", {"SKU-001/a"}),
            ("very long tall lamp", "SKU-002/a", set()),
            ("very long tall chair", "SKU-002/a", set()),
            ("very long chair sofa", None, set()),
        ],
    )
    def test_of_more_words_three_quarters_suffice(
        self, lamps: Store, words: str, first: str | None, others: set[str]
    ) -> None:
        result = ids(lamps.search_text(words, 10))
        assert result[:1] == ([first] if first else [])
        assert set(result[1:]) == others

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("lam", ["SKU-001/a", "SKU-002/a", "SKU-003/a", "x4"]),
            ("la", []),
            ("lamps", ["SKU-001/a", "SKU-002/a", "SKU-003/a", "x4"]),
            ("tabled", ["SKU-001/a", "x4"]),
            ("tabel lamp", ["SKU-001/a", "x4"]),
            ("brsas", ["SKU-001/a"]),
            ("brasss", ["SKU-001/a"]),
            ("lampshide", ["SKU-003/a"]),
            ("lmpshde", ["SKU-003/a"]),
            ("mampshade", []),
            ("lmshde", []),
            ("tll", ["SKU-002/a"]),
            ("tl", []),
            ("emile", []),
            ("éimle", ["SKU-002/a"]),
            ("x5", []),
            ("SKU-004", []),
            ("SKU-0021", []),
        ],
    )
    def test_beginnings_endings_and_typing_errors(self, lamps: Store, words: str, expected: list[str]) -> None:
        assert sorted(ids(lamps.search_text(words, 10))) == expected

    def test_errors_are_forgiven_only_in_words_that_no_item_has(self, store: Store) -> None:
        learn_attributes(store, {"title": "string"})
        titles = {"a": "black boots", "b": "black books", "c": "block boots"}
        fill(store, [record(item, title=title) for item, title in titles.items()])
        assert ids(store.search_text("black boots", 5)) == ["a"]
        assert ids(store.search_text("black boits", 5)) == ["a"]
        assert sorted(ids(store.search_text("black boos", 5))) == ["a", "b"]

    def test_a_word_itself_comes_before_endings_before_beginnings(self, store: Store) -> None:
        learn_attributes(store, {"title": "string"})
        titles = {"a": "lampshade", "b": "lamps", "c": "lamp", "d": "chair"}
        fill(store, [record(item, title=title) for item, title in titles.items()])
        assert ids(store.search_text("lamp", 5)) == ["c", "b", "a"]

    def test_endings_are_those_of_the_catalogs_language(self, store: Store) -> None:
        learn_attributes(store, {"title": "string"})
        titles = {"a": "Schuhe für Damen und Herren", "b": "Hemden mit Kragen", "c": "Stuhl aus Holz und Stahl"}
        fill(store, [record(item, title=title) for item, title in titles.items()])
        assert ids(store.search_text("Schuhen", 5)) == ["a"]
        assert ids(store.search_text("Hemdes", 5)) == ["b"]

    def test_minus_words_leave_items_out(self, lamps: Store) -> None:
        assert sorted(ids(lamps.search_text("lamp", 10, minus="tables"))) == ["SKU-002/a", "SKU-003/a"]
        assert sorted(ids(lamps.search_text("lamp", 10, minus="acme x4"))) == ["SKU-002/a"]
        assert len(lamps.search_text("lamp", 10, minus="nothing ta")) == 4

    def test_distinct_words_give_the_best_item_of_each_product(self, store: Store) -> None:
        views = [
            record(f"{n:03}", product_id=f"p{n // 100}", brand="lamp" if n % 100 else "lamp lamp") for n in range(300)
        ]
        fill(store, views)
        results = store.search_text("lamp", 2, distinct="product_id")
        assert [hit.record.product_id for hit in results] == ["p0", "p1"]
        results = store.search_text("lamp", 9, bound(store, "product_id!=p1"), distinct="product_id")
        assert sorted(hit.record.product_id for hit in results) == ["p0", "p2"]

    @pytest.mark.parametrize(
        "words", [*OPERATORS, "'; DROP TABLE items; --", "a'b", "{}[]()<>", "\0", "\U0010ffff", "x" * 5000]
    )
    def test_no_text_is_an_operator_or_an_error(self, lamps: Store, words: str) -> None:
        hits = [*lamps.search_text(words, 10), *lamps.search_text("lamp", 10, minus=words)]
        assert set(ids(hits)) <= {"SKU-001/a", "SKU-002/a", "SKU-003/a", "x4"}
        assert lamps.count() == 4

    def test_hits_by_words_carry_the_light_record(self, lamps: Store) -> None:
        assert lamps.search_text("brass", 1)[0].record == lamps.get(["SKU-001/a"])[0]

    def test_the_best_come_first(self, store: Store) -> None:
        learn_attributes(store, {"title": "string"})
        filler = " ".join(f"word{n}" for n in range(60))
        fill(
            store, [record(f"{n}", title=f"{filler} lamp {filler}") for n in range(9)] + [record("short", title="lamp")]
        )
        assert ids(store.search_text("lamp", 3))[0] == "short"

    def test_k_limits_and_where_comes_before(self, store: Store) -> None:
        fill(store, [record(f"{n:03}", brand="lamp", price=n) for n in range(100)])
        assert len(store.search_text("lamp", 7)) == 7
        assert sorted(ids(store.search_text("lamp", 7, bound(store, "price>=95")))) == [
            f"{n:03}" for n in range(95, 100)
        ]
        assert store.search_text("lamp", 7, bound(store, "price<0")) == []

    def test_words_follow_every_write(self, lamps: Store) -> None:
        lamps.update({"x4": {"title": "chair"}})
        lamps.delete(["SKU-002/a"])
        fill(lamps, [record("SKU-001/a", title="sofa")])
        assert ids(lamps.search_text("lamp", 10)) == ["SKU-003/a"]
        assert ids(lamps.search_text("chair", 10)) == ["x4"]
        assert ids(lamps.search_text("sofa", 10)) == ["SKU-001/a"]
