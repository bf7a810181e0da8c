"""Parses the text of a filter (``where``).

A text that is a single comparison may have anything in its value: ``brand=Rock and Roll`` compares with three words.
The words ``and``, ``or``, ``not`` and ``has`` are operators in two cases: a comparison follows ``and`` or ``or``, or
the text begins with ``not``, ``has`` or a parenthesis around comparisons.
"""

from __future__ import annotations

import re
from itertools import dropwhile
from typing import Final, NoReturn, cast

from sosie.errors import FilterError
from sosie.filters.tree import QUOTED, AnyOf, Bare, Condition, Expression, Not, Operator, Where, unquote

MOST_NESTED: Final = 20
"""The largest depth of nested parentheses and operators; Elasticsearch refuses a query of more than 30 levels."""

_OPERATOR = r"(?:<=|>=|!=|=|<|>)"
_CONNECTIVE = re.compile(r"\s+(?:and|AND|or|OR)(?=[\s(]|\Z)")
_NOT = r"(?:not|NOT)(?=[\s(])"
_HAS = r"(?:has|HAS)\s+"
_BARE_NAME = rf'[^\s"=!<>](?:(?!{_CONNECTIVE.pattern})[^=!<>])*?'
_BEGIN = rf"\s*(?:{_NOT}\s*|\(\s*)*(?:{_HAS}\S|(?:{QUOTED}|{_BARE_NAME})\s*{_OPERATOR})"
_LEADING = re.compile(rf"\s*(?:{_NOT}|{_HAS}(?:{QUOTED}|{_BARE_NAME})\s*(?:\Z|(?<=\s)(?:and|AND|or|OR)[\s(]))")
_JOINT = re.compile(
    rf"(?P<operator>{_OPERATOR})(?:\s*{QUOTED})?|(?:,|\A)\s*{QUOTED}"
    rf"|(?P<joint>(?:\s|(?<=[)\"]))(?:and|AND|or|OR)(?=[\s(]){_BEGIN})"
)
"""A comparison, quoted text to skip, or an ``and`` or ``or`` that another comparison follows."""
_NAME_IN_PARENTHESES = re.compile(rf'\((?!\s*(?:{_NOT}|{_HAS}))(?:{QUOTED}|[^()"=<>])*\)')
_CONDITION = re.compile(rf'\s*(?P<name>{QUOTED}|[^"=!<>][^=!<>]*?)\s*(?P<operator>{_OPERATOR})(?P<values>.*)', re.S)
_VALUE = re.compile(rf'\s*(?P<value>{QUOTED}|(?!["=<>])[^,]*)\s*(?P<comma>,|\Z)', re.S)
_EXPECTED = (
    "expected NAME=VALUE, with =, !=, <, <=, > or >=, for instance brand=Acme, 'price<20' or type=Shoes,Boots, "
    "or 'has NAME'"
)


def parse(text: str) -> Expression:
    """Parses a text to a tree; ``FilterError`` with the position if it is invalid. Values stay text until ``bind``."""
    return _Reader(text).read_all() if _is_combined(text) else _parse_single(text)


def _is_combined(text: str) -> bool:
    begin = text.lstrip()
    if _LEADING.match(text) or (begin.startswith("(") and not _NAME_IN_PARENTHESES.match(begin)):
        return True
    after_comparison = dropwhile(lambda match: not match["operator"], _JOINT.finditer(text))
    return any(match["joint"] for match in after_comparison)


