"""The local store keeps the whole contract, whichever way its searches take."""

from pathlib import Path

import pytest

from sosie.stores.base import Store
from sosie.stores.local import LocalSettings, open_local
from sosie.types import Manifest
from support.store_contract import Harness, StoreContract

TINY = LocalSettings(
    tail_rows=8,
    cached_rows=16,
    listed_rows=3,
    first_candidates=4,
    most_candidates=64,
    scores_at_once=1000,
    power_safe=False,
)
"""Borders so low that a few items take every way: snapshot, tail in memory, tail from the file, everything."""


def make_harness(folder: Path, settings: LocalSettings, examples: int) -> Harness:
    made: list[Path] = []

    def make(manifest: Manifest) -> Store:
        made.append(folder / f"shop {len(made)} ü.sosie")
        return open_local(made[-1], manifest, settings)

    def reopen(store: Store) -> Store:
        store.close()
        return open_local(made[-1], None, settings)

    return Harness(make, reopen, score_tolerance=2e-3, vector_tolerance=5e-4, examples=examples)


class TestLocalStore(StoreContract):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return make_harness(tmp_path, LocalSettings(power_safe=False), examples=10)


class TestTinyBorders(StoreContract):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return make_harness(tmp_path, TINY, examples=10)
