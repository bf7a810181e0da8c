"""Properties that are computed on first use, for several instances at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801
    """Like ``functools.cached_property``, which in Python 3.11 computes the property of one instance at a time."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> T:
        if instance is None:
            raise AttributeError(f"{self._name} belongs to an instance")
        value: T = self._compute(instance)
        instance.__dict__[self._name] = value
        return value
