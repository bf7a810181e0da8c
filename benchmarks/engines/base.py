"""What the comparison asks of an engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from engines.vectors import Collection, Matrix


class Engine(ABC):
    """An engine under comparison: it is built in one process, and opened and searched in another."""

    name: ClassVar[str]
    efforts: ClassVar[tuple[int, ...]]
    """Settings of the search, from quick to thorough; what the number means is the engine's own."""

    filters: ClassVar[bool] = False

    @abstractmethod
    def build(self, collection: Collection, folder: Path) -> None:
        """Index the collection and write it into ``folder``."""

    @abstractmethod
    def open(self, collection: Collection, folder: Path) -> None:
        """Make ready to search what ``build`` wrote."""

    @abstractmethod
    def search(self, query: Matrix, k: int, effort: int, below: float) -> Sequence[int]:
        """Places of the nearest vectors to one query, shape (dim,), among those whose number is under ``below``."""
