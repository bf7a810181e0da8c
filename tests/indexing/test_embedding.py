"""Batches of pictures become vectors in the order in which they came."""

import threading
from pathlib import Path

import numpy as np

from sosie.images.decode import Limits
from sosie.indexing.embedding import Fetched, embed_items, in_order
from sosie.types import Item, Rejection
from support.catalogues import drawn_item
from support.embedders import GridEmbedder
from support.pictures import draw_picture, encode


def test_vectors_belong_to_their_items_and_bad_ones_are_told(tmp_path: Path) -> None:
    items = [drawn_item(tmp_path, product) for product in range(9)]
    (tmp_path / "grey.png").write_bytes(encode(draw_picture(0).convert("L").point(lambda _: 128), "PNG"))
    grey = Item("grey", "p", str(tmp_path / "grey.png"))
    stream = [*items[:2], Rejection("row 3", "source", "no image"), grey, Item("none", "p", "nowhere.jpg"), *items[2:]]
    found = list(embed_items(stream, GridEmbedder(), Limits(), workers=2))
    assert [item for batch in found for item in batch.items] == items
    stages = {one.item_id: one.stage for batch in found for one in batch.rejections}
    assert stages == {"row 3": "source", "none": "read", "grey": "embed"}
    together = np.concatenate([batch.vectors for batch in found])
    for item, vector in zip(items, together, strict=True):
        [alone] = embed_items([item], GridEmbedder(), Limits())
        np.testing.assert_allclose(alone.vectors[0], vector, atol=1e-6)


def test_a_picture_that_has_arrived_is_not_read(tmp_path: Path) -> None:
    [batch] = embed_items(
        [Fetched(Item("far", "p", "https://x.example/a"), encode(draw_picture(1)))], GridEmbedder(), Limits()
    )
    assert [item.item_id for item in batch.items] == ["far"]


def test_the_order_is_kept_whoever_is_done_first() -> None:
    second_done = threading.Event()

    def work(batch: tuple[int, ...]) -> int:
        if batch == (0,):
            assert second_done.wait(20)
        second_done.set()
        return batch[0]

    assert list(in_order(range(6), work, size=1, workers=2)) == list(range(6))
