"""Options for fetching, and the parts of the environment that tests replace."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from sosie.errors import UsageError
from sosie.images.fetch.addresses import is_public
from sosie.support.cores import usable_cores
from sosie.support.version import sosie_version

if TYPE_CHECKING:
    import ssl

Endpoint: TypeAlias = tuple[str, int]
"""An address and a port."""

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[Endpoint]]]
"""Resolves (host name, port) to the endpoints to try, in order; ``OSError`` if there are none."""

AGENT = "sosie"


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """Options for fetching; times in seconds, sizes in bytes. Low defaults spare other people's servers.

    - ``rate``: most requests a second to one host; 0 for no limit.
    - ``attempts``: most attempts, including the first.
    - ``longest_wait``: the longest ``Retry-After`` that is obeyed. A longer one ends the attempts.
    - ``total_timeout``: for one URL with its redirects, without pauses.
    - ``host_down_after``, ``host_rest``: after so many failures to connect in a row, the other URLs of the host fail
      without a request, for ``host_rest`` seconds.

    >>> fetch = sosie.FetchOptions(rate=2, contact="images@shop.example")
    >>> catalog = sosie.open("shop.sosie", fetch=fetch)
    """

    concurrency: int = 64
    per_host: int = 4
    rate: float = 20.0
    attempts: int = 4
    first_backoff: float = 1.0
    longest_backoff: float = 60.0
    longest_wait: float = 300.0
    connect_timeout: float = 10.0
    first_byte_timeout: float = 20.0
    total_timeout: float = 60.0
    max_bytes: int = 30_000_000
    max_redirects: int = 5
    host_down_after: int = 20
    host_rest: float = 600.0
    allow_private: bool = False
    respect_robots: bool = True
    contact: str = ""
    threads: int = field(default_factory=lambda: max(2, usable_cores()))

    def __post_init__(self) -> None:
        for name in ("concurrency", "per_host", "attempts", "max_bytes", "host_down_after", "threads"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("connect_timeout", "first_byte_timeout", "total_timeout"):
            if getattr(self, name) <= 0:
                raise UsageError(f"{name} is {getattr(self, name)} seconds; it must be more than 0")
        if self.rate < 0 or self.max_redirects < 0:
            raise UsageError("rate and max_redirects must not be negative")
        if not self.contact.isprintable() or not self.contact.isascii():
            raise UsageError("contact goes into the User-Agent header: use an address or URL in plain ASCII")

    @property
    def user_agent(self) -> str:
        """The User-Agent header."""
        return f"Sosie/{sosie_version()} (product-image search{f'; +{self.contact}' if self.contact else ''})"

    @property
    def interval(self) -> float:
        """The shortest time in seconds between the starts of two requests to one host."""
        return 1.0 / self.rate if self.rate else 0.0


@dataclass(frozen=True, slots=True)
class World:
    """The environment outside the program, which tests replace.

    ``allowed`` checks every address at connecting. ``clock`` is monotonic; ``wall`` counts seconds since 1970. If
    ``resolve`` or ``tls`` is None, the system's is used.
    """

    allowed: Callable[[str], bool] = is_public
    resolve: Resolve | None = None
    tls: ssl.SSLContext | None = None
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    uniform: Callable[[float, float], float] = random.uniform
