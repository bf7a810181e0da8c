"""Every shell and Python block of every page runs, in order, and prints what the page shows."""

import contextlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.documents import Block, Demo, Reader, agrees, blocks_of

ROOT = Path(__file__).parents[2]
PAGES = {path.name: path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
FROM_EMPTY = ("README.md", "quickstart.md")
"""Pages that begin in an empty folder; all others go on from the end of the quickstart."""

NOT_RUN = 13
"""How many blocks say that the tests do not run them. Raise it only for what no test can have."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """What `sosie demo` leaves and prints, drawn where every page is read: a store keeps the paths of pictures."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "page").mkdir()
    printed = Reader(folder / "page", {}).run(Block("sh", "sosie demo", None, 0))
    (folder / "page").rename(folder / "kept")
    return Demo(folder / "kept" / "sosie-demo", printed)


@pytest.fixture
def reader(page: str, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.delenv("SOSIE_STORE", raising=False)
    scripts = Path(sys.executable).parent
    environment = {"PATH": f"{scripts}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(tmp_path)}
    folder = demo.folder.parents[1] / "page"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if page in FROM_EMPTY:
        reader = Reader(folder, environment, demo)
    else:
        shutil.copytree(demo.folder, folder / "sosie-demo")
        reader = Reader(folder / "sosie-demo", {**environment, "SOSIE_STORE": "demo.sosie"}, demo)
    yield reader
    reader.leave()


@pytest.mark.parametrize("page", list(PAGES))
def test_every_block_runs_and_prints_what_the_page_shows(page: str, reader: Reader) -> None:
    for block in blocks_of(PAGES[page]):
        if block.reason is None:
            output = reader.run(block)
            if block.shown is not None:
                assert agrees(block.shown, output), f"{page}:{block.line} prints\n{output}"


def test_the_notebook_runs_and_prints_what_it_shows(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = json.loads((ROOT / "examples" / "search.ipynb").read_text(encoding="utf-8"))["cells"]
    monkeypatch.chdir(shutil.copytree(demo.folder, tmp_path / "sosie-demo"))
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
            shown = "".join(text for output in cell["outputs"] for text in output["text"])
            assert agrees(shown, printed.getvalue()), f"{cell['id']} prints\n{printed.getvalue()}"


def test_blocks_that_are_not_run_say_why_and_are_counted() -> None:
    reasons = [block.reason for page in PAGES.values() for block in blocks_of(page) if block.reason is not None]
    assert len(reasons) == NOT_RUN
    assert all(len(reason.split()) > 1 for reason in reasons)


def test_commands_stand_in_blocks_that_are_run() -> None:
    for name, page in PAGES.items():
        outside = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        assert not re.findall(r"^ {4}(?:sosie|curl|docker|pip|export) .*", outside, re.M), name
        assert not re.findall(r"^```(?:bash|shell|console|py)$", page.read_text(encoding="utf-8"), re.M), name


@pytest.mark.parametrize(
    ("shown", "output", "agreed"),
    [
        ("1 0.848 Tea", "1   0.851  Tea\n", True),
        ("1 0.848 Tea", "1 0.748 Tea", False),
        ("1 …", "1 0.748 Tea", True),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…", "a", True),
        ("a\n…\nd", "a\nb\nc", False),
        ("wrote … items", "wrote 12 rows", False),
    ],
)
def test_an_ellipsis_stands_for_any_text_and_a_line_of_it_for_any_lines(shown: str, output: str, agreed: bool) -> None:
    assert agrees(shown, output) is agreed
