"""What every view of an answer says of it: the verdict with its probability, and which matches are worth a look."""

from __future__ import annotations

from sosie.types import Match, SearchResult

FAR = 0.01
"""Under "no match", products below this probability are left out."""


def verdict_in_words(result: SearchResult) -> str:
    """The verdict and the probability that it follows from, such as "match (98%)"; empty without a calibration."""
    if result.verdict is None:
        return ""
    best = result.matches[0].same_product if result.matches else None
    return result.verdict + ("" if best is None else f" ({best:.0%})")


def near_matches(result: SearchResult) -> tuple[Match, ...]:
    """The matches worth a look: all, except under "no match", where those of hardly any probability are left out."""
    if result.verdict != "no match":
        return result.matches
    return tuple(match for match in result.matches if match.same_product is None or match.same_product >= FAR)
