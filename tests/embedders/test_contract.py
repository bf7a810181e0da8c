from collections.abc import Callable

import pytest

from sosie.embedders.base import Embedder
from support.embedder_contract import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_embedder_keeps_the_contract(embedder: Embedder, check: Callable[[Embedder], None]) -> None:
    check(embedder)
