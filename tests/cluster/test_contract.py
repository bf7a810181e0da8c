"""The whole contract of a store against the real server."""

from collections.abc import Iterator

import pytest

from support.elasticsearch.cluster import Cluster
from support.elasticsearch.harness import SETTINGS, TINY, make_harness
from support.store_contract import Harness, StoreContract


class TestElasticsearchStore(StoreContract):
    @pytest.fixture
    def harness(self, server: Cluster) -> Iterator[Harness]:
        yield from make_harness(server, SETTINGS, examples=6)


class TestTinyBorders(StoreContract):
    @pytest.fixture
    def harness(self, server: Cluster) -> Iterator[Harness]:
        yield from make_harness(server, TINY, examples=6)
