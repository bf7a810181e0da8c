"""Checks a store: the database file, the word index, items, vectors and segments."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from sosie.errors import StoreDamaged, StoreUnavailable
from sosie.stores.local.check import repairs
from sosie.stores.local.check.faults import faults_of_items, faults_of_vectors, orphaned_rows
from sosie.stores.local.check.salvage import salvage
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import every_series
from sosie.stores.local.sqlite_errors import translate_sqlite_errors
from sosie.stores.local.truth import meta, reading
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.spans import Space
from sosie.types import CheckReport

_FAILURES = (sqlite3.Error, TypeError, ValueError, AttributeError, KeyError, OverflowError, MemoryError)
"""Errors that rows with damaged content raise."""


class Findings:
    """The problems and the repairs of a check."""

    def __init__(self, database: Database, repair: bool) -> None:
        self.database = database
        self.problems: list[str] = []
        self.repaired: list[str] = []
        self.repairs = repair
        self.items = 0

    @property
    def report(self) -> CheckReport:
        """The report; every problem is in it once."""
        return CheckReport(self.items, tuple(dict.fromkeys(self.problems)), tuple(dict.fromkeys(self.repaired)))

    def add(self, problem: str, repair: Callable[[sqlite3.Connection], None] | None, repaired: str = "") -> None:
        """Adds a problem. If repairing was requested, repairs it in a transaction and adds the repair."""
        self.problems.append(problem)
        if repair is None or not self.repairs:
            return
        try:
            with self.database.write() as connection:
                repair(connection)
        except (StoreDamaged, *_FAILURES) as error:
            self.problems.append(f"that could not be repaired: {error}")
        else:
            self.repaired.append(repaired)


def check(database: Database, snapshots: Snapshots, repair: bool) -> CheckReport:
    """Checks everything. With ``repair``, repairs problems without losing readable items.

    Damage does not end the check: a part that cannot be checked is reported as a problem.
    """
    findings = Findings(database, repair)
    if _check_file(findings) and _check_parts(findings, snapshots):
        return findings.report
    if (repair and _salvage(findings)) or not repair:
        _check_parts(findings, snapshots)
    return findings.report


def _check_parts(findings: Findings, snapshots: Snapshots) -> bool:
    """Checks every part; returns True if all checks were completed."""
    parts: dict[str, Callable[[], None]] = {
        "the word index": lambda: _check_words(findings),
        "the items": lambda: _check_items(findings),
        "the vectors": lambda: _check_vectors(findings),
        "rows without an item": lambda: _check_orphaned_rows(findings),
        "the segments": lambda: _check_snapshots(findings, snapshots),
    }
    return all([_is_checked(findings, what, look) for what, look in parts.items()])


def _is_checked(findings: Findings, what: str, look: Callable[[], None]) -> bool:
    """Runs one check; returns True if it was completed. If not, adds the error as a problem."""
    try:
        with translate_sqlite_errors(findings.database.folder):
            look()
    except (StoreDamaged, *_FAILURES) as error:
        findings.problems.append(f"{what} could not be checked to the end: {error}")
        return False
    return True


def _check_file(findings: Findings) -> bool:
    """Checks the database file; returns True if it is undamaged or was repaired."""
    wrong = _faults_of_file(findings.database)
    if wrong:
        for fault in wrong[:-1]:
            findings.add(fault, None)
        findings.add(wrong[-1], repairs.reindex, "the indexes of the file were built again")
    return not wrong or (findings.repairs and not _faults_of_file(findings.database))


def _faults_of_file(database: Database) -> list[str]:
    try:
        with database.bare() as connection:
            answers = [text for (text,) in connection.execute("PRAGMA integrity_check(20)")]
    except StoreDamaged as error:
        return [f"SQLite: {error}"]
    return [f"SQLite: {answer}" for answer in answers if answer != "ok"]


def _salvage(findings: Findings) -> bool:
    """Salvages the readable data; returns True on success."""
    try:
        with _lock_where_possible(findings.database):
            saved = salvage(findings.database.file, findings.database.settings)
    except (StoreDamaged, *_FAILURES) as error:
        findings.problems.append(f"nothing could be salvaged: {error}")
        return False
    findings.database.renew()
    findings.problems.extend(saved.problems)
    findings.repaired.append(saved.sentence)
    return True


@contextmanager
def _lock_where_possible(database: Database) -> Iterator[None]:
    """Locks out other writers, unless damage prevents it."""
    with ExitStack() as stack:
        with suppress(StoreDamaged):
            connection = stack.enter_context(database.bare())
            connection.execute("BEGIN IMMEDIATE")
            stack.callback(connection.rollback)
        yield


def _check_words(findings: Findings) -> None:
    """Checks the word index. FTS5 needs a writing transaction for this, so it is skipped in a read-only folder."""
    try:
        with findings.database.write() as connection:
            connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except StoreUnavailable:
        return
    except StoreDamaged as error:
        findings.add(f"the word index is damaged: {error}", repairs.rebuild_words, "the word index was built again")


def _check_items(findings: Findings) -> None:
    findings.items, after = 0, ""
    while True:
        with findings.database.read() as connection:
            rows = _item_page(connection, after)
            faults = list(faults_of_items(connection, [row for row, _ in rows]))
        for fault in faults:
            findings.add(fault.problem, fault.repair, fault.repaired)
        findings.items += len(rows)
        if len(rows) < reading.CHUNK:
            return
        after = rows[-1][1]


def _item_page(connection: sqlite3.Connection, after: str) -> list[tuple[int, str]]:
    query = "SELECT row, item_id FROM item WHERE item_id > ? ORDER BY item_id LIMIT ?"
    return connection.execute(query, (after, reading.CHUNK)).fetchall()


def _check_vectors(findings: Findings) -> None:
    with findings.database.read() as connection:
        manifest = meta.read_manifest(connection)
        names = meta.vector_names(connection)
    for full_name, name in names.items():
        for faults in _vector_pages(findings, full_name, Space(name, manifest.vectors.get(full_name, 0))):
            for fault in faults:
                findings.add(fault.problem, fault.repair, fault.repaired)


def _vector_pages(findings: Findings, full_name: str, space: Space) -> Iterator[list[repairs.Fault]]:
    after = 0
    while True:
        with findings.database.read() as connection:
            last, faults = faults_of_vectors(connection, full_name, space, after)
        yield faults
        if last is None:
            return
        after = last


def _check_orphaned_rows(findings: Findings) -> None:
    with findings.database.read() as connection:
        faults = list(orphaned_rows(connection))
    for fault in faults:
        findings.add(fault.problem, fault.repair, fault.repaired)


def _check_snapshots(findings: Findings, snapshots: Snapshots) -> None:
    with findings.database.read() as connection:
        every = list(every_series(connection, findings.database.settings))
        published = [(series, segment) for series in every for segment in snapshots.segments(connection, series)]
    for series, segment in published:
        if not snapshots.is_sound(series, segment):
            findings.add(
                f"a segment of {series.label} is missing or damaged: searches are right but slower",
                repairs.forget_snapshot(segment.folder),
                f"what was damaged of {series.label} was dropped; optimize builds it again",
            )
