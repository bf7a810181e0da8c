"""What is said when the cluster cannot be used, one clear message each, and what is written once it can."""

import http.server
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from sosie.errors import StoreNotFound, StoreUnavailable, StoreVersionError
from sosie.stores.elasticsearch import ElasticsearchSettings, open_elasticsearch
from sosie.stores.elasticsearch.address import parse_address
from sosie.stores.elasticsearch.connection import OLDEST, connect_to_cluster
from sosie.stores.elasticsearch.fields import Layout
from sosie.stores.elasticsearch.mapping import index_settings, mapping
from sosie.stores.elasticsearch.store import ElasticsearchStore
from support.elasticsearch.cluster import Cluster
from support.store_contract.harness import MANIFEST, NAME, axis, fill, ids, record

QUICK = ElasticsearchSettings(replicas=0, retries=1, backoff=0.05, seconds=10, health_seconds=1)
_numbers = count()


@pytest.fixture
def name() -> str:
    return f"faults-{os.getpid()}-{next(_numbers)}"


class Stub(http.server.ThreadingHTTPServer):
    """Stands for servers that cannot be had here: of another version, or with API keys, which the real one for tests
    cannot make. It knows the versions of its nodes and no catalog."""

    def __init__(self, *versions: str) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.versions = versions
        self.authorizations: list[str | None] = []

    @property
    def uri(self) -> str:
        return f"elasticsearch+http://127.0.0.1:{self.server_port}/shop"


class Answer(http.server.BaseHTTPRequestHandler):
    server: Stub

    def do_GET(self) -> None:
        self.server.authorizations.append(self.headers["Authorization"])
        nodes = {str(n): {"version": version} for n, version in enumerate(self.server.versions)}
        existing = self.path.startswith("/_nodes")
        body = json.dumps({"nodes": nodes} if existing else {"error": "no such alias", "status": 404}).encode()
        self.send_response(200 if existing else 404)
        for header, value in {
            "X-Elastic-Product": "Elasticsearch",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body if self.command == "GET" else b"")

    do_HEAD = do_GET  # noqa: N815 (the library's name)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def stub(request: pytest.FixtureRequest) -> Iterator[Stub]:
    with Stub(*request.param) as stub:
        thread = threading.Thread(target=stub.serve_forever)
        thread.start()
        yield stub
        stub.shutdown()
        thread.join()


@pytest.mark.parametrize("stub", [("9.2.4",)], indirect=True)
def test_an_api_key_is_sent(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOSIE_ELASTICSEARCH_API_KEY", "aWQ6a2V5")
    for variable in ("USER", "PASSWORD"):
        monkeypatch.delenv(f"SOSIE_ELASTICSEARCH_{variable}", raising=False)
    with pytest.raises(StoreNotFound, match="index into it first"):
        open_elasticsearch(stub.uri, None, QUICK)
    assert set(stub.authorizations) == {"ApiKey aWQ6a2V5"}


@pytest.mark.parametrize(
    "stub", [("8.17.3",), ("7.17.0",), ("10.0.0",), ("9.2.4", "8.1.0")], indirect=True, ids=lambda stub: " ".join(stub)
)
def test_a_server_of_a_wrong_version(stub: Stub) -> None:
    with pytest.raises(StoreVersionError, match=r"runs Elasticsearch .*; expected 8.18 or newer, up to 9.x"):
        open_elasticsearch(stub.uri, MANIFEST, QUICK)


def test_a_server_that_is_too_slow(server: Cluster, name: str) -> None:
    with pytest.raises(StoreUnavailable, match="did not answer in time"):
        open_elasticsearch(server.uri(name), MANIFEST, replace(QUICK, seconds=1e-6))


def test_a_red_catalog_heals(server: Cluster, name: str) -> None:
    connection = connect_to_cluster(parse_address(server.uri(name), QUICK))
    layout = Layout().with_manifest(MANIFEST, QUICK)
    nowhere = "index.routing.allocation.require._name"
    index = {
        "aliases": {name: {}},
        "settings": {**index_settings(QUICK, OLDEST), nowhere: "nowhere"},
        "mappings": mapping(name, layout, QUICK),
    }
    server.request("PUT", f"/{name}-1?wait_for_active_shards=0", index)
    with pytest.raises(StoreUnavailable, match="is red: a part of it is on no running node"):
        open_elasticsearch(server.uri(name), MANIFEST, QUICK)
    with pytest.raises(StoreUnavailable, match="check the cluster's health"):
        ElasticsearchStore(replace(connection, settings=replace(QUICK, seconds=1)))
    server.request("PUT", f"/{name}-1/_settings", {nowhere: None})
    store = fill(open_elasticsearch(server.uri(name), MANIFEST, replace(QUICK, health_seconds=30)), [record("a")])
    assert ids(store.search(NAME, axis(), 1)[0]) == ["a"]
    store.close()
    connection.client.close()
