"""Determines the types of a catalog's attributes, and converts values to them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from sosie.errors import SourceError
from sosie.sources.report import Journal
from sosie.types import RECORD_FIELDS, Attributes, AttributeType, AttributeValue, attribute_type

_BOOLEANS = {"true": True, "false": False}


class AttributeSchema:
    """The types of all attributes so far. The first value of an attribute determines its type."""

    def __init__(self, types: Mapping[str, AttributeType]) -> None:
        self._types = dict(types)

    def admit(self, attributes: Attributes, misfits: Journal | None = None) -> dict[str, AttributeValue]:
        """Converts attributes to the catalog's types, and adds new ones. ``SourceError`` for a value that does not fit.

        For a text attribute, a number becomes text. If the type requires it, text becomes a number, a boolean or a list
        of one entry. Nothing else is converted. With ``misfits``, a value that does not fit is left out and counted
        there.
        """
        admitted = dict(self._fitting(attributes, misfits))
        for name, value in admitted.items():
            self._types.setdefault(name, attribute_type(value))
        return admitted

    def _fitting(self, attributes: Attributes, misfits: Journal | None) -> Iterator[tuple[str, AttributeValue]]:
        for name, value in attributes.items():
            try:
                yield name, self._coerce(name, value)
            except SourceError as error:
                if misfits is None:
                    raise
                misfits.misfit(name, _in_short(error, self._types.get(name)), value)

    def _coerce(self, name: str, value: AttributeValue) -> AttributeValue:
        if not name or name in RECORD_FIELDS:
            raise SourceError(
                f"an attribute cannot be called {name!r}, which is a reserved name of the catalog; rename it"
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise SourceError(f"attribute {name!r} is {value}: expected a finite number; leave it out instead")
        kept = self._types.get(name)
        if kept is None or attribute_type(value) == kept:
            return value
        fitting = _converted(kept, value)
        if fitting is None:
            raise SourceError(
                f"attribute {name!r} holds {kept} in this catalog, got {attribute_type(value)} {value!r}; "
                "correct the value, or rename the column"
            )
        return fitting


def _in_short(error: SourceError, kept: AttributeType | None) -> str:
    return f"the catalog keeps {kept} in it" if kept else str(error)


def attribute_types(values: Iterable[Attributes]) -> dict[str, AttributeType]:
    """The type of every attribute in ``values``."""
    return {name: attribute_type(value) for attributes in values for name, value in attributes.items()}


def _converted(kept: AttributeType, value: AttributeValue) -> AttributeValue | None:
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
