"""Accepts former names of keyword arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def accept_old_names(**new_names: str) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Decorates a function so that it also accepts old keywords; ``new_names`` has the new name of each.

    >>> @accept_old_names(size="length")
    ... def draw(length: int = 1) -> int:
    ...     return length
    >>> draw(size=3)
    3
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(function)
        def renamed(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Result:
            for old, new in new_names.items():
                if old in keywords:
                    if new in keywords:
                        raise TypeError(f"{function.__name__}() got both {new!r} and its former name {old!r}")
                    keywords[new] = keywords.pop(old)
            return function(*arguments, **keywords)

        return renamed

    return decorate
