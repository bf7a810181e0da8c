"""The check of a label that a person asked for."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from sosie.errors import SourceError


def check_label(label: str, labels: Collection[str], source: str) -> None:
    """``SourceError`` where no image has the label; it names the nearest ones and how many there are."""
    if label in labels:
        return
    if not labels:
        raise SourceError(f"{source} has no labels at all, so none is {label!r}: a test set? Ask without a label")
    near = ", ".join(_nearest(label, labels))
    raise SourceError(f"{source} has no label {label!r}; nearest of its {len(labels)} labels: {near}")


def _nearest(label: str, labels: Collection[str]) -> list[str]:
    numbers = [int(one) for one in labels if one.isdecimal()]
    if label.lstrip("-").isdecimal() and len(numbers) == len(labels):
        asked = int(label)
        return [str(one) for one in sorted(numbers, key=lambda one: (abs(one - asked), one))[:3]]
    return difflib.get_close_matches(label, labels, n=3, cutoff=0.0)
