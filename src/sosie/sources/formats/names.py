"""Makes column names distinct."""

from __future__ import annotations

from collections.abc import Iterable


def distinct_names(header: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a header, repeated names with a number (``tag_2``), and a note on each repeated name."""
    names: list[str] = []
    notes: list[str] = []
    taken: set[str] = set()
    for name in header:
        distinct, number = name, 1
        while distinct and distinct in taken:
            number += 1
            distinct = f"{name}_{number}"
        if distinct != name:
            notes.append(f"two columns are called {name!r}; the later one is read as {distinct!r}")
        taken.add(distinct)
        names.append(distinct)
    return tuple(names), tuple(notes)
