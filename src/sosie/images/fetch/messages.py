"""Requests and responses of the fetcher."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from sosie.images.fetch.reasons import FetchError

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Job:
    """A URL to fetch, and its progress.

    - ``ticket``: chosen by the caller, and returned with the result.
    - ``etag``, ``last_modified``: make the request conditional.
    - ``target``: the URL after redirects.
    - ``attempts``: the number of requests sent.
    - ``seconds``: the time of the current attempt with its redirects so far.
    """

    ticket: int
    url: str
    etag: str = ""
    last_modified: str = ""
    target: str = ""
    hops: list[str] = field(default_factory=list)
    attempts: int = 0
    tries_of_target: int = 0
    seconds: float = 0.0
    earlier_seconds: float = 0.0

    def __post_init__(self) -> None:
        self.target = self.target or self.url


@dataclass(frozen=True, slots=True)
class Body:
    """The decompressed body of a response with status 200, and the headers for a later conditional request."""

    data: bytes
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect to ``location``, as the server wrote it."""

    location: str


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server's statement that the caller's copy is current."""


@dataclass(frozen=True, slots=True)
class Arrived(Generic[T]):
    """The value that the caller's function made from the body."""

    value: T
    etag: str = ""
    last_modified: str = ""


Result: TypeAlias = Arrived[T] | Redirect | NotModified | FetchError


@dataclass(frozen=True, slots=True)
class FetchOutcome(Generic[T]):
    """The end of a job. ``result`` is an ``Arrived``, a ``NotModified`` or the last ``FetchError``."""

    ticket: int
    url: str
    final_url: str
    result: Arrived[T] | NotModified | FetchError
    attempts: int
    seconds: float
