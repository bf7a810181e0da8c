"""Suggestions for a misspelled text."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def nearest(text: str, texts: Sequence[str]) -> list[str]:
    """Up to three of ``texts`` that resemble ``text``: the same in another case, else texts with a similar spelling."""
    by_case: dict[str, list[str]] = {}
    for candidate in texts:
        by_case.setdefault(candidate.casefold(), []).append(candidate)
    if same := by_case.get(text.casefold()):
        return same[:3]
    return [by_case[near][0] for near in difflib.get_close_matches(text.casefold(), list(by_case), n=3)]
