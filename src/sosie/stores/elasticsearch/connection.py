"""Connects the official client to a catalog."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from elastic_transport import OrjsonSerializer, Serializer
from elasticsearch import Elasticsearch

from sosie.errors import StoreUnavailable, StoreVersionError
from sosie.stores.elasticsearch.address import Address
from sosie.stores.elasticsearch.credentials import client_options
from sosie.stores.elasticsearch.faults import BUSY, translate_client_errors
from sosie.stores.elasticsearch.settings import ElasticsearchSettings

OLDEST = (8, 18)
NEWEST_MAJOR = 9
VECTORS_ASIDE = (9, 2)
"""From this version on, ``_source`` contains vectors only on request. Older versions refuse such a request."""
ServerVersion = tuple[int, int]
_SERIALIZERS: Mapping[str, Serializer] = {
    "application/json": OrjsonSerializer(),
    "application/vnd.elasticsearch+json": OrjsonSerializer(),
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A client and the alias that it is used for. ``version`` is that of the cluster's oldest node."""

    client: Elasticsearch
    uri: str
    name: str
    settings: ElasticsearchSettings
    version: ServerVersion

    @property
    def vectors_aside(self) -> bool:
        """True if a request must name vectors to get them in ``_source``."""
        return self.version >= VECTORS_ASIDE


def connect_to_cluster(address: Address) -> Connection:
    """Connects to a cluster that Sosie can use; otherwise ``StoreUnavailable`` or ``StoreVersionError``."""
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
        with translate_client_errors(address.uri):
            version = checked_version(client, address.uri)
    except BaseException:
        client.close()
        raise
    return Connection(client, address.uri, address.name, address.settings, version)


def checked_version(client: Elasticsearch, uri: str) -> ServerVersion:
    """The oldest version among the nodes; ``StoreVersionError`` unless Sosie supports all of them.

    The nodes are requested, because a cluster may not serve its root page.
    """
    nodes = client.nodes.info(filter_path="nodes.*.version").get("nodes", {})
    versions = {_parsed(node["version"]): node["version"] for node in nodes.values()}
    for (major, minor), version in versions.items():
        if (major, minor) < OLDEST or major > NEWEST_MAJOR:
            raise StoreVersionError(
                f"{uri} runs Elasticsearch {version}; expected {OLDEST[0]}.{OLDEST[1]} or newer, up to {NEWEST_MAJOR}.x"
            )
    if not versions:
        raise StoreUnavailable(f"the server at {uri} reports no node of a cluster: check host and port")
    return min(versions)


def _parsed(version: str) -> ServerVersion:
    major, minor = map(int, re.findall(r"\d+", version)[:2])
    return major, minor
