"""Copies, replaces and removes the files of a local store's database."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

DAMAGED = ".damaged"
_BESIDE = ("-wal", "-shm", "-journal")


def put_in_place(new: Path, file: Path, kept_as: str = DAMAGED) -> None:
    """Replaces ``file`` with a complete database. The old file keeps its name with ``kept_as`` added.

    The old log is moved first, because SQLite would apply it to the new file.
    """
    kept = file.with_name(file.name + kept_as)
    _sync(new)
    for ending in (*_BESIDE, ""):
        old = file.with_name(file.name + ending)
        if old.exists():
            old.replace(kept.with_name(kept.name + ending))
    new.replace(file)
    _sync(file.parent)


def remove_database(file: Path) -> None:
    """Removes a database and SQLite's files beside it."""
    for ending in ("", *_BESIDE):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def copy_database(file: Path, copy: Path) -> None:
    """Copies a database and its log unchanged."""
    for ending in ("", "-wal"):
        source = file.with_name(file.name + ending)
        if source.exists():
            shutil.copyfile(source, copy.with_name(copy.name + ending))


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