def _parse_single(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise FilterError(f"cannot read the condition {text!r}: {_EXPECTED}; and, or, not and parentheses combine them")
    return Condition(unquote(match["name"]), cast(Operator, match["operator"]), _single_values(match["values"], text))


def _single_values(text: str, condition: str) -> tuple[str, ...]:
    values: list[str] = []
    position = 0
    while match := _VALUE.match(text, position):
        written = match["value"]
        values.append(unquote(written) if written.startswith('"') else Bare(written.strip()))
        if not match["comma"]:
            return tuple(values)
        position = match.end()
    raise FilterError(
        f"cannot read the values of {condition!r}: the comparisons are =, !=, <, <=, > and >=; put a value that "
        "begins with =, < or > in double quotes; after a quoted value comes a comma, the end of the text, or "
        '"and" or "or" before another comparison'
    )


class _Reader:
    """Reads combined comparisons; ``not`` binds closest, then ``and``, then ``or``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._nested = 0

    def read_all(self) -> Expression:
        expression = self._any_of()
        if self._position < len(self._text):
            self._accept("")
            closes = self._text.startswith(")", self._position)
            self._fail('no "(" belongs to this ")"' if closes else 'expected "and", "or" or the end')
        return expression

    def _any_of(self) -> Expression:
        parts = [self._all_of()]
        while self._accept(r"(?:or|OR)(?=[\s(])"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all_of(self) -> Expression:
        parts = [self._operand()]
        while self._accept(r"(?:and|AND)(?=[\s(])"):
            parts.append(self._operand())
        return parts[0] if len(parts) == 1 else Where(tuple(parts))

    def _operand(self) -> Expression:
        self._nested += 1
        if self._nested > MOST_NESTED:
            self._fail(f"nested more than {MOST_NESTED} deep")
        expression = self._negated() if self._accept(_NOT) else self._group() or self._has() or self._condition()
        self._nested -= 1
        return expression

    def _negated(self) -> Expression:
        return Not(self._operand())

    def _group(self) -> Expression | None:
        self._accept("")
        start = self._position
        if _NAME_IN_PARENTHESES.match(self._text, start) or not self._accept(r"\("):
            return None
        expression = self._any_of()
        if not self._accept(r"\)"):
            if self._position < len(self._text):
                self._fail('expected "and", "or" or ")"')
            self._position = start
            self._fail('this "(" is never closed')
        return expression

    def _has(self) -> Condition | None:
        start = self._position
        if self._accept(_HAS):
            name = self._name()
            if not re.compile(_OPERATOR).match(self._text, self._position):
                return Condition(name, "has")
        self._position = start
        return None

    def _condition(self) -> Condition:
        self._accept("")
        start = self._position
        name = self._name()
        match = re.compile(_OPERATOR).match(self._text, self._position)
        if match is None:
            self._position = start
            self._fail(f"{_EXPECTED}; a value with and, or, or parentheses in it stands in double quotes")
        self._position = match.end()
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        return Condition(name, cast(Operator, match[0]), tuple(values))

    def _name(self) -> str:
        quoted = self._quoted()
        name = self._bare("=!<>") if quoted is None else quoted
        self._accept("")
        if not name and quoted is None:
            self._fail(_EXPECTED)
        return name

    def _value(self) -> str:
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        if re.compile(r'\s*["=<>]').match(self._text, self._position):
            self._fail("put a value that begins with =, < or > in double quotes; close every quote")
        return Bare(self._bare(","))

    def _quoted(self) -> str | None:
        match = re.compile(rf"\s*({QUOTED})\s*", re.S).match(self._text, self._position)
        if match is None:
            return None
        self._position = match.end()
        return unquote(match[1])

    def _bare(self, ends: str) -> str:
        """The text up to one of the characters ``ends``, ``and``, ``or``, or an unmatched closing parenthesis."""
        start, opened = self._position, 0
        while self._position < len(self._text):
            character = self._text[self._position]
            if character in ends or _CONNECTIVE.match(self._text, self._position):
                break
            opened += {"(": 1, ")": -1}.get(character, 0)
            if opened < 0:
                break
            self._position += 1
        return self._text[start : self._position].strip()

    def _accept(self, pattern: str) -> bool:
        """Skips a pattern, after any spaces; returns True if the pattern comes next."""
        match = re.compile(rf"\s*{pattern}").match(self._text, self._position)
        if match:
            self._position = match.end()
        return bool(match)

    def _fail(self, reason: str) -> NoReturn:
        self._accept("")
        rest = self._text[self._position :]
        place = f"at character {self._position + 1}, {rest[:30]!r}" if rest else "at the end"
        raise FilterError(f"cannot read {self._text!r} {place}: {reason}")
