"""The OpenAPI document, and a fuzzer that believes it."""

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sosie.server.app import create_app
from sosie.server.settings import Settings

LONGEST_ADDRESS = 60_000
"""Characters; the HTTP parser refuses a head of over 64 KiB before any route sees it, see ``test_bad_input``."""

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
APP = create_app(Settings(store="none.sosie"))
SCHEMA = schemathesis.openapi.from_dict(APP.openapi(), config=SchemathesisConfig())


def test_every_route_is_described(api: httpx.Client) -> None:
    document = api.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = {f"{method} {path}" for path, methods in document["paths"].items() for method in methods}
    assert operations == {
        "post /v1/search", "get /v1/search", "post /v1/search:text", "post /v1/search:more",
        "post /v1/search:all",
        "post /v1/preview", "get /v1/picture", "get /v1/items", "post /v1/items:batch", "get /v1/items/{item_id}",
        "put /v1/items/{item_id}",
        "delete /v1/items/{item_id}", "get /v1/items/{item_id}/similar", "get /v1/thumbnails/{item_id}",
        "get /v1/stats",
        "get /v1/attributes", "get /v1/catalogs", "post /v1/feedback", "get /v1/feedback", "post /v1/identify",
        "post /v1/explain", "get /healthz", "get /readyz", "get /metrics",
        "post /images/search/", "get /v1/item", "put /v1/item", "delete /v1/item", "get /v1/item/similar",
        "get /v1/thumbnail", "post /v1/items:query", "post /v1/items:update",
        "patch /v1/items/{item_id}", "patch /v1/item", "post /v1/items:similar", "post /v1/attributes:query",
    }  # fmt: skip
    named = set(document["components"]["schemas"])
    assert {ref.rsplit("/", 1)[1] for ref in _references(document)} <= named


@SCHEMA.parametrize()
@settings(
    max_examples=8, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_what_the_document_allows_gets_what_it_promises(case: schemathesis.Case, fuzzed: str) -> None:
    sent = case.as_transport_kwargs(base_url=fuzzed)
    address = requests.Request(sent["method"], sent["url"], params=sent.get("params")).prepare().url
    assume(len(address or "") <= LONGEST_ADDRESS)
    answered = case.call_and_validate(base_url=fuzzed, checks=CHECKS)
    assert answered.headers["x-request-id"]
    assert answered.headers["x-content-type-options"] == ["nosniff"]


@pytest.fixture(scope="module")
def fuzzed(shop, tmp_path_factory):  # type: ignore[no-untyped-def]
    import shutil

    from support.served import served

    own = shutil.copytree(shop, tmp_path_factory.mktemp("fuzzed") / "own.sosie")
    with served(own) as running:
        yield running.url


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for value in node.values() for reference in _references(value)]
    return [reference for value in node for reference in _references(value)] if isinstance(node, list) else []
