"""Attributes that several people change at the same time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import sosie
from sosie.indexing.retyping import retype_attribute
from sosie.indexing.updating import update_attributes
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from support.pictures import draw_picture, encode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of two items."""
    (tmp_path / "pictures").mkdir()
    for seed in range(2):
        (tmp_path / "pictures" / f"{seed}.jpg").write_bytes(encode(draw_picture(seed)))
    with sosie.open(str(tmp_path / "s.sosie")) as catalog:
        catalog.index(tmp_path / "pictures", details=False)
        catalog.update({"0.jpg": {"price": "1"}, "1.jpg": {"price": "2"}})
    return tmp_path / "s.sosie"


class Overtaken:
    """A store in which somebody else changes an item between every reading of it and the next write, a few times."""

    def __init__(self, store: Store, times: int) -> None:
        self._store = store
        self._left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def update(self, attributes: Mapping[str, Any], expected: Mapping[str, Any] | None = None) -> int:
        if self._left:
            self._left -= 1
            update_attributes(self._store, {"0.jpg": {f"other{self._left}": "theirs"}})
        return self._store.update(attributes, expected)


def test_neither_of_two_changes_of_an_item_is_lost(path: Path) -> None:
    store = open_store(str(path))
    assert update_attributes(Overtaken(store, 3), {"0.jpg": {"brand": "ours"}, "1.jpg": {"brand": "ours"}}) == 2
    [first, second] = store.get(["0.jpg", "1.jpg"])
    assert first.attributes == {
        "price": "1", "brand": "ours", "other0": "theirs", "other1": "theirs", "other2": "theirs"
    }  # fmt: skip
    assert second.attributes == {"price": "2", "brand": "ours"}
    store.close()


def test_a_change_during_a_retype_is_kept(path: Path) -> None:
    store = open_store(str(path))
    report = retype_attribute(Overtaken(store, 2), "price", "number")
    assert (report.changed, report.lost) == (2, 0)
    assert store.get(["0.jpg"])[0].attributes == {"price": 1.0, "other0": "theirs", "other1": "theirs"}
    assert store.get(["1.jpg"])[0].attributes == {"price": 2.0}
    store.close()


def test_many_threads_change_one_item(path: Path) -> None:
    with sosie.open(str(path)) as catalog:
        writers = [
            threading.Thread(target=catalog.update, args=({"0.jpg": {f"a{number}": number}},)) for number in range(8)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(60)
        assert {f"a{number}" for number in range(8)} <= set(catalog.get("0.jpg").attributes)
