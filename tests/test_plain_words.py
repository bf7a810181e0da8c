"""Names say type or role, prose is plain, and spelling is American: ``scripts/count_words.py`` has the rule."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

WORDS: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[1] / "scripts" / "count_words.py"))
ROOMS = sorted({WORDS["room_of"](path) for path in WORDS["PACKAGE"].rglob("*.py")})
FORMER_NAMES = frozenset({("searching/identify.py", "neighbours"), ("server/schemas.py", "neighbours")})
"""Public names with a former spelling that still work."""


@pytest.mark.parametrize("room", ROOMS)
def test_names_and_prose_are_plain(room: str) -> None:
    package: Path = WORDS["PACKAGE"]
    paths = sorted((package / room).rglob("*.py")) if (package / room).is_dir() else [package / room]
    words = [
        f"{finding.path.relative_to(package)}:{finding.line}: {finding.kind} {finding.word!r}"
        for path in paths
        for finding in WORDS["findings"](path)
        if (path.relative_to(package).as_posix(), finding.word) not in FORMER_NAMES
    ]
    assert not words, "name type or role, use plain words and American spelling:\n" + "\n".join(words)


PAGE = Path(__file__).parents[1] / "web" / "src"


@pytest.mark.parametrize("path", sorted(PAGE.rglob("*.*")), ids=lambda path: path.name)
def test_the_page_is_plain(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    words = re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", text).lower())
    vague = sorted({word for word in words if WORDS["VAGUE_PROSE"].fullmatch(word)})
    assert not [*vague, *WORDS["BRITISH"].findall(text)]
