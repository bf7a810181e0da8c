import pytest

from sosie.stores.exact import ExactStore
from support.store_contract import Harness, StoreContract


class TestExactStore(StoreContract):
    @pytest.fixture
    def harness(self) -> Harness:
        return Harness(make=ExactStore)
