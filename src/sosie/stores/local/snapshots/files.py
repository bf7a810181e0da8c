"""The files of a published folder, and whether they are still those that were written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

CONTENT = "engine"
"""Name of the folder, within a published one, that holds what is searched."""

_FILES = "files.json"
_LEAST_MAPPED = 4096


class SegmentError(Exception):
    """Files that are not what was published; whatever they held can be made anew."""


def write_fingerprints(folder: Path) -> None:
    """Note the size and the SHA-256 of every file of the content."""
    content = folder / CONTENT
    files = sorted(file for file in content.rglob("*") if file.is_file())
    noted = {file.relative_to(content).as_posix(): (file.stat().st_size, _digest(file)) for file in files}
    (folder / _FILES).write_text(json.dumps(noted), encoding="utf-8")


def are_files_unchanged(folder: Path, *, thorough: bool) -> bool:
    """Whether every file has the size, and if ``thorough`` the bytes, that were noted."""
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
    """The array in a file as a plain one, since slices of ``np.memmap`` are slow; an empty file cannot be mapped."""
    mode: Literal["r"] | None = "r" if file.stat().st_size > _LEAST_MAPPED else None
    return np.asarray(np.load(file, mmap_mode=mode, allow_pickle=False))


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
