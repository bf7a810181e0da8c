"""How many threads a product of matrices takes."""

from __future__ import annotations

import threading

import pytest
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from sosie.support.blas import one_blas_thread


def threads() -> list[int]:
    return [library["num_threads"] for library in ThreadpoolController().select(user_api="blas").info()]


@pytest.fixture
def before() -> list[int]:
    if max(threads(), default=1) == 1:
        pytest.skip("BLAS has one thread on this machine anyhow")
    return threads()


def test_one_thread_inside_and_as_many_as_before_outside(before: list[int]) -> None:
    with one_blas_thread():
        assert set(threads()) == {1}
    assert threads() == before


def test_nested_blocks_restore_the_number_of_threads_at_the_end(before: list[int]) -> None:
    with one_blas_thread():
        with one_blas_thread():
            pass
        assert set(threads()) == {1}
    assert threads() == before


def test_the_last_thread_that_leaves_restores_the_number_of_threads(before: list[int]) -> None:
    entered, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with one_blas_thread():
            entered.set()
            leave.wait(30)

    other = threading.Thread(target=stay)
    with one_blas_thread():
        other.start()
        assert entered.wait(30)
    assert set(threads()) == {1}
    leave.set()
    other.join()
    assert threads() == before


def test_an_exception_restores_the_number_of_threads(before: list[int]) -> None:
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        _ = 1 / 0
    assert threads() == before
