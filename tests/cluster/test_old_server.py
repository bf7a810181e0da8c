"""What differs between versions of the server, against one of version 8: writing, reading and searching."""

from collections.abc import Iterator

import pytest

from support.elasticsearch.cluster import Cluster, one_open_node
from support.elasticsearch.harness import SETTINGS, make_harness
from support.elasticsearch.installation import OLD_VERSION, java_home, server_home
from support.store_contract import Harness
from support.store_contract.details import DetailsContract
from support.store_contract.generations import GenerationContract
from support.store_contract.harness import HarnessFixtures
from support.store_contract.reading import ReadingContract
from support.store_contract.searching import SearchingContract
from support.store_contract.writing import WritingContract


@pytest.fixture(scope="module")
def old_server() -> Iterator[Cluster]:
    java_home(OLD_VERSION), server_home(OLD_VERSION)
    with one_open_node(OLD_VERSION) as cluster:
        yield cluster


class TestVersion8(
    SearchingContract, DetailsContract, ReadingContract, GenerationContract, WritingContract, HarnessFixtures
):
    @pytest.fixture
    def harness(self, old_server: Cluster) -> Iterator[Harness]:
        yield from make_harness(old_server, SETTINGS, examples=1)
