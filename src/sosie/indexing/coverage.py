"""Records which items a source had, and which parts of the source could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from sosie.errors import SourceError
from sosie.sources.base import Source
from sosie.sources.report import EXAMPLES
from sosie.sources.streamed import files_of, report_of
from sosie.support.wording import amount
from sosie.types import Item, Rejection

VIEW_MARK = "~"
"""Separates an item's id from the digest of an additional picture of the item."""


class Coverage:
    """Reads a source and records what it had. Memory grows by one hash an item.

    If the source fails, reading ends and ``gaps`` says so. The entries before the failure are indexed.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._versions = list(_versions(source))
        self._seen: set[int] = set()
        self._rejected: set[int] = set()
        self._folders: list[str] = []
        self._nameless = 0
        self._examples: list[str] = []
        self._ending = ""

    def __iter__(self) -> Iterator[Item | Rejection]:
        try:
            for entry in self._source:
                self._add(entry)
                yield entry
            if self._versions != list(_versions(self._source)):
                self._ending = f"{self._source} changed while it was read; run this again when it is complete"
        except SourceError as error:
            self._ending = str(error)

    def includes(self, item_id: str) -> bool:
        """True if the source had the item, or if the item is a view of an item whose row was rejected."""
        base, mark, _ = item_id.rpartition(VIEW_MARK)
        return hash(item_id) in self._seen or bool(mark and hash(base) in self._rejected)

    def may_include(self, item_id: str) -> bool:
        """True if the item may be in an unreadable part of the source."""
        return self._is_partial() or item_id.startswith(tuple(self._folders))

    def gaps(self) -> tuple[str, ...]:
        """Sentences on the parts that could not be read. Their items may be missing only for this reason."""
        return tuple(self._gaps())

    def _add(self, entry: Item | Rejection) -> None:
        self._seen.add(hash(entry.item_id))
        if not isinstance(entry, Rejection):
            return
        if not entry.item_id:
            self._nameless += 1
            self._examples += [entry.reason] if len(self._examples) < EXAMPLES else []
        elif entry.item_id.endswith("/"):
            self._folders.append(entry.item_id)
        else:
            self._rejected.add(hash(entry.item_id))

    def _is_partial(self) -> bool:
        return bool(self._ending or self._nameless or report_of(self._source).gaps)

    def _gaps(self) -> Iterator[str]:
        if self._ending:
            yield f"the reading ended early: {self._ending}"
        yield from report_of(self._source).gaps
        if self._nameless:
            yield f"{amount(self._nameless, 'row')} without a readable item_id ({'; '.join(self._examples)})"
        if self._folders:
            shown = ", ".join(map(repr, self._folders[:EXAMPLES]))
            more = f" and {len(self._folders) - EXAMPLES} more" if len(self._folders) > EXAMPLES else ""
            yield f"{amount(len(self._folders), 'folder')} could not be read: {shown}{more}"


def _versions(source: Source) -> Iterator[tuple[int, int] | None]:
    """Size and modification time of every file of a source; None for a missing file."""
    for path in files_of(source):
        try:
            status = path.stat()
        except OSError:
            yield None
        else:
            yield status.st_size, status.st_mtime_ns
