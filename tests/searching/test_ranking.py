import numpy as np
import pytest

from sosie.errors import UsageError
from sosie.searching.ranking import MAX_K, check_k, count_views, together
from sosie.stores.exact import ExactStore
from sosie.types import EmbedderIdentity, Manifest, Record


@pytest.mark.parametrize("k", [1, 10, MAX_K])
def test_a_k_that_can_be_asked(k: int) -> None:
    assert check_k(k) == k


@pytest.mark.parametrize("k", [0, -1, MAX_K + 1])
def test_a_k_that_cannot(k: int) -> None:
    with pytest.raises(UsageError, match="expected a whole number"):
        check_k(k)


def test_several_views_are_one_query_of_unit_length() -> None:
    views = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    one = together(views)
    assert one.shape == (1, 3)
    assert one[0] == pytest.approx([0.5**0.5, 0.5**0.5, 0])


def test_views_that_cancel_out_are_refused() -> None:
    with pytest.raises(UsageError, match="one by one"):
        together(np.array([[1, 0], [-1, 0]], np.float32))


def test_views_are_counted_per_product() -> None:
    manifest = Manifest(EmbedderIdentity("e", "f", 2), {"embedding@1": 2}, {"embedding": "embedding@1"})
    store = ExactStore(manifest)
    unit = {"embedding@1": np.array([1, 0], np.float32)}
    store.upsert(
        [Record(f"{p}{n}", p, "x.jpg", vectors=unit) for p, views in (("a", 3), ("b", 1)) for n in range(views)]
    )
    assert count_views(store, ["b", "a", "a", "gone"]) == {"a": 3, "b": 1}
    assert count_views(store, []) == {}
