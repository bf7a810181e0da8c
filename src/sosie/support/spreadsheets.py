"""Protects texts that a spreadsheet would run as formulas."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]|'+[^\W_]+\Z")
"""The beginning of a formula, or a single word after an apostrophe that marks it as text."""


def neutralize(text: str) -> str:
    """Puts an apostrophe before a text that a spreadsheet would run as a formula (OWASP, CSV injection)."""
    return f"'{text}" if _FORMULA.match(text) else text


def without_mark(text: str) -> str:
    """The original of a text that ``neutralize`` returned."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text, 1) else text
