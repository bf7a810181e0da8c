from collections.abc import Iterator

import pytest

from support.elasticsearch.cluster import Cluster, one_secure_node
from support.elasticsearch.installation import java_home, server_home


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """One real node for the whole session, and in the environment what opens it."""
    java_home(), server_home()
    with one_secure_node() as cluster, pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            patch.setenv(name, value)
        yield cluster
