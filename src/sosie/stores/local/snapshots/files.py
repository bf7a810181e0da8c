"""Fingerprints of a segment's files, which show whether they are unchanged."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

CONTENT = "engine"
"""Name of the folder with the files, within the published folder of a segment."""

_FILES = "files.json"
_LEAST_MAPPED = 4096


class SegmentError(Exception):
    """The files of a segment are damaged. They can be rebuilt."""


def write_fingerprints(folder: Path) -> None:
    """Records the size and the SHA-256 of every file."""
    content = folder / CONTENT
    files = sorted(file for file in content.rglob("*") if file.is_file())
    noted = {file.relative_to(content).as_posix(): (file.stat().st_size, _digest(file)) for file in files}
    (folder / _FILES).write_text(json.dumps(noted), encoding="utf-8")


def are_files_unchanged(folder: Path, *, thorough: bool) -> bool:
    """True if every file has the recorded size and, if ``thorough``, the recorded hash."""
    try:
        expected = json.loads((folder / _FILES).read_text(encoding="utf-8"))
        for name, [size, digest] in expected.items():
            file = folder / CONTENT / name
            if file.stat().st_size != size or (thorough and _digest(file) != digest):
                return False
    except (OSError, ValueError, AttributeError, TypeError):
        return False
    return True


def mapped_array(file: Path) -> npt.NDArray[Any]:
    """The array in a file, memory-mapped. A plain array, because slices of ``np.memmap`` are slow.

    An empty file cannot be mapped, so it is read.
    """
    mode: Literal["r"] | None = "r" if file.stat().st_size > _LEAST_MAPPED else None
    return np.asarray(np.load(file, mmap_mode=mode, allow_pickle=False))


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
