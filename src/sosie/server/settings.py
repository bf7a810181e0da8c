"""The settings of ``sosie serve``."""

from __future__ import annotations

import os
from ipaddress import ip_address

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sosie.images.limits import DEFAULT_LIMITS
from sosie.server.naming import catalog_name, folder_name
from sosie.support.cores import usable_cores

ENVIRONMENT = "SOSIE_SERVER_SETTINGS"
"""The variable by which ``sosie serve`` passes the settings to its worker processes, as JSON."""

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class Settings(BaseModel):
    """The settings of a server process; immutable, and convertible to JSON. Times are in seconds.

    - ``store``: the address of one catalog; or ``stores``, the addresses of several by their names.
    - ``quick``: embeds only whole photos.
    - ``max_body``: most bytes of a body. ``max_pixels``: most pixels of a picture.
    - ``rate``: requests a second for each key and for each address; 0 for no limit. ``burst``: most requests at once.
    - ``queue``: most requests with pictures that wait or run. With more, the server is saturated.
    - ``root_path``: the path under which a proxy serves; "" for none.
    - ``trusted_proxies``: addresses and networks whose ``X-Forwarded-*`` headers are trusted.
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
        """The addresses of the catalogs' stores, by name."""
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

        On loopback other names are refused, because a web page could point its own name to this machine.
        """
        own = (*LOOPBACK_NAMES, name_in_urls(self.host)) if self.on_loopback else ()
        return (*own, *self.allowed_hosts)

    def store_name(self, catalog: str) -> str:
        """The name of a catalog's store in ``/v1/stats``: the given name, or the last part of the address."""
        return catalog if self.stores else folder_name(self.store)

    def to_environment(self) -> None:
        """Passes the settings to processes that this process starts."""
        os.environ[ENVIRONMENT] = self.model_dump_json()

    @classmethod
    def from_environment(cls) -> Settings:
        """Reads the settings that ``to_environment`` wrote."""
        return cls.model_validate_json(os.environ[ENVIRONMENT])


def name_in_urls(host: str) -> str:
    """An address as in a URL and in a Host header. An IPv6 address is in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def is_loopback(host: str) -> bool:
    """True if an address to bind to, or the name ``localhost``, can be reached only from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
