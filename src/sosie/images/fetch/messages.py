"""What is asked of the network, and what it may answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from sosie.images.fetch.reasons import FetchError

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Job:
    """One URL on its way: what the caller wants, and how far it has come.

    ``ticket`` is the caller's own and comes back with the outcome. ``etag`` and ``last_modified`` make the request
    conditional. ``target`` is where redirects have led. ``attempts`` are the requests sent, ``seconds`` what this
    attempt with its redirects took so far.
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
    """All bytes of an answer with status 200, unfolded, and the headers that a later request can use."""

    data: bytes
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """The server sent the request on to ``location``, as it wrote it."""

    location: str


@dataclass(frozen=True, slots=True)
class NotModified:
    """What the caller has is still right."""


@dataclass(frozen=True, slots=True)
class Arrived(Generic[T]):
    """What the caller's own function made of the body."""

    value: T
    etag: str = ""
    last_modified: str = ""


Result: TypeAlias = Arrived[T] | Redirect | NotModified | FetchError


@dataclass(frozen=True, slots=True)
class FetchOutcome(Generic[T]):
    """The end of a job. ``result`` is an ``Arrived``, a ``NotModified`` or the ``FetchError`` that remains."""

    ticket: int
    url: str
    final_url: str
    result: Arrived[T] | NotModified | FetchError
    attempts: int
    seconds: float
