"""Forty searches that were written by hand for a shop of 101 products, and the product that each means.

Forty others were written later as a shopper would, from what products are and not from what they are called, and were
not changed once they had been run.
"""

import csv
import random
from collections.abc import Sequence

import numpy as np
import pytest

from sosie.knowledge.knowledge import knowledge_of
from sosie.searching.words import answer_words
from sosie.stores.base import Store
from sosie.stores.exact import ExactStore
from sosie.stores.local.opening import open_local
from sosie.types import EmbedderIdentity, Manifest, Record, Vectors, Words
from support.shared import shared

QUERIES = {
    "black hiking boots": "1",
    "wanderer boots daybird": "1",
    "summit pro harness gravitator": "2",
    "alpine fusion goggles": "3",
    "expedition backpack": "4",
    "blizzard rider snowboard": "5",
    "explorer 45l backpack": "7",
    "frostbite jacket": "8",
    "venturepro gps watch": "9",
    "trailblazer bike helmet": "10",
    "climbing shoe wildrunner": "11",
    "powder pro snowboards": "12",
    "stellar duffle": "14",
    "summit pro insulated jacket": "15",
    "goggles expedition 2022": "16",
    "apex harness legend": "17",
    "crampons": "18",
    "ecotrail shoes": "19",
    "biking computer": "20",
    "climbing rope": "26",
    "travel backpack green equipment": "27",
    "tactical watch": "29",
    "blue chalk bag": "31",
    "purple snowboard": "32",
    "grey trail shoes": "33",
    "red bike helmet": "34",
    "excursion daypack": "36",
    "stormbreaker": "37",
    "portable gps": "38",
    "midnight blue goggles": "39",
    "3-season tent": "45",
    "cycling jersey": "46",
    "ice axe": "47",
    "nebula headlamps": "54",
    "velocix helmet": "58",
    "professional compass": "66",
    "mens softshell jacket": "68",
    "explorer frost boots": "71",
    "nomad tent": "87",
    "dry bag": "97",
}
SHOPPERS = {
    "waterproof leather hiking boots": "1",
    "black climbing shoes with down-turned toe": "11",
    "snowboard for deep snow floating camber": "12",
    "forest green 40 liter backpack": "13",
    "black waterproof duffle for a weekend": "14",
    "stainless steel crampons for ice": "18",
    "running shoes from recycled materials": "19",
    "bike computer with touchscreen and gps": "20",
    "orange climbing harness": "23",
    "red hiking backpack": "24",
    "silver bike helmet": "25",
    "kernmantle rope": "26",
    "red down jacket": "28",
    "ski goggles white frame red lenses": "30",
    "chalk bag with drawstring": "31",
    "mesh trail shoes grey": "33",
    "small daypack waterproof nylon": "36",
    "gps with preloaded maps and color display": "38",
    "transparent hiking shoes": "41",
    "light tent for backpacking": "45",
    "moisture wicking cycling jersey": "46",
    "ice axe with aluminum shaft": "47",
    "gps with topographic maps": "50",
    "green chalk bag": "51",
    "navy blue 50l backpack": "52",
    "white snowboard with black logo": "53",
    "neon headlamp for night hikes": "54",
    "waxed canvas duffel bag": "56",
    "charcoal trail running shoes": "57",
    "glossy black bike helmet with visor": "58",
    "snowboard boots black": "60",
    "compass for professionals": "66",
    "duffel bag with taped seams": "67",
    "retro softshell jacket": "68",
    "hiking poles with anti-slip handles": "70",
    "gps watch with barometer": "80",
    "tent for six people": "96",
    "orange dry bag": "97",
    "blue gps watch": "99",
    "green trekking poles": "100",
}
MANIFEST = Manifest(
    EmbedderIdentity("none", "0" * 16, 4),
    {"embedding@1": 4},
    {"embedding": "embedding@1"},
    {"title": "string", "brand": "string", "type": "string", "description": "string"},
)


@pytest.fixture(scope="module", params=["memory", "folder"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The shop's records, without pictures."""
    table = shared("data/eshop_catalog/catalog.csv")
    draw = np.random.default_rng(0)
    with table.open(encoding="utf-8", newline="") as file:
        records = [
            Record(
                row["item_id"], row["product_id"], row["image"], vectors={"embedding@1": _unit(draw)},
                attributes={name: row[name] for name in MANIFEST.attributes},
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip
    folder = tmp_path_factory.mktemp("words") / "shop.sosie"
    store: Store = ExactStore(MANIFEST) if request.param == "memory" else open_local(folder, create=MANIFEST)
    assert store.upsert(records) == []
    return store


def _unit(draw: np.random.Generator) -> Vectors:
    vector = draw.standard_normal(4)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


class Ignorant:
    """A text side whose vectors have nothing to do with the words."""

    def embed_words(self, texts: Sequence[str]) -> Vectors:
        return np.stack([_unit(np.random.default_rng(list(text.encode()))) for text in texts])


def mistyped(text: str, seed: int) -> str:
    """The text with one error in its longest word: a letter too few, too many, another, or two exchanged."""
    draw = random.Random(seed)
    word = max(text.split(), key=lambda one: (one.isalpha(), len(one)))
    at = draw.randrange(1, len(word) - 1)
    wrong = draw.choice([
        word[:at] + word[at + 1 :],
        word[:at] + draw.choice("aeiorst") + word[at:],
        word[:at] + draw.choice("aeiorst") + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ])  # fmt: skip
    return text.replace(word, wrong)


def first_places(shop: Store, searches: dict[str, str]) -> float:
    """The share of searches whose first product is the one that was meant."""
    right = [ids[:1] == [product] for ids, product in ((_found(shop, text), meant) for text, meant in searches.items())]
    return sum(right) / len(right)


def _found(shop: Store, text: str) -> list[str]:
    return [hit.item_id for hit in shop.search_text(text, 10, distinct="product_id")]


BOTH = pytest.mark.parametrize("searches", [QUERIES, SHOPPERS], ids=["by title", "as a shopper"])


@BOTH
def test_nine_of_ten_searches_find_what_was_meant_first(shop: Store, searches: dict[str, str]) -> None:
    assert len(searches) == 40
    assert first_places(shop, searches) >= 0.9


@BOTH
@pytest.mark.parametrize("seed", range(3))
def test_eight_of_ten_do_with_a_typing_error(shop: Store, seed: int, searches: dict[str, str]) -> None:
    wrong = {mistyped(text, seed * 100 + number): meant for number, (text, meant) in enumerate(searches.items())}
    assert first_places(shop, wrong) >= 0.8


def test_a_text_side_that_knows_nothing_costs_next_to_nothing(shop: Store) -> None:
    knowledge = knowledge_of(shop.manifest)
    answers = {text: answer_words(shop, knowledge, Words(text), Ignorant(), 10, None) for text in QUERIES}
    right = [answer.hits[0].record.product_id == QUERIES[text] for text, answer in answers.items()]
    assert sum(right) / len(right) >= first_places(shop, QUERIES) - 0.02
