"""The files of a local store's database, and how one takes the place of another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

DAMAGED = ".damaged"
_BESIDE = ("-wal", "-shm", "-journal")


def put_in_place(new: Path, file: Path, kept_as: str = DAMAGED) -> None:
    """Let a complete database take the place of ``file``, which is kept under the same name with ``kept_as`` behind.

    The old log is moved away first: beside the new file SQLite would take it for its own.
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
    """Remove a database and what SQLite keeps beside it."""
    for ending in ("", *_BESIDE):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def copy_database(file: Path, copy: Path) -> None:
    """Copy a database and its log as they are, damage and all."""
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
