"""Texts that a spreadsheet would take for formulas, and the mark that keeps it from doing so."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]|'+[^\W_]+\Z")
"""What begins a formula, or is one word behind an apostrophe that marks it as text."""


def neutralize(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it as a formula (OWASP, CSV injection)."""
    return f"'{text}" if _FORMULA.match(text) else text


def without_mark(text: str) -> str:
    """The text that ``neutralize`` was given."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text, 1) else text
