"""Runs a download: plans, fetches, records, and writes the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from sosie.downloading.options import DownloadOptions
from sosie.downloading.pictures import PictureWriter, StoredPicture
from sosie.downloading.planning import Planner
from sosie.downloading.recording import Recorder
from sosie.downloading.requeueing import requeue
from sosie.downloading.state import DownloadState
from sosie.downloading.table import write_table
from sosie.downloading.tally import DownloadReport, DownloadTally
from sosie.images.fetch.engine import FetchEngine
from sosie.images.fetch.options import World
from sosie.images.fetch.requester import Requester
from sosie.types import Item, Rejection


def download(
    source: Iterable[Item | Rejection],
    into: Path,
    options: DownloadOptions | None = None,
    world: World | None = None,
    on_progress: Callable[[DownloadTally], None] = lambda _: None,
) -> DownloadReport:
    """Fetches the pictures of a source into a folder; pictures that are already there are skipped.

    ``on_progress`` is called after every URL, in this thread. Ctrl-C ends the run cleanly, and the report says
    ``interrupted``. After a kill at any moment, the next run with the same folder continues.

    ``SourceError`` if the source cannot be read, ``UsageError`` for options that do not fit the folder, ``StoreError``
    if the folder cannot be used.
    """
    options, world = options or DownloadOptions(), world or World()
    state = DownloadState(into)
    try:
        with state.errors():
            state.claim(options.keeping)
            pictures = PictureWriter(into, options.format, options.resize)
            planner = Planner(state)
            planner.plan(source)
            requeue(state, options)
            tally = DownloadTally(world.clock)
            interrupted = _fetch(state, planner.secrets, pictures, options, world, tally, on_progress)
            return _report(state, tally, str(write_table(state)), interrupted)
    finally:
        state.close()


def _fetch(
    state: DownloadState,
    secrets: dict[str, str],
    pictures: PictureWriter,
    options: DownloadOptions,
    world: World,
    tally: DownloadTally,
    on_progress: Callable[[DownloadTally], None],
) -> bool:
    """Fetches all waiting URLs; returns True if interrupted."""
    requester = Requester(options.fetch, world)
    try:
        recorder = Recorder(state, secrets, options.placeholder_after, world.wall)
        engine: FetchEngine[StoredPicture] = FetchEngine(requester, options.fetch, world, recorder.take, pictures.save)
        recorder.announce = engine.announce
        tally.total = recorder.announce_all()
        for outcome in engine.run():
            tally.note(outcome, recorder.record(outcome))
            on_progress(tally)
    except KeyboardInterrupt:
        return True
    finally:
        state.commit()
        requester.close()
    return False


def _report(state: DownloadState, tally: DownloadTally, table: str, interrupted: bool) -> DownloadReport:
    joined = "FROM items i JOIN urls u ON u.id = i.url"
    statuses = "iif(u.status = 2, 'failed', iif(u.sha256 IS NULL, 'waiting', 'done'))"
    items = state.execute(f"SELECT {statuses} AS s, count(*) {joined} GROUP BY s")
    reasons = state.execute(f"SELECT u.reason, count(*) AS n {joined} WHERE u.status = 2 GROUP BY 1 ORDER BY n DESC")
    (rejected,) = state.execute("SELECT count(*) FROM rejected").fetchone()
    return DownloadReport(
        table=table,
        items=dict(items.fetchall()),
        reasons=dict(reasons.fetchall()),
        rejected=rejected,
        requested=tally.ended,
        arrived=tally.done,
        bytes=tally.bytes,
        seconds=round(tally.seconds, 3),
        rate=round(tally.rate, 2),
        slowest_hosts=tuple((host, round(seconds, 3)) for host, seconds in tally.slowest_hosts()),
        interrupted=interrupted,
    )
