"""What people said of answers is carried over to another network, as far as their pictures are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sosie.learning.feedback import Feedback, read_feedback, to_row
from sosie.stores.base import Store
from sosie.types import Vectors

SAME = 0.999
"""Cosine from which a picture's view is taken for the one that was kept; those are in half precision."""

Views = Callable[[str], Vectors | None]
"""The views of a query's picture by its name, shape (views, dim), as one network sees them; None without a picture."""


@dataclass(frozen=True, slots=True)
class MovedFeedback:
    """How much feedback counts for the new network, and how much does not, as its pictures are gone or were cut."""

    moved: int = 0
    dropped: int = 0


def move_feedback(store: Store, old: str, new: str, views_before: Views, views_now: Views) -> MovedFeedback:
    """Add, for the network with fingerprint ``new``, what was said while the one with fingerprint ``old`` answered.

    A picture is used where the old network still sees in it what was kept; what the feedback was given on may have been
    a part of it, or the file may have changed. Nothing is added twice, and what belongs to the old network stays.
    """
    rows = store.feedback()
    there = {_key(entry) for entry in read_feedback(rows, new).entries}
    entries = [entry for entry in read_feedback(rows, old).entries if _key(entry) not in there]
    moved = [found for entry in entries if (found := _moved(entry, new, views_before, views_now))]
    if moved:
        store.add_feedback([to_row(entry) for entry in moved])
    return MovedFeedback(len(moved), len(entries) - len(moved))


def _moved(entry: Feedback, new: str, views_before: Views, views_now: Views) -> Feedback | None:
    before = views_before(entry.query)
    if before is None or not _is_same(before, entry.vectors):
        return None
    now = views_now(entry.query)
    return None if now is None else replace(entry, fingerprint=new, vectors=now)


def _is_same(seen: Vectors, kept: Vectors) -> bool:
    return seen.shape == kept.shape and bool((np.einsum("vd,vd->v", seen, kept) >= SAME).all())


def _key(entry: Feedback) -> tuple[str, str]:
    return entry.content_sha256, entry.item_id
