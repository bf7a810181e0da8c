"""How many threads a product of matrices takes."""

from __future__ import annotations

import threading

import pytest
from sosie.details.blas import one_blas_thread
from threadpoolctl import ThreadpoolController, threadpool_limits

pytestmark = pytest.mark.skipif(not ThreadpoolController().select(user_api="blas").info(), reason="no BLAS is seen")


def threads() -> set[int]:
    return {library["num_threads"] for library in ThreadpoolController().select(user_api="blas").info()}


def test_one_thread_inside_and_as_many_as_before_outside() -> None:
    with threadpool_limits(2, "blas"):
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == {2}


def test_blocks_inside_each_other_give_the_number_back_at_the_end() -> None:
    with threadpool_limits(2, "blas"):
        with one_blas_thread():
            with one_blas_thread():
                pass
            assert threads() == {1}
        assert threads() == {2}


def test_the_last_thread_that_leaves_gives_the_number_back() -> None:
    entered, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with one_blas_thread():
            entered.set()
            leave.wait(30)

    with threadpool_limits(2, "blas"):
        other = threading.Thread(target=stay)
        with one_blas_thread():
            other.start()
            assert entered.wait(30)
        assert threads() == {1}
        leave.set()
        other.join()
        assert threads() == {2}


def test_a_failure_inside_gives_the_number_back() -> None:
    with threadpool_limits(2, "blas"):
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            _ = 1 / 0
        assert threads() == {2}
