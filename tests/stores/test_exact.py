import sys
import threading
from collections.abc import Iterator

import pytest

from sosie.stores.exact import ExactStore
from sosie.types import Record
from support.store_contract import Harness, StoreContract
from support.store_contract.harness import MANIFEST


class TestExactStore(StoreContract):
    @pytest.fixture
    def harness(self) -> Harness:
        return Harness(make=ExactStore)


@pytest.fixture
def _hasty_threads() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty_threads")
def test_readers_never_see_half_a_write() -> None:
    store = ExactStore(MANIFEST)
    counts: list[int] = []
    failures: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                counts.append(store.count())
        except Exception as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(200):
        store.upsert([Record(f"{n}/{m}", "p", "x") for m in range(10)])
    done.set()
    reader.join()
    assert failures == []
    assert {count % 10 for count in counts} <= {0}
