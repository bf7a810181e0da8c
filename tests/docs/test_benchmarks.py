"""benchmarks/README.md names every benchmark, and ``all.py`` runs every one that writes a section."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
ALL: dict[str, Any] = runpy.run_path(str(FOLDER / "all.py"))


def scripts(contains: str) -> set[str]:
    return {path.name for path in FOLDER.glob("*.py") if contains in path.read_text("utf-8")} - {"all.py", "report.py"}


def test_the_readme_names_every_script() -> None:
    named = set(re.findall(r"`(\w+\.py)", (FOLDER / "README.md").read_text("utf-8")))
    assert scripts('__name__ == "__main__"') == named


def test_every_script_that_writes_a_section_is_run() -> None:
    run = {benchmark.script for benchmark in ALL["BENCHMARKS"]}
    assert scripts("write_section(") <= run
    assert run - {"engines"} <= scripts('__name__ == "__main__"')


def test_names_stand_for_folders() -> None:
    pictures = [Path("a"), Path("b")]
    words = ALL["command"]("scale.py", "--pictures PICTURES --folder MILLION MODELS/net.onnx --items 5", pictures)
    assert words[1:] == [
        str(FOLDER / "scale.py"), "--pictures", "a", "b", "--folder", str(ALL["KEPT"] / "million"),
        f"{ALL['MODELS']}/net.onnx", "--items", "5",
    ]  # fmt: skip
    assert ALL["command"]("engines", "", [])[1:] == ["-m", "engines"]


def test_charts_place_values_between_the_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    chart: dict[str, Any] = runpy.run_path(str(FOLDER / "chart.py"))
    sizes = chart["Axis"]("items", chart["powers_of_ten"]([1000.0, 90_000.0]), logarithmic=True)
    assert sizes.marks == [1000.0, 10_000.0, 100_000.0]
    assert [sizes.share(value) for value in (1000, 10_000, 100_000)] == [0.0, 0.5, 1.0]
    assert chart["Axis"]("recall", [0.8, 1.0]).share(0.9) == pytest.approx(0.5)
    drawn = chart["chart"]({"a": [(1000.0, 0.8), (100_000.0, 1.0)]}, sizes, chart["Axis"]("recall", [0.8, 1.0]))
    assert f'points="{chart["LEFT"]:.1f},370.0 {chart["WIDTH"] - chart["RIGHT"]:.1f},20.0"' in drawn
