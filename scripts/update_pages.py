"""Runs every block of the pages and brings the numbers in their shown outputs up to date; what else differs is printed.

    PYTHONPATH=src python scripts/update_pages.py [PAGE ...]

For a change that moves scores and probabilities everywhere, such as another default network or calibration. An output
of which more than numbers has changed is left as it is: mend it by hand, or find out why.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from support.documents import Block, Demo, Reader, agrees, blocks_of  # noqa: E402

NUMBER = re.compile(r"-?\d+\.\d+|\d+(?=%)")
FROM_EMPTY = ("README.md", "quickstart.md")
PAGES = {path.name: path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}


def main() -> None:
    os.environ.pop("SOSIE_STORE", None)
    with tempfile.TemporaryDirectory() as folder:
        demo = drawn_demo(Path(folder))
        for name in sys.argv[1:] or PAGES:
            update(PAGES[name], demo, Path(folder))
            os.chdir(ROOT)


def drawn_demo(folder: Path) -> Demo:
    (folder / "page").mkdir()
    printed = Reader(folder / "page", {}).run(Block("sh", "sosie demo", None, 0))
    (folder / "page").rename(folder / "kept")
    return Demo(folder / "kept" / "sosie-demo", printed)


def update(page: Path, demo: Demo, folder: Path) -> None:
    reader, text = reader_of(page, demo, folder), page.read_text(encoding="utf-8")
    try:
        for block in blocks_of(page):
            if block.reason is None:
                text = with_output(text, page, block, reader.run(block))
    except AssertionError as error:
        print(f"{page.name}: a block fails, those after it were not run: {error}")
    finally:
        reader.leave()
    page.write_text(text, encoding="utf-8")


def reader_of(page: Path, demo: Demo, folder: Path) -> Reader:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(folder)}
    shutil.rmtree(folder / "page", ignore_errors=True)
    (folder / "page").mkdir()
    if page.name in FROM_EMPTY:
        return Reader(folder / "page", environment, demo)
    shutil.copytree(demo.folder, folder / "page" / "sosie-demo")
    return Reader(folder / "page" / "sosie-demo", {**environment, "SOSIE_STORE": "demo.sosie"}, demo)


def with_output(text: str, page: Path, block: Block, output: str) -> str:
    """The page's text with the numbers of this output in the block that shows it."""
    shown = block.shown
    if shown is None or agrees(shown, output):
        return text
    new = renumbered(shown, output)
    if new is None or text.count(shown) != 1:
        print(f"{page.name}:{block.line} shows\n{shown}\nand prints\n{output}")
        return text
    print(f"{page.name}:{block.line} has new numbers")
    return text.replace(shown, new)


def renumbered(shown: str, output: str) -> str | None:
    """What is shown with the numbers of the output; None where more than numbers differs."""
    pattern = "".join(map(line_pattern, shown.strip().splitlines()))
    match = re.fullmatch(pattern, "".join(f"{' '.join(line.split())}\n" for line in output.strip().splitlines()))
    if match is None:
        return None
    numbers = iter(match.groups())
    return NUMBER.sub(lambda _: next(numbers), shown)


def line_pattern(line: str) -> str:
    words = " ".join(line.split())
    if words == "…":
        return r"(?:.*\n)*?"
    parts = [re.escape(part).replace("…", ".*") for part in NUMBER.split(words)]
    return r"(-?\d+(?:\.\d+)?)".join(parts) + r"\n"


if __name__ == "__main__":
    main()
