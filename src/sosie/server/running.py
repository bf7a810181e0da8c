"""Runs a server from its settings."""

from __future__ import annotations

import logging
import logging.config
import socket

import uvicorn

from sosie.catalog import Catalog
from sosie.errors import SosieError, UsageError
from sosie.server.connections import GuardedProtocol
from sosie.server.forwarding import TrustedProxies, check_root_path
from sosie.server.keys import KeyRing
from sosie.server.logs import configuration
from sosie.server.origins import check_origins
from sosie.server.settings import Settings, name_in_urls
from sosie.support.urls import is_url

IDLE_SECONDS = 30
_log = logging.getLogger("sosie.server")


def run_server(settings: Settings, *, workers: int = 1, create: bool = False) -> None:
    """Serves until SIGINT or SIGTERM, then finishes running requests.

    ``UsageError`` if a required key is missing, for invalid settings, and if the address is not that of a store.
    ``StoreNotFound`` if there is no store and ``create`` is not set.
    """
    check_server_settings(settings)
    _refuse_taken(settings.host, settings.port)
    logging.config.dictConfig(configuration())
    _warn_of_keys(settings)
    _prepare(settings, create)
    settings.to_environment()
    uvicorn.run(
        "sosie.server.app:from_environment", factory=True, http=GuardedProtocol, host=settings.host.strip("[]"),
        port=settings.port, workers=workers,
        log_config=configuration(), access_log=False, server_header=False, date_header=True, proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=int(settings.work_seconds) + 1,
    )  # fmt: skip


def check_server_settings(settings: Settings) -> None:
    """Refuses unsafe and invalid settings."""
    for uri in settings.catalogs.values():
        if is_url(uri):
            raise UsageError(f"{uri} is a server already; --store names the catalog that this one answers for")
    check_root_path(settings.root_path)
    check_origins(settings.origins, settings.key_required)
    TrustedProxies(settings.trusted_proxies)
    if settings.key_required and not (settings.keys and KeyRing(settings.keys).all()):
        raise UsageError(
            f"{_why_key_required(settings)}, and there is no key: make one with `sosie keys add NAME --scope read`"
        )


def _warn_of_keys(settings: Settings) -> None:
    """Warns about keys for catalogs that are not served. Their names may be mistyped."""
    for key in KeyRing(settings.keys).all() if settings.keys else ():
        absent = sorted(set(key.catalogs) - set(settings.catalogs))
        if absent:
            _log.warning(
                "key %s (%s) is for %s, and the catalogs here are %s",
                key.key_id, key.name, ", ".join(absent), ", ".join(settings.catalogs),
            )  # fmt: skip


def _why_key_required(settings: Settings) -> str:
    if not settings.on_loopback:
        return f"{settings.host} can be reached from other machines"
    if settings.allowed_hosts:
        return "--allowed-host means that other machines reach the server through a proxy"
    return "a key is required"


def _refuse_taken(host: str, port: int) -> None:
    """Raises ``UsageError`` if the address is in use, before the catalog is opened and its network loaded."""
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"cannot listen at {host}:{port}: {error.strerror}; choose another address with --host and --port"
            ) from error


def _prepare(settings: Settings, create: bool) -> None:
    """Raises an error, before any process starts, if no catalog can be opened."""
    failures: dict[str, SosieError] = {}
    items = 0
    for name, uri in settings.catalogs.items():
        try:
            items += _opened(name, uri, settings.embedder, create)
        except SosieError as error:
            failures[name] = error
    if len(failures) == len(settings.catalogs):
        raise next(iter(failures.values()))
    for name, failure in failures.items():
        _log.error("the catalog %s cannot be opened, the others are served: %s", name, failure)
    _log.info("serving %d items at http://%s:%d/", items, name_in_urls(settings.host), settings.port)


def _opened(name: str, uri: str, embedder: str | None, create: bool) -> int:
    """Opens a catalog and loads its network; returns its number of items."""
    with Catalog(uri, embedder=embedder) as catalog:
        if create and catalog.create():
            _log.info("the empty catalog %s was made", name)
        catalog.warm()
        return catalog.stats().items
