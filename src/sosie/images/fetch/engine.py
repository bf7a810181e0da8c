"""Fetches jobs: follows redirects, retries temporary failures, and skips hosts that are down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic

from sosie.images.fetch import urls
from sosie.images.fetch.messages import Arrived, Body, FetchOutcome, Job, NotModified, Redirect, Result, T
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.fetch.reasons import NO_CONNECTION, RETRIED, FetchError, Reason
from sosie.images.fetch.requester import Inbox, Requester
from sosie.images.fetch.scheduler import Scheduler, Take
from sosie.images.fetch.waiting import backoff

_LONGEST_SLEEP = 0.5


class FetchEngine(Generic[T]):
    """Runs the jobs that ``take`` returns for each announced host. ``use`` converts a body to the result's value.

    ``run`` ends when no job is left. The caller may announce more hosts between two results.
    """

    def __init__(
        self, requester: Requester, options: FetchOptions, world: World, take: Take, use: Callable[[Body], T]
    ) -> None:
        self._requester = requester
        self._inbox = Inbox(use)
        self._options = options
        self._world = world
        self._misses: dict[str, int] = {}
        self._down: dict[str, float] = {}
        self._scheduler = Scheduler(take, options.concurrency, options.per_host, options.interval, unpaced=self._down)
        self.announce = self._scheduler.announce

    def run(self) -> Iterator[FetchOutcome[T]]:
        """A result for every job, in the order in which jobs end."""
        while not self._scheduler.done:
            yield from self._begin()
            if (answer := self._inbox.next(self._patience())) is not None:
                yield from self._settle(*answer)

    def _begin(self) -> Iterator[FetchOutcome[T]]:
        while job := self._scheduler.next(now := self._world.clock()):
            host = urls.host_of(job.target)
            if self._is_down(host, now):
                self._scheduler.finished(host, now)
                yield _end(job, FetchError(Reason.HOST_DOWN, f"{host} could not be reached many times in a row"))
            else:
                job.attempts += 1
                job.tries_of_target += 1
                self._requester.submit(job, self._inbox, keep=not self._scheduler.is_last(host))

    def _patience(self) -> float:
        if self._scheduler.done:
            return 0.0
        wake = self._scheduler.wake_at()
        return _LONGEST_SLEEP if wake is None else min(_LONGEST_SLEEP, max(0.0, wake - self._world.clock()))

    def _settle(self, job: Job, result: Result[T]) -> Iterator[FetchOutcome[T]]:
        now = self._world.clock()
        host = urls.host_of(job.target)
        self._scheduler.finished(host, now)
        self._note_reachability(host, result, now)
        if isinstance(result, Redirect):
            result = self._follow(job, result, now) or result
        elif isinstance(result, FetchError) and self._try_again(job, host, result, now):
            return
        if not isinstance(result, Redirect):
            yield _end(job, result)

    def _follow(self, job: Job, redirect: Redirect, now: float) -> FetchError | None:
        """Redirects the job; returns an error if the redirect is not allowed."""
        try:
            target = urls.follow(job.target, redirect.location)
        except FetchError as error:
            return error
        job.hops.append(job.target)
        if target in job.hops:
            return FetchError(Reason.REDIRECT_LOOP, "the redirects form a loop")
        if len(job.hops) > self._options.max_redirects:
            return FetchError(Reason.REDIRECT_TOO_MANY, f"more than {self._options.max_redirects} redirects")
        job.target, job.tries_of_target = target, 0
        self._scheduler.put_back(job, now)
        return None

    def _try_again(self, job: Job, host: str, error: FetchError, now: float) -> bool:
        """Schedules another attempt if it is allowed; returns False if not."""
        if error.reason not in RETRIED:
            return False
        pause = backoff(
            job.tries_of_target, self._options.first_backoff, self._options.longest_backoff, self._world.uniform
        )
        if error.retry_after is not None or error.reason is Reason.HTTP_429:
            pause = max(pause, error.retry_after or 0.0)
            self._scheduler.hold(host, now + min(pause, self._options.longest_wait))
        if job.tries_of_target >= self._options.attempts or pause > self._options.longest_wait:
            return False
        job.earlier_seconds, job.seconds = job.earlier_seconds + job.seconds, 0.0
        self._scheduler.put_back(job, now + pause)
        return True

    def _is_down(self, host: str, now: float) -> bool:
        if host in self._down and self._down[host] <= now:
            del self._down[host]
        return host in self._down

    def _note_reachability(self, host: str, result: Result[T], now: float) -> None:
        if not isinstance(result, FetchError) or result.reason not in NO_CONNECTION:
            self._misses.pop(host, None)
            return
        self._misses[host] = self._misses.get(host, 0) + 1
        if self._misses[host] >= self._options.host_down_after:
            self._down[host] = now + self._options.host_rest
            del self._misses[host]


def _end(job: Job, result: Arrived[T] | NotModified | FetchError) -> FetchOutcome[T]:
    return FetchOutcome(job.ticket, job.url, job.target, result, job.attempts, job.earlier_seconds + job.seconds)
