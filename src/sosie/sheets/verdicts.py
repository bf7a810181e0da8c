"""The verdict in words, and the matches to show. Every view of a result uses them."""

from __future__ import annotations

from sosie.types import Match, SearchResult

FAR = 0.01
"""Under "no match", products with a lower probability are left out."""


def verdict_in_words(result: SearchResult) -> str:
    """The verdict with its probability, such as "match (98%)"; empty without a calibration."""
    if result.verdict is None:
        return ""
    best = result.matches[0].same_product if result.matches else None
    return result.verdict + ("" if best is None else f" ({best:.0%})")


def near_matches(result: SearchResult) -> tuple[Match, ...]:
    """The matches to show: all of them, but under "no match" only those with at least the probability ``FAR``."""
    if result.verdict != "no match":
        return result.matches
    return tuple(match for match in result.matches if match.same_product is None or match.same_product >= FAR)
