import pytest

from sosie.catalog.options import MAX_K, check_k
from sosie.errors import UsageError


@pytest.mark.parametrize("k", [1, 10, MAX_K])
def test_a_k_that_can_be_asked(k: int) -> None:
    assert check_k(k) == k


@pytest.mark.parametrize("k", [0, -1, MAX_K + 1])
def test_a_k_that_cannot(k: int) -> None:
    with pytest.raises(UsageError, match="expected a whole number"):
        check_k(k)
