"""What every store must do, as tests that any implementation can run.

    class TestMyStore(StoreContract):
        @pytest.fixture
        def harness(self, tmp_path):
            return Harness(make=..., reopen=...)

``Harness`` says how to make and reopen the store, and how exact its answers are.
"""

import pytest

_PARTS = (
    "harness",
    "values",
    "writing",
    "generations",
    "reading",
    "searching",
    "words",
    "details",
    "facets",
    "sorting",
    "living",
    "congruence",
)
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in _PARTS))

from support.store_contract.congruence import CongruenceContract  # noqa: E402 (after the rewrite is registered)
from support.store_contract.details import DetailsContract  # noqa: E402
from support.store_contract.facets import FacetContract  # noqa: E402
from support.store_contract.generations import GenerationContract  # noqa: E402
from support.store_contract.harness import Harness, HarnessFixtures  # noqa: E402
from support.store_contract.living import LivingContract  # noqa: E402
from support.store_contract.reading import ReadingContract  # noqa: E402
from support.store_contract.searching import SearchingContract  # noqa: E402
from support.store_contract.sorting import SortingContract  # noqa: E402
from support.store_contract.values import ValueContract  # noqa: E402
from support.store_contract.words import WordContract  # noqa: E402
from support.store_contract.writing import WritingContract  # noqa: E402

__all__ = ["Harness", "StoreContract"]


class StoreContract(
    CongruenceContract,
    LivingContract,
    FacetContract,
    SortingContract,
    DetailsContract,
    WordContract,
    SearchingContract,
    ReadingContract,
    GenerationContract,
    ValueContract,
    WritingContract,
    HarnessFixtures,
):
    """The whole contract, from the last part to the first; a subclass defines the fixture ``harness``."""


_TESTS = [name for part in StoreContract.__bases__ for name in vars(part) if name.startswith("test_")]
assert len(_TESTS) == len(set(_TESTS)), "two tests of one name: one would hide the other"
