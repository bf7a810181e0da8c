"""What a word is, the same for every store: a run of letters and digits, without case."""

from __future__ import annotations

import re


def words_of(text: str) -> list[str]:
    """The words of a text in order, repeated ones included."""
    return re.findall(r"[^\W_]+", text.casefold())
