"""``sosie stats --plan``: what a store of a given size needs, measured on this machine."""

import json
from pathlib import Path
from typing import Any

import pytest

import sosie as package
from sosie.catalog.planning import GRAPH_BYTES, HALF, WORDS_BYTES, plan_store

Sosie = Any


def test_a_plan_has_the_disk_that_such_a_store_takes(drawn_demo: Path, tmp_path: Path) -> None:
    table, store = drawn_demo / "catalog.csv", tmp_path / "shop.sosie"
    with package.open(store) as catalog:
        added = catalog.index(str(table)).added
    taken = (store / "catalog.db").stat().st_size
    plan = plan_store(added, str(store))
    assert (plan.items, plan.embedder, plan.details, plan.sample) == (added, "duo", True, added - 1)
    assert plan.segments == added * (GRAPH_BYTES + WORDS_BYTES + HALF * plan.dim)
    assert plan.disk - plan.segments == pytest.approx(taken, rel=0.2)
    assert plan.hours * 3600 > added / plan.rate
    with package.open(store) as catalog:
        assert catalog.count() == added


def test_a_plan_needs_no_store_and_makes_none(sosie: Sosie, tmp_path: Path) -> None:
    store = tmp_path / "new.sosie"
    plan = json.loads(sosie("stats", "--store", store, "--plan", "1000000", "--details", "off", "--json").stdout)
    assert not store.exists()
    assert (plan["items"], plan["details"]) == (1_000_000, False)
    assert 10e9 < plan["disk"] < 40e9
    assert plan["mapped"] < 1.5e9


@pytest.mark.parametrize(
    ("store", "plan", "message"),
    [
        ("new.sosie", "0", "--plan is 0; expected a number of items of at least 1"),
        ("http://127.0.0.1:9", "10", "--plan works only for a local store"),
    ],
)
def test_a_plan_that_cannot_be_made_is_refused(sosie: Sosie, store: str, plan: str, message: str) -> None:
    refused = sosie("stats", "--store", store, "--plan", plan)
    assert refused.exit_code == 2
    assert message in refused.output


def test_details_without_a_plan_are_refused(sosie: Sosie) -> None:
    refused = sosie("stats", "--store", "new.sosie", "--details", "off")
    assert refused.exit_code == 2
    assert "--details belongs to a plan: give --plan N too" in refused.output
