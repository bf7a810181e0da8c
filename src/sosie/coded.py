"""Items by the code on their package: which attribute of a catalogue holds it, and who has it."""

from __future__ import annotations

from dataclasses import replace

from sosie.codes.gtin import spellings
from sosie.errors import ManifestConflict, UsageError
from sosie.filters import Condition, Where, bind
from sosie.stores.base import Store
from sosie.types import Manifest, Record

CODES = "codes"
"""Name in the manifest's settings of what says which attribute holds a product's code."""


def code_attribute(manifest: Manifest) -> str | None:
    """The attribute that holds the codes of products, None where the catalogue names none."""
    attribute: str | None = manifest.settings.get(CODES, {}).get("attribute")
    return attribute


def name_code_attribute(store: Store, attribute: str) -> None:
    """Let the catalogue say that this attribute holds codes; ``UsageError`` where it has none that could."""
    while (manifest := store.manifest).settings.get(CODES) != {"attribute": attribute}:
        kind = manifest.attributes.get(attribute)
        if kind is None or kind == "boolean":
            fitting = sorted(name for name, held in manifest.attributes.items() if held != "boolean")
            raise UsageError(
                f"no item has an attribute {attribute!r} that could hold codes; the catalogue has "
                f"{', '.join(fitting) or 'no attributes'}. The items are indexed: run it again with another name"
            )
        settings = {**manifest.settings, CODES: {"attribute": attribute}}
        try:
            store.replace_manifest(replace(manifest, settings=settings), expected=manifest)
        except ManifestConflict:
            continue


def codes_of(record: Record, attribute: str) -> tuple[str, ...]:
    """The codes that an item has in an attribute; a number's digits, without zeros before them."""
    value = record.attributes.get(attribute, ())
    if isinstance(value, tuple):
        return value
    text = f"{value:.0f}" if isinstance(value, int | float) else value
    return (text,) if text else ()


def items_with_code(store: Store, code: str, where: Where | None = None) -> list[Record]:
    """The items that pass the bound ``where`` and whose code is this one, in order of their ids.

    EAN, UPC and GTIN are compared as numbers, whatever zeros stand before them; other codes letter by letter. Nothing
    is found where the catalogue names no attribute.
    """
    manifest = store.manifest
    attribute = code_attribute(manifest)
    if attribute is None or attribute not in manifest.attributes:
        return []
    values = spellings(code)
    if manifest.attributes[attribute] == "number":
        values = tuple(value for value in values if value.isdecimal())
    if not values:
        return []
    same = bind(Where((Condition(attribute, "=", values),)), manifest.attributes)
    return list(store.scan(Where((*same.conditions, *(where or Where()).conditions))))
