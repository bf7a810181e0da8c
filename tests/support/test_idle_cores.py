"""Idle cores are lent to one thread at a time."""

import pytest

from sosie.support.cores import IdleCores


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> IdleCores:
    monkeypatch.setattr("sosie.support.cores.usable_cores", lambda: 4)
    return IdleCores()


@pytest.mark.parametrize(("most", "lent"), [(0, 0), (1, 1), (9, 3)])
def test_at_most_the_cores_beside_the_callers_own_are_lent(idle: IdleCores, most: int, lent: int) -> None:
    with idle.lent(most) as cores:
        assert cores == lent


def test_what_is_lent_is_not_lent_again_before_it_is_returned(idle: IdleCores) -> None:
    with idle.lent(1), idle.lent(0):
        with idle.lent(2) as none_left:
            assert none_left == 0
        with pytest.raises(ZeroDivisionError), idle.lent(0):
            _ = 1 / 0
    with idle.lent(9) as all_back:
        assert all_back == 3
