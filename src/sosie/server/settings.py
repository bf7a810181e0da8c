"""The settings of ``sosie serve``."""

from __future__ import annotations

import os
from ipaddress import ip_address

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sosie.images.limits import DEFAULT_LIMITS
from sosie.server.naming import catalog_name, folder_name
from sosie.support.cores import usable_cores

ENVIRONMENT = "SOSIE_SERVER_SETTINGS"
"""The variable that passes the settings from ``sosie serve`` to its worker processes, as JSON."""

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class Settings(BaseModel):
    """The settings of a server process; immutable, and JSON.

    ``store`` is the address of one catalog, ``stores`` are those of several by their names: one of the two is given.
    ``quick`` embeds only whole photos. ``max_body`` is in bytes, ``max_pixels`` in pixels of one picture, times in
    seconds. ``rate`` is requests a second for each key and for each address, 0 for no limit; ``burst`` is the most
    requests at once. ``queue`` is the most requests with pictures that wait or run before the server is saturated.
    ``root_path`` is the path under which a proxy serves, "" for none; ``trusted_proxies`` are the addresses and
    networks whose ``X-Forwarded-*`` headers are trusted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str = ""
    stores: dict[str, str] = Field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    keys: str | None = None
    embedder: str | None = None
    quick: bool = False
    max_body: int = Field(default=32 * 1024 * 1024, ge=1024)
    max_pixels: int = Field(default=DEFAULT_LIMITS.max_pixels, ge=1)
    threads: int = Field(default_factory=lambda: usable_cores() + 1, ge=1)
    queue: int = Field(default=256, ge=1)
    body_seconds: float = Field(default=30.0, gt=0)
    work_seconds: float = Field(default=30.0, gt=0)
    rate: float = Field(default=50.0, ge=0)
    burst: int = Field(default=200, ge=1)
    require_key: bool = False
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    root_path: str = ""
    origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()

    @field_validator("root_path")
    @classmethod
    def _with_leading_slash(cls, path: str) -> str:
        return f"/{path.strip('/')}" if path.strip("/") else ""

    @model_validator(mode="after")
    def _has_a_catalog(self) -> Settings:
        if bool(self.store) == bool(self.stores):
            raise ValueError("give either store or stores")
        return self

    @property
    def catalogs(self) -> dict[str, str]:
        """The addresses of the catalogs' stores by their names."""
        return self.stores or {catalog_name(self.store): self.store}

    @property
    def on_loopback(self) -> bool:
        """True if only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def key_required(self) -> bool:
        """True if every request needs a key: if it is required, or other machines can reach the server."""
        return self.require_key or not self.on_loopback or bool(self.allowed_hosts)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Allowed host names; empty for any.

        On loopback other names are refused, since a web page could give its own name the address of this machine.
        """
        own = (*LOOPBACK_NAMES, name_in_urls(self.host)) if self.on_loopback else ()
        return (*own, *self.allowed_hosts)

    def store_name(self, catalog: str) -> str:
        """The name of a catalog's store in ``/v1/stats``: its given name, or the last part of its address."""
        return catalog if self.stores else folder_name(self.store)

    def to_environment(self) -> None:
        """Pass the settings to processes that this one starts."""
        os.environ[ENVIRONMENT] = self.model_dump_json()

    @classmethod
    def from_environment(cls) -> Settings:
        """The settings from ``to_environment``."""
        return cls.model_validate_json(os.environ[ENVIRONMENT])


def name_in_urls(host: str) -> str:
    """An address as in a URL and in a Host header: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def is_loopback(host: str) -> bool:
    """True if an address to bind to, or the name ``localhost``, can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
