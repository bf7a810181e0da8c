"""Which type each attribute of a catalogue has, and how a value is brought to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from sosie.errors import SourceError
from sosie.types import RECORD_FIELDS, Attributes, AttributeType, AttributeValue, attribute_type

_BOOLEANS = {"true": True, "false": False}


class AttributeSchema:
    """The types seen so far: an attribute keeps the type of the first value that ever came."""

    def __init__(self, types: Mapping[str, AttributeType]) -> None:
        self._types = dict(types)

    def admit(self, attributes: Attributes) -> dict[str, AttributeValue]:
        """The attributes in the catalogue's types, new names learned; ``SourceError`` for one that does not fit.

        A number given for text, or text that reads as the number, truth value or single list entry that is kept,
        is brought to the type that is kept; nothing else is.
        """
        admitted = {name: self._coerce(name, value) for name, value in attributes.items()}
        for name, value in admitted.items():
            self._types.setdefault(name, attribute_type(value))
        return admitted

    def _coerce(self, name: str, value: AttributeValue) -> AttributeValue:
        if not name or name in RECORD_FIELDS:
            raise SourceError(f"an attribute cannot be called {name!r}: that name is the catalogue's own; rename it")
        if isinstance(value, float) and not math.isfinite(value):
            raise SourceError(f"attribute {name!r} is {value}: expected a finite number; leave it out instead")
        kept = self._types.get(name)
        if kept is None or attribute_type(value) == kept:
            return value
        fitting = _brought_to(kept, value)
        if fitting is None:
            raise SourceError(
                f"attribute {name!r} holds {kept} in this catalogue, got {attribute_type(value)} {value!r}; "
                "correct the value, or rename the column"
            )
        return fitting


def attribute_types(values: Iterable[Attributes]) -> dict[str, AttributeType]:
    """The type of every attribute that occurs."""
    return {name: attribute_type(value) for attributes in values for name, value in attributes.items()}


def _brought_to(kept: AttributeType, value: AttributeValue) -> AttributeValue | None:
    if kept == "strings" and isinstance(value, str):
        return (value,)
    if kept == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kept == "boolean" and isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower())
    if kept == "number" and isinstance(value, str):
        return _number(value)
    return None


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else None
    return None
