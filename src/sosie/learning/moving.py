"""Transfers feedback to another network, if the pictures still exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sosie.learning.feedback import Feedback, read_feedback, to_row
from sosie.stores.base import Store
from sosie.types import Vectors

SAME = 0.999
"""From this cosine on, a view equals the stored view, which is in half precision."""

Views = Callable[[str], Vectors | None]
"""Returns the views of a query's picture in a network, shape (views, dim); None if there is no picture."""


@dataclass(frozen=True, slots=True)
class MovedFeedback:
    """Numbers of transferred and of dropped entries. An entry is dropped if its picture is missing or was cropped."""

    moved: int = 0
    dropped: int = 0


def move_feedback(store: Store, old: str, new: str, views_before: Views, views_now: Views) -> MovedFeedback:
    """Copies the feedback for the network with fingerprint ``old`` to the network with fingerprint ``new``.

    A picture is used only if the old network computes the stored vectors for it. Otherwise the feedback is about a
    region, or the file has changed. Nothing is added twice, and the feedback for the old network remains.
    """
    rows = store.feedback()
    present = {_key(entry) for entry in read_feedback(rows, new).entries}
    entries = [entry for entry in read_feedback(rows, old).entries if _key(entry) not in present]
    moved = [entry_moved for entry in entries if (entry_moved := _moved(entry, new, views_before, views_now))]
    if moved:
        store.add_feedback([to_row(entry) for entry in moved])
    return MovedFeedback(len(moved), len(entries) - len(moved))


def _moved(entry: Feedback, new: str, views_before: Views, views_now: Views) -> Feedback | None:
    old_views = views_before(entry.query)
    if old_views is None or not _is_same(old_views, entry.vectors):
        return None
    new_views = views_now(entry.query)
    return None if new_views is None else replace(entry, fingerprint=new, vectors=new_views)


def _is_same(seen: Vectors, kept: Vectors) -> bool:
    return seen.shape == kept.shape and bool((np.einsum("vd,vd->v", seen, kept) >= SAME).all())


def _key(entry: Feedback) -> tuple[str, str]:
    return entry.content_sha256, entry.item_id
