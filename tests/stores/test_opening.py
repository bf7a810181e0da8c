import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sosie.errors import StoreNotFound, UsageError
from sosie.stores.exact import ExactStore
from sosie.stores.opening import open_store, same_place
from sosie.types import Manifest
from support.store_contract.harness import MANIFEST


def test_memory_is_made_with_the_manifest() -> None:
    store = open_store("memory:", create=MANIFEST)
    assert isinstance(store, ExactStore)
    assert store.manifest == MANIFEST


def test_every_memory_store_is_new() -> None:
    first = open_store("memory:", create=MANIFEST)
    first.replace_manifest(replace(MANIFEST, settings={}), MANIFEST)
    assert open_store("memory:", create=MANIFEST).manifest == MANIFEST


def test_memory_without_manifest_is_not_found() -> None:
    with pytest.raises(StoreNotFound, match="memory:"):
        open_store("memory:")


@pytest.mark.parametrize("create", [None, MANIFEST])
@pytest.mark.parametrize("path", ["shop.sosie", "a folder/Ünï.sosie", "C:\\shops\\a.sosie", "./memory:", "12:30.sosie"])
def test_any_other_uri_is_the_path_of_a_local_store(
    monkeypatch: pytest.MonkeyPatch, path: str, create: Manifest | None
) -> None:
    calls: list[Any] = []
    local = ModuleType("sosie.stores.local")
    local.open_local = lambda *given: calls.append(given)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sosie.stores.local", local)
    open_store(path, create=create)
    assert calls == [(Path(path), create)]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://127.0.0.1:8000", "is a server"),
        ("HTTPS://shop.example", "is a server"),
        ("file:///shop.sosie", "unknown scheme file://"),
        ("qdrant://x", "unknown scheme qdrant://"),
        ("memory:shop", "takes no name"),
        ("memory://", "takes no name"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_opened_is_refused(uri: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as refused:
        open_store(uri, create=MANIFEST)
    assert "shop.sosie" in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("shop.sosie", "./shop.sosie/", True),
        ("shop.sosie", "link.sosie", True),
        ("shop.sosie", "other.sosie", False),
        ("elasticsearch+http://host:9200/shop", "Elasticsearch+HTTP://host:9200/shop/?replicas=1", True),
        ("elasticsearch+http://host:9200/shop", "elasticsearch+http://host:9200/other", False),
        ("elasticsearch+http://host:9200/shop", "shop", False),
    ],
)
def test_two_ways_to_name_one_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, one: str, other: str, same: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.sosie").symlink_to(tmp_path / "shop.sosie")
    assert same_place(one, other) == same_place(other, one) == same
