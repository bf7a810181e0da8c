"""Limits the rate of requests with token buckets."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sosie.server.problems import TooManyRequests

MOST_BUCKETS = 10_000
"""Most buckets. If there are more, the longest unused ones are dropped, which are full again or nearly full."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """Allows ``rate`` requests a second on average, and ``burst`` at once, for each name. Rate 0 means no limit."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, name: str) -> None:
        """Counts one request; ``TooManyRequests`` with ``Retry-After`` if there were too many."""
        if not self._rate:
            return
        bucket = self._filled(name)
        if bucket.tokens < 1:
            seconds = math.ceil((1 - bucket.tokens) / self._rate)
            raise TooManyRequests(
                f"more than {self._rate:g} requests a second; try again in {seconds} s", {"Retry-After": str(seconds)}
            )
        bucket.tokens -= 1

    def _filled(self, name: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(self._burst, now))
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        self._buckets.move_to_end(name)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket
