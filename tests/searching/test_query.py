import numpy as np
import pytest

from sosie.errors import UsageError
from sosie.searching.query import mean_vector


def test_several_views_are_one_query_of_unit_length() -> None:
    views = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    item = mean_vector(views)
    assert item.shape == (1, 3)
    assert item[0] == pytest.approx([0.5**0.5, 0.5**0.5, 0])


def test_views_that_cancel_out_are_refused() -> None:
    with pytest.raises(UsageError, match="one by one"):
        mean_vector(np.array([[1, 0], [-1, 0]], np.float32))
