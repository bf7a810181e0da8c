"""The check from end to end: the file, the words, the items, the vectors, the snapshots."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from sosie.errors import StoreDamaged, StoreUnavailable
from sosie.stores.local.check import repairs
from sosie.stores.local.check.faults import faults_of_items, faults_of_vectors, orphaned_rows
from sosie.stores.local.snapshots.published import Snapshot, Snapshots
from sosie.stores.local.truth import meta, reading
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.vectors import Space
from sosie.types import VISUAL_WORDS, CheckReport


class Findings:
    """The problems of one check, and what was repaired."""

    def __init__(self, database: Database, repair: bool) -> None:
        self.database = database
        self.problems: list[str] = []
        self.repaired: list[str] = []
        self._repair = repair

    def add(self, problem: str, repair: Callable[[sqlite3.Connection], None] | None, repaired: str = "") -> None:
        """Note a problem; where it can and shall be repaired, repair it in a transaction and note that too."""
        self.problems.append(problem)
        if repair is not None and self._repair:
            with self.database.write() as connection:
                repair(connection)
            self.repaired.append(repaired)


def check(database: Database, snapshots: Snapshots, repair: bool) -> CheckReport:
    """Look at everything; with ``repair`` repair what can be repaired without losing an item."""
    findings = Findings(database, repair)
    _check_file(findings)
    _check_words(findings)
    items = _check_items(findings)
    _check_vectors(findings)
    _check_orphaned_rows(findings)
    _check_snapshots(findings, snapshots)
    return CheckReport(items, tuple(findings.problems), tuple(findings.repaired))


def _check_file(findings: Findings) -> None:
    with findings.database.bare() as connection:
        answers = [text for (text,) in connection.execute("PRAGMA integrity_check(20)")]
    for answer in answers:
        if answer != "ok":
            findings.add(f"SQLite: {answer}", repairs.reindex, "the indexes of the file were built anew")


def _check_words(findings: Findings) -> None:
    """FTS5 checks itself only in a writing transaction, so not where the folder may only be read."""
    try:
        with findings.database.write() as connection:
            connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except StoreUnavailable:
        return
    except StoreDamaged as error:
        findings.add(f"the word index is damaged: {error}", repairs.rebuild_words, "the word index was built anew")


def _check_items(findings: Findings) -> int:
    items, after = 0, ""
    while True:
        with findings.database.read() as connection:
            rows = _item_page(connection, after)
            faults = list(faults_of_items(connection, [row for row, _ in rows]))
        for fault in faults:
            findings.add(fault.problem, fault.repair, fault.repaired)
        items += len(rows)
        if len(rows) < reading.CHUNK:
            return items
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
        published = [
            (full_name, snapshot)
            for full_name, name in meta.vector_names(connection).items()
            for snapshot in _published(snapshots, connection, full_name, Space(name, 0))
        ]
    for full_name, snapshot in published:
        if not snapshots.is_sound(snapshot, segment=full_name == VISUAL_WORDS):
            findings.add(
                f"{'a segment' if full_name == VISUAL_WORDS else 'the snapshot'} of {full_name} is missing or damaged: "
                "searches are right but slower",
                repairs.forget_snapshot(snapshot.folder),
                f"what was damaged of {full_name} was given up; optimize builds it anew",
            )


def _published(snapshots: Snapshots, connection: sqlite3.Connection, full_name: str, space: Space) -> list[Snapshot]:
    """What a search would use: all segments of visual words, the newest snapshot of vectors."""
    every = snapshots.segments(connection, space)
    return every if full_name == VISUAL_WORDS else every[-1:]
