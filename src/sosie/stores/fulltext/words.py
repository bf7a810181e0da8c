"""Splits a text into words: runs of letters and digits, in lower case. Every store uses it."""

from __future__ import annotations

import re


def words_of(text: str) -> list[str]:
    """The words of a text in order, with repetitions."""
    return re.findall(r"[^\W_]+", text.casefold())
