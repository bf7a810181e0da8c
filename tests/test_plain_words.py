"""Names say type or role, prose is plain, and spelling is American: ``scripts/count_words.py`` has the rule."""

import re
import runpy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
WORDS: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "count_words.py"))
FILES: list[Path] = WORDS["python_files"]()
ROOM_OF: Callable[[Path], str] = WORDS["room_of"]
FINDINGS: Callable[[Path], Iterable[Any]] = WORDS["findings"]
FORMER_NAMES = frozenset(
    {("src/sosie/searching/identify.py", "neighbours"), ("src/sosie/server/schemas.py", "neighbours")}
)
"""Public names with a former spelling that still work."""


@pytest.mark.parametrize("room", sorted(set(map(ROOM_OF, FILES))))
def test_names_and_prose_are_plain(room: str) -> None:
    paths = {path.relative_to(ROOT).as_posix(): path for path in FILES if ROOM_OF(path) == room}
    words = [
        f"{name}:{finding.line}: {finding.kind} {finding.word!r}"
        for name, path in paths.items()
        for finding in FINDINGS(path)
        if (name, finding.word) not in FORMER_NAMES
    ]
    assert not words, "name type or role, use plain words and American spelling:\n" + "\n".join(words)


PAGE = ROOT / "web" / "src"


@pytest.mark.parametrize("path", sorted(PAGE.rglob("*.*")), ids=lambda path: path.name)
def test_the_page_is_plain(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    words = re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", text).lower())
    vague = sorted({word for word in words if WORDS["VAGUE_PROSE"].fullmatch(word)})
    assert not [*vague, *WORDS["BRITISH"].findall(text)]


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
CODE = re.compile(r"^```.*?^```|^    .*?$|`[^`]*`", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", sorted(PAGES), ids=lambda path: path.name)
def test_pages_have_american_spelling(path: Path) -> None:
    assert WORDS["BRITISH"].findall(CODE.sub("", path.read_text(encoding="utf-8"))) == []
