"""Queues URLs again that an earlier run has finished."""

from __future__ import annotations

from pathlib import Path

from sosie.downloading.alternatives import start_over
from sosie.downloading.options import DownloadOptions
from sosie.downloading.pictures import path_of
from sosie.downloading.planning import forget_unwanted
from sosie.downloading.state import DONE, FAILED, WAITING, DownloadState
from sosie.images.fetch.reasons import Reason, in_family


def requeue(state: DownloadState, options: DownloadOptions) -> None:
    """Queues lost pictures, and the URLs that the options select."""
    _requeue_missing(state)
    if options.refresh:
        state.execute("UPDATE urls SET status = ? WHERE status = ? AND id IN (SELECT url FROM items)", (WAITING, DONE))
    if options.retry_failed:
        _requeue_failed(state, options.reason)
    state.commit()


def _requeue_missing(state: DownloadState) -> None:
    """Queues the URLs of pictures that were deleted, or lost in a power cut."""
    kept = state.execute("SELECT id, sha256, extension, bytes FROM urls WHERE status = ?", (DONE,))
    lost = [(row[0],) for row in kept if not _is_there(state.folder / path_of(row[1], row[2]), row[3])]
    state.connection.executemany("UPDATE urls SET status = 0, sha256 = NULL WHERE id = ?", lost)


def _is_there(picture: Path, size: int) -> bool:
    try:
        return picture.stat().st_size == size
    except OSError:
        return False


def _requeue_failed(state: DownloadState, family: str | None) -> None:
    for (reason,) in state.execute("SELECT DISTINCT reason FROM urls WHERE status = ?", (FAILED,)).fetchall():
        if reason != Reason.INVALID_URL and (family is None or in_family(reason, family)):
            state.execute(
                "UPDATE urls SET status = ?, sha256 = NULL WHERE status = ? AND reason = ?", (WAITING, FAILED, reason)
            )
    start_over(state)
    forget_unwanted(state)
