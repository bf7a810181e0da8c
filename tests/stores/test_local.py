"""The local store keeps the whole contract, whichever way its searches take."""

from pathlib import Path

import pytest

from sosie.stores.base import Store
from sosie.stores.local import LocalSettings, open_local
from sosie.types import Manifest
from support.local_stores import TINY
from support.store_contract import Harness, StoreContract


def make_harness(folder: Path, settings: LocalSettings, examples: int) -> Harness:
    made: list[Path] = []

    def make(manifest: Manifest) -> Store:
        made.append(folder / f"shop {len(made)} ü#?%20.sosie")
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
