"""Computes the pause before another request."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime


def retry_after(value: str | None, now: float) -> float | None:
    """The seconds that a ``Retry-After`` header requests: a whole number, or a date minus ``now`` (seconds since 1970).

    Never negative. None without a header, or if the header is neither.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), 10**9))
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def backoff(attempt: int, first: float, most: float, uniform: Callable[[float, float], float]) -> float:
    """The pause in seconds after attempt ``attempt``, from 1: doubled each time, at most ``most``, half of it random.

    "Equal jitter" of M. Brooker, Exponential Backoff and Jitter (2015): clients spread out, and no pause is near zero.
    """
    whole = min(most, first * 2.0 ** min(attempt - 1, 60))
    return whole / 2 + uniform(0.0, whole / 2)
