import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sosie.embedders.vectors import to_unit_length
from sosie.errors import EmbedderError

finite = st.floats(-(2.0**100), 2.0**100, width=32)
rows = arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=finite)


@given(rows)
def test_rows_with_a_direction_keep_it_at_unit_length(features: npt.NDArray[np.float32]) -> None:
    features = features[np.any(features != 0, axis=1)]
    vectors = to_unit_length(features, "x")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    largest = np.abs(features).argmax(axis=1)[:, None]
    signs = [np.sign(np.take_along_axis(array, largest, 1)) for array in (features, vectors)]
    assert (signs[0] == signs[1]).all()


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf, -np.inf])
def test_row_without_direction_is_named(bad: float) -> None:
    features = np.ones((4, 3), np.float32)
    features[2] = bad
    with pytest.raises(EmbedderError, match=r"x gave .* for picture 2 of 4"):
        to_unit_length(features, "x")


def test_half_precision_is_widened_before_it_is_squared() -> None:
    vectors = to_unit_length(np.full((1, 4), 60_000, np.float16), "x")
    np.testing.assert_allclose(vectors, 0.5)
