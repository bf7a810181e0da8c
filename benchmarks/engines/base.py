"""The interface of an engine under comparison."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from engines.vectors import Collection, Matrix

SMALL = 100_000
"""Up to this many vectors every engine is measured."""


class Engine(ABC):
    """An engine under comparison: it is built in one process, and opened and searched in another."""

    name: ClassVar[str]
    efforts: ClassVar[tuple[int, ...]]
    """Settings of the search, from quick to thorough; what the number means is the engine's own."""

    filters: ClassVar[bool] = False

    large: ClassVar[bool] = False
    """Measured at any size unless others are named."""

    @abstractmethod
    def build(self, collection: Collection, folder: Path) -> None:
        """Index the collection and write it into ``folder``."""

    @abstractmethod
    def open(self, collection: Collection, folder: Path) -> None:
        """Make ready to search what ``build`` wrote."""

    @abstractmethod
    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        """Places of the nearest vectors to one query, shape (dim,), among those whose number is under ``below``."""

    def seconds(self) -> float:
        """Processor time used until now, a server's included."""
        return time.process_time()

    def memory(self, kind: str) -> int:
        """MB of memory of a kind that the system counts (VmHWM, RssAnon, RssFile), a server's where there is one."""
        return megabytes("self", kind)

    def disk(self, folder: Path) -> int:
        """MB that ``build`` wrote."""
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) >> 20


def megabytes(process: str, kind: str) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in status if line.startswith(f"{kind}:")).split()[1]) >> 10
