import pytest

from sosie.catalog.options import MAX_K, check_k
from sosie.errors import UsageError


@pytest.mark.parametrize("k", [1, 10, MAX_K])
def test_a_whole_k_from_one_on_is_accepted(k: int) -> None:
    assert check_k(k) == k


@pytest.mark.parametrize("k", [0, -1, MAX_K + 1])
def test_any_other_k_is_refused(k: int) -> None:
    with pytest.raises(UsageError, match="expected a whole number"):
        check_k(k)
