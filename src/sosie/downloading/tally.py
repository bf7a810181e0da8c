"""Counts the results of a download, and reports them at its end."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from sosie.downloading.pictures import StoredPicture
from sosie.images.fetch import urls
from sosie.images.fetch.messages import Arrived, FetchOutcome
from sosie.images.fetch.reasons import FetchError
from sosie.types import JSON

_SLOWEST = 5


@dataclass(slots=True)
class DownloadTally:
    """Counts the URLs of this run. ``total`` grows when alternative URLs are needed. Times are in seconds."""

    clock: Callable[[], float]
    total: int = 0
    done: int = 0
    failed: int = 0
    bytes: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    _answers: Counter[str] = field(default_factory=Counter)
    _waited: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._began = self.clock()

    def note(self, outcome: FetchOutcome[StoredPicture], good: bool) -> None:
        """Counts a result. ``good`` is True if the URL now has a picture."""
        self.done += good
        self.failed += not good
        self.total = max(self.total, self.ended)
        if isinstance(outcome.result, Arrived):
            self.bytes += outcome.result.value.bytes
        if isinstance(outcome.result, FetchError):
            self.reasons[outcome.result.reason] += 1
        elif not good:
            self.reasons["placeholder"] += 1
        host = urls.host_of(outcome.url)
        self._answers[host] += 1
        self._waited[host] += outcome.seconds

    @property
    def ended(self) -> int:
        """The number of finished URLs."""
        return self.done + self.failed

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self.clock() - self._began

    @property
    def rate(self) -> float:
        """Finished URLs a second, over the whole run."""
        return self.ended / self.seconds if self.seconds > 0 else 0.0

    def slowest_hosts(self, count: int = _SLOWEST) -> list[tuple[str, float]]:
        """The hosts with the longest mean response time, with this time in seconds."""
        means = [(host, self._waited[host] / answers) for host, answers in self._answers.items()]
        return heapq.nlargest(count, means, key=lambda pair: pair[1])


@dataclass(frozen=True, slots=True)
class DownloadReport:
    """The report of a run. ``items`` and ``reasons`` are about the whole folder, all other numbers about this run.

    - ``items``: the number of items by status.
    - ``reasons``: the number of failed items by reason.
    - ``rejected``: the number of rows in the source that are not items.
    - ``requested``: the number of URLs that this run has finished.
    """

    table: str
    items: Mapping[str, int]
    reasons: Mapping[str, int]
    rejected: int
    requested: int
    arrived: int
    bytes: int
    seconds: float
    rate: float
    slowest_hosts: tuple[tuple[str, float], ...]
    interrupted: bool

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON; ``asked`` is the former name of ``requested``."""
        return {**asdict(self), "asked": self.requested}
