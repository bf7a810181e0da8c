"""Reports how a source was read: format, dialect, roles and types of columns, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from sosie.support.wording import amount
from sosie.types import JSON

EXAMPLES = 3
"""Number of examples of each kind in a report."""


@dataclass(frozen=True, slots=True)
class Omission:
    """Values, rows or files of one kind that were left out: their number, and the first examples."""

    what: str
    reason: str
    count: int
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = f", for instance {', '.join(self.examples)}" if self.examples else ""
        return f"{self.what}: {self.reason} ({amount(self.count, 'time')}{shown})"


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How a source was read, up to the current position.

    - ``dialect``: what varies within the format, such as encoding and separator.
    - ``roles``: the columns of each role; ``types``: the type of each attribute in words.
    - ``left_out``: columns that did not become attributes.
    - ``misfits``: values that do not fit their column.
    - ``skipped``: valid rows that are not items, such as translations.
    - ``skipped_lines``: the number of unreadable rows.
    - ``gaps``: sentences on places where an unknown number of rows may be missing, such as the end of a truncated file.
    """

    source: str
    format: str
    dialect: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    misfits: tuple[Omission, ...] = ()
    skipped: tuple[Omission, ...] = ()
    skipped_lines: int = 0
    notes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """Sentences for the user, the most important first."""
        return tuple(self._sentences())

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON."""
        return asdict(self)

    def _sentences(self) -> Iterator[str]:
        if self.skipped_lines:
            yield f"{amount(self.skipped_lines, 'row')} of {self.source} could not be read"
        yield from self.gaps
        yield from self.notes
        for misfit in self.misfits:
            yield f"column {misfit}; the items were kept without the value"
        for skipped in self.skipped:
            yield f"{skipped}"
        if self.left_out:
            reasons = "; ".join(f"{name!r} ({reason})" for name, reason in list(self.left_out.items())[:5])
            more = f" and {len(self.left_out) - 5} more" if len(self.left_out) > 5 else ""
            yield f"columns left out: {reasons}{more}"


class Journal:
    """Collects what one reading of a source left out, with a few examples of each kind."""

    def __init__(self) -> None:
        self.skipped_lines = 0
        self.left_out: dict[str, str] = {}
        self._gaps: dict[str, None] = {}
        self._notes: dict[str, None] = {}
        self._misfits = _Tally()
        self._skipped = _Tally()

    def note(self, sentence: str) -> None:
        """Records a sentence, once."""
        self._notes.setdefault(sentence)

    def gap(self, sentence: str) -> None:
        """Records a place where an unknown number of rows may be missing."""
        self._gaps.setdefault(sentence)

    def leave_out(self, column: str, reason: str) -> None:
        """Records that a column, or a value nested in it, does not become an attribute."""
        self.left_out.setdefault(column, reason)

    def misfit(self, column: str, reason: str, value: object) -> None:
        """Counts a value that does not fit its column."""
        self._misfits.add(repr(column), reason, repr(value)[:80])

    def skip(self, kind: str, reason: str, example: str) -> None:
        """Counts a valid row, file or picture that does not become an item."""
        self._skipped.add(kind, reason, example[:80])

    def report(self, of: SourceReport) -> SourceReport:
        """The report ``of`` a source, with everything that was recorded here."""
        return SourceReport(
            of.source, of.format, of.dialect, of.roles, of.types,
            {**of.left_out, **self.left_out},
            (*of.misfits, *self._misfits.omissions()),
            (*of.skipped, *self._skipped.omissions()),
            of.skipped_lines + self.skipped_lines,
            tuple(dict.fromkeys((*of.notes, *self._notes))),
            tuple(dict.fromkeys((*of.gaps, *self._gaps))),
        )  # fmt: skip


class _Tally:
    """Counts by kind and reason, with the first examples."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], list[str]] = {}

    def add(self, kind: str, reason: str, example: str) -> None:
        key = kind, reason
        self._counts[key] += 1
        examples = self._examples.setdefault(key, [])
        if example and len(examples) < EXAMPLES and example not in examples:
            examples.append(example)

    def omissions(self) -> tuple[Omission, ...]:
        return tuple(
            Omission(kind, reason, count, tuple(self._examples[kind, reason]))
            for (kind, reason), count in self._counts.most_common()
        )
