"""Index a folder of hard pictures and print a table of every file: what it is on the disk, and what became of it.

    .venv/bin/python scripts/hard_images.py [FOLDER]

What is right for each file (size, turn, colors, reason) is asserted in tests/images/test_hard_images.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

import sosie
from sosie.images.decode import decode
from sosie.sources.pictures.folder import FolderSource
from sosie.types import Item, Rejection

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "hard_images"


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    taken = {entry.item_id: entry for entry in FolderSource(folder)}
    rejected: dict[str, Rejection] = {}
    with sosie.open("memory:") as catalog:
        catalog.index(folder, on_rejection=lambda rejection: rejected.update({rejection.item_id: rejection}))
        held = {name for name in taken if name not in rejected and catalog.get(name)}
    print("| file | on the disk | upright | what became of it |\n| --- | --- | --- | --- |")
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        became = "indexed" if name in held else _why_not(taken.get(name), rejected.get(name))
        print(f"| {name} | {_on_disk(path)} | {_upright(path) if name in held else '–'} | {became} |")


def _why_not(entry: Item | Rejection | None, rejection: Rejection | None) -> str:
    if entry is None:
        return "passed over: no picture by its ending"
    return f"rejected, {rejection.stage}: {rejection.reason}" if rejection else "LOST"


def _on_disk(path: Path) -> str:
    try:
        with Image.open(path) as picture:
            return f"{picture.format} {picture.mode} {picture.width} × {picture.height}"
    except OSError:
        return "nothing that Pillow opens"


def _upright(path: Path) -> str:
    picture = decode(path.read_bytes())
    return f"{picture.width} × {picture.height}"


if __name__ == "__main__":
    main()
