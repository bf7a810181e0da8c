"""Batches are worked on at the same time, and come out in the order in which they came."""

import threading

from sosie.indexing.embedding import in_order


def test_the_order_is_kept_whoever_is_done_first() -> None:
    second_done = threading.Event()

    def work(batch: tuple[int, ...]) -> int:
        if batch == (0,):
            assert second_done.wait(20)
        second_done.set()
        return batch[0]

    assert list(in_order(range(6), work, size=1, workers=2)) == list(range(6))
