"""Tables that a program has in memory: dictionaries, data frames, Arrow tables."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from sosie.errors import UsageError
from sosie.sources.opening import open_table, opened
from sosie.types import Item
from support.tables import items, only_item

ROWS: list[dict[str, Any]] = [
    {"sku": "a", "image_url": "https://cdn.example/a.jpg", "title": "Mug", "price": 9.5, "stock": 3},
    {"sku": "b", "image_url": "https://cdn.example/b.jpg", "title": None, "price": None, "stock": 0},
]
TABLES = {
    "dictionaries": ROWS,
    "a generator": ROWS,
    "pandas": pd.DataFrame(ROWS),
    "pandas, Arrow's types": pd.DataFrame(ROWS).convert_dtypes(),
    "polars": pl.DataFrame(ROWS),
    "Arrow": pa.Table.from_pylist(ROWS),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_in_memory_is_a_source(kind: str) -> None:
    table = (row for row in ROWS) if kind == "a generator" else TABLES[kind]
    source = opened(table)
    first, second = items(source)
    assert (first.item_id, first.image) == ("a", "https://cdn.example/a.jpg")
    assert first.attributes == {"title": "Mug", "price": 9.5, "stock": 3}
    assert {type(value) for value in first.attributes.values()} == {str, float, int}
    assert second.attributes == {"stock": 0}
    assert source.count() == 2


def test_a_tuple_is_mirrors_and_a_list_is_views() -> None:
    urls = ("https://a.example/1.jpg", "https://b.example/1.jpg")
    assert only_item(opened([{"item_id": "a", "image": urls}])).image == urls
    assert [item.image for item in items(opened([{"item_id": "a", "image": list(urls)}]))] == list(urls)


def test_a_cell_may_hold_the_picture_itself(tmp_path: Path) -> None:
    picture = Image.fromarray(np.full((3, 4, 3), 200, np.uint8))
    item, raw = items(opened([{"item_id": "a", "image": picture}, {"item_id": "b", "image": b"bytes"}]))
    assert item.picture is not None
    assert Image.open(io.BytesIO(item.picture)).size == (4, 3)
    assert raw.picture == b"bytes"


def test_items_are_a_source() -> None:
    given = [Item("a", "p", "a.jpg"), Item("b", "p", "b.jpg"), Item("a", "p", "c.jpg")]
    source = opened(given)
    assert items(source) == given[:2]
    assert source.count() == 3


def test_columns_and_types_can_be_given() -> None:
    source = open_table(ROWS, columns={"title": "sku", "item_id": "sku"}, types={"stock": "text"})
    assert items(source)[0].attributes["stock"] == "3"


@pytest.mark.parametrize("value", [5, None, {"a": 1}, b"x"])
def test_what_is_no_table_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="is not a source"):
        opened(value)
