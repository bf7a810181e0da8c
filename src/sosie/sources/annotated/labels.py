"""Checks a requested label."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from sosie.errors import SourceError


def check_label(label: str, labels: Collection[str], source: str) -> None:
    """Raises ``SourceError`` if no image has the label. The message gives similar labels and the number of labels."""
    if label in labels:
        return
    if not labels:
        raise SourceError(f"{source} has no labels, so not {label!r} either; if it is a test set, leave the label out")
    near = ", ".join(_nearest(label, labels))
    raise SourceError(f"{source} has no label {label!r}; nearest of its {len(labels)} labels: {near}")


def _nearest(label: str, labels: Collection[str]) -> list[str]:
    numbers = [int(number) for number in labels if number.isdecimal()]
    if label.lstrip("-").isdecimal() and len(numbers) == len(labels):
        wanted = int(label)
        return [str(number) for number in sorted(numbers, key=lambda number: (abs(number - wanted), number))[:3]]
    return difflib.get_close_matches(label, labels, n=3, cutoff=0.0)
