"""Records the result of every URL in the state, and hands out the next jobs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple

from sosie.downloading.alternatives import move_on
from sosie.downloading.pictures import StoredPicture
from sosie.downloading.state import DONE, FAILED, DownloadState
from sosie.images.fetch import urls
from sosie.images.fetch.messages import Arrived, FetchOutcome, Job, NotModified
from sosie.images.fetch.reasons import FetchError, Reason

_COMMIT_SECONDS = 0.25
_PLACEHOLDER = "many URLs of this host returned the same bytes"


class Recorder:
    """Takes jobs from a state, and writes their results back. Use it from one thread only.

    ``announce`` is called with each host that has new jobs. Records become durable within a quarter of a second, and
    with ``state.commit()``.
    """

    announce: Callable[[str], None]

    def __init__(
        self,
        state: DownloadState,
        secrets: Mapping[str, str],
        placeholder_after: int,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._secrets = secrets
        self._placeholder_after = placeholder_after
        self._wall = wall
        self._reached: dict[str, int] = {}
        self._committed = 0.0

    def announce_all(self) -> int:
        """Announces every host with waiting URLs; returns the number of these URLs."""
        rows = self._state.execute("SELECT host, count(*) FROM urls WHERE status = 0 GROUP BY host").fetchall()
        for host, _ in rows:
            self.announce(host)
        return sum(count for _, count in rows)

    def take(self, host: str, most: int) -> Sequence[Job]:
        """The next jobs of a host. Each job is handed out once."""
        rows = self._state.execute(
            "SELECT id, url, sha256, etag, last_modified FROM urls "
            "WHERE status = 0 AND host = ? AND id > ? ORDER BY id LIMIT ?",
            (host, self._reached.get(host, 0), most),
        ).fetchall()
        if rows:
            self._reached[host] = rows[-1][0]
        return [self._job(*row) for row in rows]

    def record(self, outcome: FetchOutcome[StoredPicture]) -> bool:
        """Records a result; returns True if the URL now has a picture."""
        with self._state.errors():
            good = self._write(outcome)
            now = time.monotonic()
            if now - self._committed > _COMMIT_SECONDS:
                self._state.connection.commit()
                self._committed = now
        return good

    def _job(self, ticket: int, url: str, sha256: str | None, etag: str, last_modified: str) -> Job:
        request_url = self._secrets.get(url, url)
        return Job(ticket, request_url, etag, last_modified) if sha256 else Job(ticket, request_url)

    def _write(self, outcome: FetchOutcome[StoredPicture]) -> bool:
        final_url = urls.without_user(outcome.final_url)
        self._state.execute(
            "UPDATE urls SET final_url = ?, attempts = ?, seconds = ?, fetched_at = ? WHERE id = ?",
            (final_url, outcome.attempts, round(outcome.seconds, 4), self._wall(), outcome.ticket),
        )
        result = outcome.result
        if isinstance(result, Arrived):
            return self._write_picture(outcome.ticket, result)
        if isinstance(result, NotModified):
            self._state.execute("UPDATE urls SET status = ?, reason = '' WHERE id = ?", (DONE, outcome.ticket))
            return True
        return self._write_failure(outcome.ticket, result)

    def _write_picture(self, ticket: int, arrived: Arrived[StoredPicture]) -> bool:
        picture = arrived.value
        self._state.execute(
            "UPDATE urls SET status = ?, reason = '', detail = '', etag = ?, last_modified = ?, sha256 = ?, "
            "extension = ?, bytes = ?, width = ?, height = ? WHERE id = ?",
            (DONE, arrived.etag, arrived.last_modified, *astuple(picture), ticket),
        )
        return not self._is_placeholder(ticket, picture.sha256)

    def _write_failure(self, ticket: int, error: FetchError) -> bool:
        """Records a failure. A picture from an earlier run is kept."""
        row = self._state.execute("SELECT sha256 FROM urls WHERE id = ?", (ticket,)).fetchone()
        status = DONE if row[0] else FAILED
        self._state.execute(
            "UPDATE urls SET status = ?, reason = ?, detail = ? WHERE id = ?",
            (status, error.reason, error.detail, ticket),
        )
        if status == FAILED:
            self._try_alternatives(ticket)
        return status == DONE

    def _is_placeholder(self, ticket: int, sha256: str) -> bool:
        """True if so many URLs of one host have these bytes that they are a placeholder. Then all these URLs fail."""
        if not self._placeholder_after:
            return False
        same = "sha256 = ? AND host = (SELECT host FROM urls WHERE id = ?)"
        (count,) = self._state.execute(f"SELECT count(*) FROM urls WHERE {same}", (sha256, ticket)).fetchone()  # noqa: S608
        if count < self._placeholder_after:
            return False
        marked = self._state.execute(
            f"UPDATE urls SET status = ?, reason = ?, detail = ? WHERE {same} AND status = ? RETURNING id",  # noqa: S608
            (FAILED, Reason.PLACEHOLDER, _PLACEHOLDER, sha256, ticket, DONE),
        ).fetchall()
        for (number,) in marked:
            self._try_alternatives(number)
        return True

    def _try_alternatives(self, failed: int) -> None:
        """Assigns the next URL to each item of a failed URL."""
        rows = self._state.execute(
            "SELECT id, urls, position FROM items WHERE url = ? AND urls IS NOT NULL", (failed,)
        ).fetchall()
        for item, listed, position in rows:
            if host := move_on(self._state, item, json.loads(listed), position + 1):
                self.announce(host)
