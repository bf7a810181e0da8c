import ast
import re
from pathlib import Path

import pytest

from sosie.support.wording import amount


@pytest.mark.parametrize(
    ("number", "thing", "text"),
    [
        (0, "item", "0 items"),
        (1, "item", "1 item"),
        (2, "item", "2 items"),
        (1, "query", "1 query"),
        (12_345, "query", "12,345 queries"),
    ],
)
def test_the_noun_is_singular_for_one_and_plural_otherwise(number: int, thing: str, text: str) -> None:
    assert amount(number, thing) == text


SOURCES = sorted((Path(__file__).parents[1] / "src" / "sosie").rglob("*.py"))
NAMES = re.compile(r"(?:[A-Z]{2,}|Elasticsearch|X-Robots-Tag|Click|Keras|Parquet)")
"""How a message may begin although the letter is large: an abbreviation or a name."""


def literal_ends(node: ast.expr) -> tuple[str, str]:
    """The literal text with which a string of the source begins and ends; empty where a value stands there."""
    parts: list[ast.expr] = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "" for part in parts]
    return (texts[0], texts[-1]) if texts else ("", "")


def raised_messages() -> list[tuple[str, str, str]]:
    """Where each message of an exception stands, and how it begins and ends."""
    return [
        (f"{path.name}:{raised.lineno}", *literal_ends(argument))
        for path in SOURCES
        for raised in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(raised, ast.Call) and re.search(r"(?:Error|Image|Usage|Done|Picture)$", ast.unparse(raised.func))
        for argument in raised.args[:1]
    ]


def test_messages_begin_in_lower_case_and_end_without_a_full_stop() -> None:
    messages = raised_messages()
    assert len(messages) > 200
    upper = [(place, start) for place, start, _ in messages if start[:1].isupper() and not NAMES.match(start)]
    stopped = [(place, end) for place, _, end in messages if re.search(r"[^.…]\.$", end)]
    assert (upper, stopped) == ([], [])
