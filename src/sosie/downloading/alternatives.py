"""Moves an item on to its alternative URLs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sosie.downloading.state import FAILED, WAITING, DownloadState
from sosie.images.fetch import urls


def move_on(state: DownloadState, item: int, listed: Sequence[str], position: int) -> str | None:
    """Assigns an item the first URL from ``position`` on that has not failed, or else the last URL.

    Returns the host to announce if that URL is new, else None.
    """
    for at, url in enumerate(listed[position:], position):
        added, number, status = state.add_url(url, urls.host_of(url))
        state.execute("UPDATE items SET url = ?, position = ? WHERE id = ?", (number, at, item))
        if status != FAILED:
            return urls.host_of(url) if added and status == WAITING else None
    return None


def start_over(state: DownloadState) -> None:
    """Assigns every item with a failed or waiting URL the first of its URLs that has not failed."""
    rows = state.execute(
        "SELECT id, urls FROM items WHERE urls IS NOT NULL AND url IN (SELECT id FROM urls WHERE status <> 1)"
    ).fetchall()
    for item, listed in rows:
        move_on(state, item, json.loads(listed), 0)
