"""How a source was read: its format and dialect, the roles and types of its columns, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from sosie.support.wording import amount
from sosie.types import JSON

EXAMPLES = 3
"""How many examples of one kind a report keeps."""


@dataclass(frozen=True, slots=True)
class Omission:
    """Something of one kind that was left out: how often, and the first examples."""

    what: str
    reason: str
    count: int
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = f", for instance {', '.join(self.examples)}" if self.examples else ""
        return f"{self.what}: {self.reason} ({amount(self.count, 'time')}{shown})"


@dataclass(frozen=True, slots=True)
class SourceReport:
    """The reading of a source, as far as it has come.

    ``dialect`` holds what the format leaves open, such as encoding and separator; ``roles`` maps a role to its
    columns, ``types`` an attribute to its type in words. ``left_out`` are columns that are no attributes,
    ``misfits`` values that do not fit their column, ``skipped`` rows that became no item without being wrong, such as
    translations. ``skipped_lines`` counts the rows that could not be read. ``gaps`` says where rows may be missing of
    which nothing is known, such as those behind the end of a file that was cut off.
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
        """What a run should tell, most important first."""
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
    """Collects what one reading of a source leaves out, with memory for a few examples of each kind."""

    def __init__(self) -> None:
        self.skipped_lines = 0
        self.left_out: dict[str, str] = {}
        self._gaps: dict[str, None] = {}
        self._notes: dict[str, None] = {}
        self._misfits = _Tally()
        self._skipped = _Tally()

    def note(self, sentence: str) -> None:
        """Keep a sentence once."""
        self._notes.setdefault(sentence)

    def gap(self, sentence: str) -> None:
        """Note where rows may be missing of which nothing is known."""
        self._gaps.setdefault(sentence)

    def leave_out(self, column: str, reason: str) -> None:
        """Note that a column, or a value nested in it, is no attribute."""
        self.left_out.setdefault(column, reason)

    def misfit(self, column: str, reason: str, value: object) -> None:
        """Count a value that does not fit its column."""
        self._misfits.add(repr(column), reason, repr(value)[:80])

    def skip(self, what: str, reason: str, example: str) -> None:
        """Count a row, file or picture that becomes no item although nothing is wrong with it."""
        self._skipped.add(what, reason, example[:80])

    def report(self, of: SourceReport) -> SourceReport:
        """The report of a source, with what was collected here."""
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

    def add(self, what: str, reason: str, example: str) -> None:
        kind = what, reason
        self._counts[kind] += 1
        examples = self._examples.setdefault(kind, [])
        if example and len(examples) < EXAMPLES and example not in examples:
            examples.append(example)

    def omissions(self) -> tuple[Omission, ...]:
        return tuple(
            Omission(what, reason, count, tuple(self._examples[what, reason]))
            for (what, reason), count in self._counts.most_common()
        )
