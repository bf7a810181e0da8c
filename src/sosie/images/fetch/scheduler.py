"""Schedules requests to many hosts, each at its own rate, so that no host delays the others."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from sosie.images.fetch.messages import Job
from sosie.images.fetch.urls import host_of

Take = Callable[[str, int], Sequence[Job]]
"""Returns the next jobs of a host, at most as many as given. Fewer mean that the host has no more for now."""

_JOBS_A_ROUND = 16


@dataclass(slots=True)
class _HostState:
    jobs: deque[Job] = field(default_factory=deque)
    running: int = 0
    free_at: float = 0.0
    queued: bool = False
    more: bool = False


class Scheduler:
    """Decides which job may start now. It sends nothing, and callers pass the time.

    Hosts with jobs wait in a queue. A host is admitted for a few jobs at a time, so connections are reused, and memory
    holds only a few jobs of each active host. At most ``per_host`` jobs of a host run at once. They start at least
    ``interval`` seconds apart, except at hosts in ``unpaced``.
    """

    def __init__(
        self, take: Take, concurrency: int, per_host: int, interval: float, unpaced: Container[str] = ()
    ) -> None:
        self._take = take
        self._concurrency = concurrency
        self._per_host = per_host
        self._interval = interval
        self._unpaced = unpaced
        self._line: deque[str] = deque()
        self._in_line: set[str] = set()
        self._hosts: dict[str, _HostState] = {}
        self._ready: deque[str] = deque()
        self._blocked: list[tuple[float, int, str]] = []
        self._returning: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._held = 0
        self.running = 0

    def announce(self, host: str) -> None:
        """Notes that ``take`` has jobs for ``host``."""
        place = self._hosts.get(host)
        if place and place.jobs:
            place.more = True
        elif host not in self._in_line:
            self._in_line.add(host)
            self._line.append(host)

    def put_back(self, job: Job, due: float) -> None:
        """Schedules a job again at the time ``due``, before other jobs of the host of its current target."""
        heapq.heappush(self._returning, (due, next(self._order), job))

    def hold(self, host: str, until: float) -> None:
        """Lets no more jobs start at ``host`` before ``until``."""
        place = self._hosts.setdefault(host, _HostState())
        place.free_at = max(place.free_at, until)

    def next(self, now: float) -> Job | None:
        """A job that may start now, and is running from now on; None if no job may start."""
        if self.running >= self._concurrency:
            return None
        self._return_due(now)
        self._unblock(now)
        while self._ready or self._admit_host(now):
            if self._ready and (job := self._start(self._ready.popleft(), now)):
                return job
        return None

    def finished(self, host: str, now: float) -> None:
        """Notes that a job of ``host`` has ended."""
        place = self._hosts[host]
        place.running -= 1
        self.running -= 1
        self._queue(host, now)
        if not place.running and not place.jobs and not place.queued:
            self._retire(host, place, now)

    def is_last(self, host: str) -> bool:
        """True if no other job for ``host`` is waiting."""
        place = self._hosts.get(host)
        return host not in self._in_line and not (place and (place.jobs or place.more))

    def wake_at(self) -> float | None:
        """The time at which ``next`` should be called again even if no job has ended; None if there is none."""
        if self.running >= self._concurrency:
            return None
        times = [heap[0][0] for heap in (self._blocked, self._returning) if heap]
        return min(times, default=None)

    @property
    def done(self) -> bool:
        """True if no job is running or waiting."""
        return not (self.running or self._returning or self._line or self._held)

    def _start(self, host: str, now: float) -> Job | None:
        place = self._hosts[host]
        place.queued = False
        if place.free_at > now:
            self._queue(host, now)
            return None
        job = place.jobs.popleft()
        self._held -= 1
        place.running += 1
        self.running += 1
        place.free_at = now if host in self._unpaced else now + self._interval
        if place.more and not place.jobs:
            place.more = False
            self.announce(host)
        self._queue(host, now)
        return job

    def _admit_host(self, now: float) -> bool:
        """Admits the next waiting host; False if there is none."""
        if not self._line:
            return False
        host = self._line.popleft()
        self._in_line.discard(host)
        place = self._hosts.setdefault(host, _HostState())
        jobs = self._take(host, _JOBS_A_ROUND)
        place.jobs.extend(jobs)
        place.more = len(jobs) == _JOBS_A_ROUND
        self._held += len(jobs)
        self._queue(host, now)
        if not jobs and not place.running and not place.queued:
            self._retire(host, place, now)
        return True

    def _queue(self, host: str, now: float) -> None:
        place = self._hosts[host]
        if place.queued or not place.jobs or place.running >= self._per_host:
            return
        if place.free_at > now:
            self._block(host, place)
        else:
            place.queued = True
            self._ready.append(host)

    def _block(self, host: str, place: _HostState) -> None:
        place.queued = True
        heapq.heappush(self._blocked, (place.free_at, next(self._order), host))

    def _unblock(self, now: float) -> None:
        while self._blocked and self._blocked[0][0] <= now:
            host = heapq.heappop(self._blocked)[2]
            place = self._hosts[host]
            place.queued = False
            self._queue(host, now)
            if not (place.jobs or place.running):
                del self._hosts[host]

    def _retire(self, host: str, place: _HostState, now: float) -> None:
        """Drops a host without jobs, but not before its pause is over."""
        if place.free_at > now:
            self._block(host, place)
        else:
            del self._hosts[host]

    def _return_due(self, now: float) -> None:
        while self._returning and self._returning[0][0] <= now:
            job = heapq.heappop(self._returning)[2]
            host = host_of(job.target)
            self._hosts.setdefault(host, _HostState()).jobs.appendleft(job)
            self._held += 1
            self._queue(host, now)
