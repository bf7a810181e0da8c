"""Changes the type of an attribute of a catalog, and converts its values."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from sosie.errors import SourceError, UpdateConflict, UsageError
from sosie.indexing.attributes import attribute_types
from sosie.indexing.writing import learn_types
from sosie.roles import roles_of
from sosie.sources.report import EXAMPLES
from sosie.sources.tables.lists import ListSurvey
from sosie.sources.tables.typing import KINDS, OF_ATTRIBUTE, ColumnSurvey, ColumnType, Kind
from sosie.sources.values import to_attribute
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.types import JSON, Attributes, AttributeType, AttributeValue, Manifest, attribute_type

BATCH = 500
_TYPES: dict[Kind, AttributeType] = {kind: type_ for type_, kind in OF_ATTRIBUTE.items()}


@dataclass(frozen=True, slots=True)
class RetypeReport:
    """The result of a change of type: ``changed`` items have a converted value, ``lost`` items have lost their value.

    ``examples`` are lost values. ``forgotten`` are unused attributes that the catalog no longer lists.
    """

    attribute: str
    before: AttributeType
    after: AttributeType
    changed: int = 0
    unchanged: int = 0
    lost: int = 0
    examples: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON."""
        return asdict(self)


def retype_attribute(store: Store, attribute: str, kind: str, dry_run: bool = False) -> RetypeReport:
    """Converts an attribute to ``kind``: text, number, boolean or list; ``UsageError`` for another kind or attribute.

    The notation of numbers is decided for all values together. A value that does not fit is lost. An interrupted run
    can be repeated, and then continues.
    """
    before = store.manifest.attributes
    if attribute not in before:
        raise UsageError(_unknown(attribute, before))
    if kind not in KINDS:
        raise UsageError(f"unknown type {kind!r} for attribute {attribute!r}: expected {', '.join(KINDS)}")
    after = _TYPES[kind]
    store.flush()
    change = _Change(attribute, after, _column_type(store, attribute, kind), _currency_of(before))
    if not dry_run:
        change_manifest(store, lambda now: replace(now, attributes={**now.attributes, attribute: after}))
    for batch in _batches(store):
        changed = {item_id: new for item_id, old in batch.items() if (new := change.apply(old)) is not None}
        if changed and not dry_run:
            _write(store, changed, batch, change)
    forgotten = () if dry_run else forget_unused(store, [attribute])
    return RetypeReport(
        attribute, before[attribute], after, change.changed, change.unchanged, change.lost, tuple(change.examples),
        forgotten,
    )  # fmt: skip


def forget_unused(store: Store, attributes: Collection[str]) -> tuple[str, ...]:
    """Removes from the manifest those ``attributes`` that no item has. They can then get another type."""
    held = [name for name in attributes if name in store.manifest.attributes]
    store.flush()
    unused = tuple(facet.attribute for facet in store.facets(held, limit=1) if not facet.distinct) if held else ()
    if unused:
        change_manifest(store, lambda now: _without(now, unused))
    return unused


class _Change:
    """Converts the values of one attribute to a type, and counts the results."""

    def __init__(self, attribute: str, after: AttributeType, column: ColumnType, currency_in: str | None) -> None:
        self.changed = self.unchanged = self.lost = 0
        self.examples: list[str] = []
        self._attribute = attribute
        self._after = after
        self._column = column
        self._currency_in = currency_in

    def uncounted(self) -> _Change:
        """The same change, with its own counts from zero."""
        return _Change(self._attribute, self._after, self._column, self._currency_in)

    def apply(self, attributes: Attributes) -> dict[str, AttributeValue] | None:
        """The attributes of an item with the converted value, or without it; None if nothing changes."""
        value = attributes.get(self._attribute)
        if value is None or attribute_type(value) == self._after:
            self.unchanged += value is not None
            return None
        rest = {name: other for name, other in attributes.items() if name != self._attribute}
        try:
            new, currency = self._read(value)
        except SourceError:
            new, currency = None, ""
        if new is None:
            self._lose(value)
            return rest
        self.changed += 1
        if currency and self._currency_in:
            rest.setdefault(self._currency_in, currency)
        return {**rest, self._attribute: new}

    def _read(self, value: AttributeValue) -> tuple[AttributeValue | None, str]:
        text = _as_text(value)
        if self._after == "number":
            number, currency = self._column.read_with_currency(text)
            return to_attribute(number), currency
        read = self._column.read(text)
        return (read,) if self._after == "strings" and isinstance(read, str) else to_attribute(read), ""

    def _lose(self, value: AttributeValue) -> None:
        self.lost += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(_as_text(value)[:80])


def _column_type(store: Store, attribute: str, kind: Kind) -> ColumnType:
    lists = ListSurvey(tags=True, comma_parts_paths=True) if kind == "list" else None
    survey = ColumnSurvey(attribute, is_price=True, lists=lists)
    for record in store.scan():
        if (value := record.attributes.get(attribute)) is not None:
            survey.add(_as_text(value))
    if kind == "number":
        return survey.as_number()
    return survey.as_list() if kind == "list" else ColumnType(kind)


def _as_text(value: AttributeValue) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _currency_of(held: Mapping[str, AttributeType]) -> str | None:
    """The attribute that receives the currency found in a number's text; None if that attribute is not text."""
    name = roles_of(held).get("currency", "currency")
    return name if held.get(name, "string") == "string" else None


def _batches(store: Store) -> Iterator[dict[str, Attributes]]:
    records = ((record.item_id, record.attributes) for record in store.scan())
    while batch := dict(itertools.islice(records, BATCH)):
        yield batch


def _write(store: Store, changed: Mapping[str, Attributes], before: Mapping[str, Attributes], change: _Change) -> None:
    """Writes a batch. Items that another process changed meanwhile are read and converted again."""
    learn_types(store, attribute_types(changed.values()))
    try:
        store.update(changed, {item_id: before[item_id] for item_id in changed})
    except UpdateConflict:
        again = {record.item_id: record.attributes for record in store.get(list(changed))}
        uncounted = change.uncounted()
        _write(store, {i: new for i, old in again.items() if (new := uncounted.apply(old)) is not None}, again, change)


def _without(manifest: Manifest, names: Collection[str]) -> Manifest:
    kept = {name: kind for name, kind in manifest.attributes.items() if name not in names}
    return replace(manifest, attributes=kept)


def _unknown(attribute: str, held: Collection[str]) -> str:
    near = difflib.get_close_matches(attribute, held, n=3)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"the catalog has no attribute {attribute!r}, only {', '.join(sorted(held)) or 'none at all'}{hint}"
