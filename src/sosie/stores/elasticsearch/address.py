"""Parses a store's URI: hosts, the catalog's name, and settings of a new index."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import cast, get_args
from urllib.parse import parse_qsl, urlsplit

from sosie.errors import UsageError
from sosie.stores.elasticsearch.settings import ElasticsearchSettings, VectorIndex

EXAMPLE = "elasticsearch+https://host:9200/shop?shards=3&replicas=1&vectors=int8_hnsw"
MOST_NAME_BYTES = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a catalog. ``hosts`` are URLs of one cluster, ``name`` is the catalog's alias."""

    uri: str
    hosts: tuple[str, ...]
    name: str
    settings: ElasticsearchSettings


def parse_address(uri: str, settings: ElasticsearchSettings | None = None) -> Address:
    """Parses ``elasticsearch+http(s)://host:port[,host:port…]/name[?shards=…&replicas=…&vectors=…]``.

    ``UsageError`` if the address is invalid, or contains a password, because messages would show it.
    """
    parts = urlsplit(uri)
    if "@" in parts.netloc:
        raise UsageError(
            "a store's address cannot hold a password: set SOSIE_ELASTICSEARCH_API_KEY, or SOSIE_ELASTICSEARCH_USER "
            "and SOSIE_ELASTICSEARCH_PASSWORD, and leave it out"
        )
    name = parts.path.strip("/")
    if not _NAME.fullmatch(name) or len(name) > MOST_NAME_BYTES:
        raise UsageError(
            f"cannot open the store {uri!r}: expected a name of lower-case letters, digits, '-', '_' and '.' behind "
            f"the host, got {name!r}; for instance {EXAMPLE}"
        )
    protocol = parts.scheme.lower().removeprefix("elasticsearch+")
    hosts = tuple(_host(host, protocol, uri) for host in parts.netloc.split(","))
    return Address(uri, hosts, name, _with_query(settings or ElasticsearchSettings(), parts.query, uri))


def _host(text: str, protocol: str, uri: str) -> str:
    match = _HOST.fullmatch(text)
    if match is None:
        raise UsageError(f"cannot open the store {uri!r}: {text!r} is not host:port; for instance {EXAMPLE}")
    return f"{protocol}://{match[1]}:{match[2] or 9200}"


def _with_query(settings: ElasticsearchSettings, query: str, uri: str) -> ElasticsearchSettings:
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "shards" and value.isdecimal() and int(value):
            settings = replace(settings, shards=int(value))
        elif key == "replicas" and value.isdecimal():
            settings = replace(settings, replicas=int(value))
        elif key == "vectors" and value in get_args(VectorIndex):
            settings = replace(settings, vectors=cast(VectorIndex, value))
        else:
            kinds = ", ".join(get_args(VectorIndex))
            raise UsageError(
                f"cannot open the store {uri!r}: {key}={value} is not known; expected shards=N, replicas=N or "
                f"vectors=KIND with one of {kinds}"
            )
    return settings
