"""Counts vague words and British spellings in names, docstrings and comments.

A name such as ``found`` says neither type nor role; prose such as ``is told`` says less than "is reported". The test
``tests/test_plain_words.py`` keeps every room, the benchmarks and the scripts at zero.
"""

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "sosie"
FOLDERS = (PACKAGE, ROOT / "benchmarks", ROOT / "scripts")
VAGUE_NAMES = frozenset((
    "one", "found", "known", "told", "asked", "others", "came", "surer", "seat", "seats", "turn", "turns", "tell",
    "ask", "who", "whose", "somebody", "nobody",
))  # fmt: skip
"""Names that say neither type nor role, alone or between underscores at either end."""
VAGUE_PARTS = frozenset(["told", "asked", "came", "surer", "seat", "seats", "somebody", "nobody", "whose"])
"""Words that no name may contain."""
VAGUE_PROSE = re.compile(r"\b(?:told|tells?|asked|asks|surer|seats?|nobody|somebody)\b", re.IGNORECASE)
BRITISH = re.compile(
    r"catalogue|colour|(?<![a-z])grey|centre|centring|labell|neighbour|behaviour|favour|honour|judgement"
    r"|(?:normal|recogn|standard|initial|serial|summar|organ|quant|random|optim|general)is(?:e[ds]?|ing|ation)(?![a-z])",
    re.IGNORECASE,
)


class Finding(NamedTuple):
    """A word in a file, and whether it is part of a name, of prose, or spelled otherwise."""

    path: Path
    line: int
    kind: str
    word: str


def room_of(path: Path) -> str:
    """The first folder or file name below the package; ``benchmarks`` or ``scripts`` for files there."""
    return path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).parts[0]


def python_files() -> list[Path]:
    """All files that the rule is about."""
    return sorted(path for folder in FOLDERS for path in folder.rglob("*.py"))


def findings(path: Path) -> Iterator[Finding]:
    """Every word of a file that the rule forbids."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for line, name in _bound_names(tree):
        parts = name.lower().strip("_").split("_")
        if "_".join(parts) in VAGUE_NAMES or VAGUE_PARTS.intersection(parts):
            yield Finding(path, line, "name", name)
        if BRITISH.search(name):
            yield Finding(path, line, "spelling", name)
    for line, quoted in (*_docstrings(tree), *_comments(text)):
        prose = _without_code(quoted)
        yield from (Finding(path, line, "prose", match[0]) for match in VAGUE_PROSE.finditer(prose))
        yield from (Finding(path, line, "spelling", match[0]) for match in BRITISH.finditer(prose))


def _bound_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def _docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Strings that stand alone: docstrings, and the texts below constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _without_code(prose: str) -> str:
    """The text without quoted code, such as the name of an old option."""
    return re.sub(r"``[^`]*``|`[^`]*`", "", prose)


def main() -> None:
    """Print the counts of each room, and every finding with ``--list``."""
    counts: dict[str, Counter[str]] = {}
    for path in python_files():
        for finding in findings(path):
            counts.setdefault(room_of(path), Counter())[finding.kind] += 1
            if "--list" in sys.argv:
                print(f"{path.relative_to(ROOT)}:{finding.line}: {finding.kind} {finding.word}")
    kinds = ("name", "prose", "spelling")
    print(f"{'room':16}" + "".join(f"{kind:>10}" for kind in kinds))
    for room, count in counts.items():
        print(f"{room:16}" + "".join(f"{count[kind]:10}" for kind in kinds))
    print(f"{'all':16}" + "".join(f"{sum(count[kind] for count in counts.values()):10}" for kind in kinds))


if __name__ == "__main__":
    main()
