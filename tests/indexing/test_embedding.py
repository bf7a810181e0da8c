"""Batches are worked on at the same time, and come out in the order in which they came."""

import threading
from collections.abc import Iterator
from itertools import chain

import pytest

from sosie.support.batches import IN_FLIGHT, in_order


def test_the_order_is_kept_whoever_is_done_first() -> None:
    second_done = threading.Event()

    def work(batch: tuple[int, ...]) -> int:
        if batch == (0,):
            assert second_done.wait(20)
        second_done.set()
        return batch[0]

    assert list(chain.from_iterable(in_order(range(6), work, size=1, workers=2))) == list(range(6))


def test_what_is_ready_comes_together() -> None:
    done, go_on = threading.Semaphore(0), threading.Event()

    def work(batch: tuple[int, ...]) -> int:
        assert batch != (0,) or go_on.wait(20)
        done.release()
        return batch[0]

    def numbers() -> Iterator[int]:
        yield from range(5)
        for _ in range(4):
            assert done.acquire(timeout=20)
        go_on.set()
        yield 5

    ready = list(in_order(numbers(), work, size=1, workers=2))
    assert list(chain.from_iterable(ready)) == list(range(6))
    assert len(ready[0]) >= 5


def test_the_number_of_batches_in_progress_is_limited() -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    given = 0
    for ready in in_order(numbers(), len, size=2, workers=3):
        assert len(taken) - given <= 2 * 3 * IN_FLIGHT
        given += sum(ready)
    assert given == 100


def test_a_failure_of_the_work_itself_comes_after_what_was_done_before_it() -> None:
    failed = threading.Event()

    def work(batch: tuple[int, ...]) -> int:
        if batch == (3,):
            failed.set()
            raise ValueError("no picture is to blame")
        assert batch != (0,) or failed.wait(20)
        return batch[0]

    ready: list[int] = []
    with pytest.raises(ValueError, match="no picture"):
        ready.extend(chain.from_iterable(in_order(range(9), work, size=1, workers=2)))
    assert ready == [0, 1, 2]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sosie-embed")]


def test_an_abandoned_stream_is_closed_without_waiting() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def work(batch: tuple[int, ...]) -> int:
        if batch[0]:
            busy.set()
            go_on.wait()
        return batch[0]

    stream = in_order(iter(range(8)), work, 1, workers=2)
    try:
        assert next(stream) == [0]
        busy.wait()
        closing = threading.Thread(target=stream.close, daemon=True)
        closing.start()
        closing.join(60)
        assert not closing.is_alive()
    finally:
        go_on.set()
