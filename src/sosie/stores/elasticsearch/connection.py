"""The official client, set up for one catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from elastic_transport import OrjsonSerializer, Serializer
from elasticsearch import Elasticsearch

from sosie.errors import StoreVersionError
from sosie.stores.elasticsearch.address import Address
from sosie.stores.elasticsearch.credentials import client_options
from sosie.stores.elasticsearch.faults import BUSY, translated
from sosie.stores.elasticsearch.settings import ElasticsearchSettings

OLDEST = (8, 18)
NEWEST_MAJOR = 9
_SERIALIZERS: Mapping[str, Serializer] = {
    "application/json": OrjsonSerializer(),
    "application/vnd.elasticsearch+json": OrjsonSerializer(),
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A client, and the index or alias that it is used for.

    ``alias`` is False for an index under construction, which is named itself.
    """

    client: Elasticsearch
    uri: str
    name: str
    settings: ElasticsearchSettings
    alias: bool = True


def connect(address: Address) -> Elasticsearch:
    """A client of a server that Sosie can use; ``StoreUnavailable`` or ``StoreVersionError`` where there is none."""
    options = client_options(tls=address.hosts[0].startswith("https"))
    client = Elasticsearch(
        list(address.hosts),
        request_timeout=address.settings.seconds,
        max_retries=max(3, len(address.hosts)),
        retry_on_timeout=True,
        retry_on_status=BUSY - {429},
        serializers=_SERIALIZERS,
        **options,
    )
    try:
        with translated(address.uri):
            check_version(client, address.uri)
    except BaseException:
        client.close()
        raise
    return client


def check_version(client: Elasticsearch, uri: str) -> None:
    """``StoreVersionError`` unless every node is of a version that Sosie knows.

    Asked of the nodes, as the root page can be missing.
    """
    nodes = client.nodes.info(filter_path="nodes.*.version").get("nodes", {})
    for version in sorted({node["version"] for node in nodes.values()}):
        major, minor = map(int, re.findall(r"\d+", version)[:2])
        if (major, minor) < OLDEST or major > NEWEST_MAJOR:
            raise StoreVersionError(
                f"{uri} runs Elasticsearch {version}; expected {OLDEST[0]}.{OLDEST[1]} or newer, up to {NEWEST_MAJOR}.x"
            )
