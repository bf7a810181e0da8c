"""Changes attributes of existing items without their pictures."""

from __future__ import annotations

from collections.abc import Mapping

from sosie.errors import UpdateConflict
from sosie.indexing.attributes import AttributeSchema, attribute_types
from sosie.indexing.writing import learn_types
from sosie.stores.base import Store
from sosie.types import Attributes, AttributeValue

Changes = Mapping[str, Mapping[str, AttributeValue | None]]
"""Attributes to set, by item_id. None removes an attribute; attributes that are not named stay."""


def update_attributes(store: Store, changes: Changes) -> int:
    """Changes all existing items or none; returns their number. ``SourceError`` for a value that does not fit.

    Changes that another process makes to the same items at the same time are kept.
    """
    while True:
        schema = AttributeSchema(store.manifest.attributes)
        before = {record.item_id: record.attributes for record in store.get(list(changes))}
        changed = {item_id: schema.admit(_merged(old, changes[item_id])) for item_id, old in before.items()}
        if not changed:
            return 0
        learn_types(store, attribute_types(changed.values()))
        try:
            return store.update(changed, before)
        except UpdateConflict:
            continue


def _merged(attributes: Attributes, changes: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue]:
    merged = {**attributes, **changes}
    return {name: value for name, value in merged.items() if value is not None}
