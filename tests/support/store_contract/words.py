"""search_text: words are words, never operators."""

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
            ("lamp", ["SKU-001/a", "SKU-002/a", "x4"]),
            ("LAMP", ["SKU-001/a", "SKU-002/a", "x4"]),
            ("table lamp", ["SKU-001/a", "x4"]),
            ("lamp table", ["SKU-001/a", "x4"]),
            ("lamp, table!", ["SKU-001/a", "x4"]),
            ("acme lamp", ["SKU-001/a"]),
            ("  brass\tacme\n", ["SKU-001/a"]),
            ("déco", ["SKU-001/a"]),
            ("émile", ["SKU-002/a"]),
            ("торшер", ["x4"]),
            ("HÖHE", ["x4"]),
            ("ünïcode", ["x4"]),
            ("SKU-002", ["SKU-002/a"]),
            ("sku-003/a", ["SKU-003/a"]),
            ("x4", ["x4"]),
            ("not a lamp", ["x4"]),
            ("or", ["x4"]),
            ("lamp nothing", []),
            ("table NOT lamp", ["x4"]),
            ("lampshade OR lamp", []),
            ("lamp -table", ["SKU-001/a", "x4"]),
            ("lam", []),
            ("", []),
            ("  ", []),
            ("*", []),
            ("-- !", []),
        ],
    )
    def test_all_words_must_be_there(self, lamps: Store, words: str, expected: list[str]) -> None:
        hits = lamps.search_text(words, 10)
        assert sorted(ids(hits)) == expected
        assert all(hit.score is None for hit in hits)

    @pytest.mark.parametrize(
        "words", [*OPERATORS, "'; DROP TABLE items; --", "a'b", "{}[]()<>", "\0", "\U0010ffff", "x" * 5000]
    )
    def test_no_text_is_an_operator_or_an_error(self, lamps: Store, words: str) -> None:
        assert set(ids(lamps.search_text(words, 10))) <= {"SKU-001/a", "SKU-002/a", "x4"}
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
        assert lamps.search_text("lamp", 10) == []
        assert ids(lamps.search_text("chair", 10)) == ["x4"]
        assert ids(lamps.search_text("sofa", 10)) == ["SKU-001/a"]
