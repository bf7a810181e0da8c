"""Batches of photos become queries in the order in which they came."""

from pathlib import Path

import numpy as np

from sosie.indexing.embedding import Fetched
from sosie.types import Item, Rejection
from support.catalogs import drawn_item, photos_of
from support.pictures import draw_picture, encode


def test_vectors_belong_to_their_items_and_bad_ones_are_reported(tmp_path: Path) -> None:
    items = [drawn_item(tmp_path, product) for product in range(9)]
    (tmp_path / "gray.png").write_bytes(encode(draw_picture(0).convert("L").point(lambda _: 128), "PNG"))
    gray = Item("gray", "p", str(tmp_path / "gray.png"))
    stream = [*items[:2], Rejection("row 3", "source", "no image"), gray, Item("none", "p", "nowhere.jpg"), *items[2:]]
    result = photos_of(stream)
    assert [item for batch in result for item in batch.items] == items
    stages = {rejection.item_id: rejection.stage for batch in result for rejection in batch.rejections}
    assert stages == {"row 3": "source", "none": "read", "gray": "embed"}
    queries = [query for batch in result for query in batch.queries]
    for item, query in zip(items, queries, strict=True):
        [alone] = photos_of([item])
        np.testing.assert_allclose(alone.queries[0].vector, query.vector, atol=1e-6)


def test_a_picture_that_has_arrived_is_not_read(tmp_path: Path) -> None:
    [batch] = photos_of([Fetched(Item("far", "p", "https://x.example/a"), encode(draw_picture(1)))])
    assert [item.item_id for item in batch.items] == ["far"]
