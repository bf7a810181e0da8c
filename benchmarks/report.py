"""Writes one section of benchmarks/RESULTS.md and leaves the others as they are.

Where the variable SOSIE_RESULTS names a file, sections go there, and charts beside it.
"""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ELSEWHERE = os.environ.get("SOSIE_RESULTS")
RESULTS = Path(ELSEWHERE) if ELSEWHERE else HERE / "RESULTS.md"
IMAGES = RESULTS.parent if ELSEWHERE else HERE.parent / "docs" / "images"
"""The folder of charts."""

TITLE = "# Results\n\nEach section names the command that writes it.\n"
LIBRARIES = ("numpy", "onnxruntime", "opencv-python-headless", "numkong")


def write_section(heading: str, command: str, body: str, path: Path = RESULTS) -> None:
    """Replace the section ``## heading`` of the file, or append it; ``command`` is what a person runs to repeat it.

    The section ends with the date, the versions and the machine.
    """
    section = f"## {heading}\n\n    {command}\n\n{body.strip()}\n\n*{circumstances()}*\n"
    text = path.read_text(encoding="utf-8") if path.exists() else TITLE
    first, *sections = re.split(r"(?m)^(?=## )", text)
    titles = [text.splitlines()[0] for text in sections]
    if f"## {heading}" in titles:
        sections[titles.index(f"## {heading}")] = section
    else:
        sections.append(section)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(part.strip() + "\n" for part in [first, *sections]), encoding="utf-8")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first column is left-aligned, the others right-aligned."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def circumstances() -> str:
    """When, with which versions and on which machine a figure was measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {commit()}, Python {platform.python_version()}, {libraries}; "
        f"{os.cpu_count()} cores, {_processor()}, load {load:.1f} at the end."
    )


def commit(folder: Path = HERE) -> str:
    """The commit of a checkout, ``-dirty`` where files other than the results were changed since."""
    here = ["git", "-C", str(folder)]
    described = _output([*here, "describe", "--always"])
    parts = [":/src", ":/benchmarks"]
    changed = _output([*here, "status", "--porcelain", "--untracked-files=no", "--", *parts]).splitlines()
    return (
        f"{described}{'-dirty' * any(not line.endswith(RESULTS.name) for line in changed)}"
        if described
        else "no commit"
    )


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _processor() -> str:
    """The processor's name, as the system gives it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
