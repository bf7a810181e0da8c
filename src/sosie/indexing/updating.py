"""Attributes of items that are there are changed, and their pictures left alone."""

from __future__ import annotations

from collections.abc import Mapping

from sosie.indexing.attributes import AttributeSchema, attribute_types
from sosie.indexing.writing import learn_types
from sosie.stores.base import Store
from sosie.types import Attributes, AttributeValue

Changes = Mapping[str, Mapping[str, AttributeValue | None]]
"""By item_id the attributes to set; None removes one, and what is not named stays."""


def update_attributes(store: Store, changes: Changes) -> int:
    """Change the items that exist, all or none; how many did. ``SourceError`` for a value that does not fit."""
    schema = AttributeSchema(store.manifest.attributes)
    changed = {
        record.item_id: schema.admit(_merged(record.attributes, changes[record.item_id]))
        for record in store.get(list(changes))
    }
    if changed:
        learn_types(store, attribute_types(changed.values()))
    return store.update(changed) if changed else 0


def _merged(attributes: Attributes, changes: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue]:
    merged = {**attributes, **changes}
    return {name: value for name, value in merged.items() if value is not None}
