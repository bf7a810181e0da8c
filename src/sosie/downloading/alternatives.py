"""Assigns another of its alternative URLs to an item whose URL failed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sosie.downloading.state import FAILED, WAITING, DownloadState
from sosie.images.fetch import urls


def move_on(state: DownloadState, item: int, listed: Sequence[str], position: int) -> str | None:
    """Assigns to an item the first of its URLs that has not failed, from ``position`` on, or else its last URL.

    Returns the host if the URL is new in the state, else None.
    """
    for at, url in enumerate(listed[position:], position):
        added, number, status = state.add_url(url, urls.host_of(url))
        state.execute("UPDATE items SET url = ?, position = ? WHERE id = ?", (number, at, item))
        if status != FAILED:
            return urls.host_of(url) if added and status == WAITING else None
    return None


def start_over(state: DownloadState) -> None:
    """Assigns to every item with a failed or waiting URL the first of its URLs that has not failed."""
    rows = state.execute(
        "SELECT id, urls FROM items WHERE urls IS NOT NULL AND url IN (SELECT id FROM urls WHERE status <> 1)"
    ).fetchall()
    for item, listed in rows:
        move_on(state, item, json.loads(listed), 0)
