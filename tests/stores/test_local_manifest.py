"""A manifest of megabytes is read once, and never missed when it changes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sosie.stores.local.truth import meta
from support.local_stores import opened
from support.store_contract.harness import MANIFEST, NAME, axis, fill, record


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of every text that is parsed as a manifest from here on."""
    lengths: list[int] = []

    def loads(text: str) -> Any:
        lengths.append(len(text))
        return json.loads(text)

    monkeypatch.setattr(meta, "json", type("json", (), {"loads": staticmethod(loads), "dumps": json.dumps}))
    return lengths


def test_searches_do_not_read_it_again(tmp_path: Path, parsed: list[int]) -> None:
    store = fill(opened(tmp_path / "s.sosie"), [record("a")])
    for _ in range(3):
        assert store.manifest == MANIFEST
        assert len(store.search(NAME, axis(), 1)[0]) == 1
    assert len(parsed) <= 2
    store.close()


def test_a_change_by_another_is_seen_at_once(tmp_path: Path) -> None:
    store, other = opened(tmp_path / "s.sosie"), opened(tmp_path / "s.sosie")
    for n in range(40):
        new = replace(store.manifest, settings={"n": n})
        other.replace_manifest(new, store.manifest)
        assert store.manifest == other.manifest == new
    store.close()
    other.close()
    assert opened(tmp_path / "s.sosie").manifest.settings == {"n": 39}
