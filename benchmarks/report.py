"""Writes one section of benchmarks/RESULTS.md and leaves the others as they are."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = "# Results\n\nEach section names the command that writes it.\n"


def write_section(heading: str, command: str, body: str, path: Path = RESULTS) -> None:
    """Replace the section ``## heading`` of the file, or append it; ``command`` is what a person runs to repeat it."""
    section = f"## {heading}\n\n    {command}\n\n{body.strip()}\n"
    text = path.read_text(encoding="utf-8") if path.exists() else TITLE
    first, *others = re.split(r"(?m)^(?=## )", text)
    titles = [other.splitlines()[0] for other in others]
    if f"## {heading}" in titles:
        others[titles.index(f"## {heading}")] = section
    else:
        others.append(section)
    path.write_text("\n".join(part.strip() + "\n" for part in [first, *others]), encoding="utf-8")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first column is left-aligned, the others right-aligned."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
