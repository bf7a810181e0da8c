"""Items by the code on their package: which attribute of a catalogue holds it, and who has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sosie.errors import UsageError
from sosie.sources.base import Source
from sosie.sources.streamed import attribute_names_of
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.types import AttributeType, IndexReport, Manifest, Record

CODES = "codes"
"""Name in the manifest's settings of what says which attribute holds a product's code."""


def read_code_attribute(manifest: Manifest) -> str | None:
    """The attribute that holds the codes of products, None where the catalogue names none."""
    attribute: str | None = manifest.settings.get(CODES, {}).get("attribute")
    return attribute


def refuse_without_codes(attribute: str, source: Source, held: Mapping[str, AttributeType]) -> None:
    """``UsageError`` where neither the source nor the catalogue, with the attributes ``held``, can have codes in it."""
    could = attribute_names_of(source)
    if could is None or attribute in could or held.get(attribute, "boolean") != "boolean":
        return
    raise UsageError(
        f"codes were looked for in the attribute {attribute!r}, and {source} has none of that name; it has "
        f"{', '.join(sorted(could)) or 'no attributes'}: name one of them"
    )


def name_code_attribute(store: Store, attribute: str) -> None:
    """Let the catalogue say that this attribute holds codes; ``UsageError`` where it has none that could."""
    change_manifest(store, lambda now: _with_code_attribute(now, attribute))


def remember_code_attribute(store: Store, attribute: str, report: IndexReport) -> IndexReport:
    """Remember which attribute holds codes; the report of the run, with a note where no item has the attribute."""
    try:
        name_code_attribute(store, attribute)
    except UsageError as refused:
        return replace(report, notes=(*report.notes, str(refused)))
    return report


def _with_code_attribute(manifest: Manifest, attribute: str) -> Manifest:
    kind = manifest.attributes.get(attribute)
    if kind is None or kind == "boolean":
        fitting = sorted(name for name, held in manifest.attributes.items() if held != "boolean")
        raise UsageError(
            f"no item has an attribute {attribute!r} that could hold codes; the catalogue has "
            f"{', '.join(fitting) or 'no attributes'}. The items are indexed: run it again with another name"
        )
    return replace(manifest, settings={**manifest.settings, CODES: {"attribute": attribute}})


def codes_of(record: Record, attribute: str) -> tuple[str, ...]:
    """The codes that an item has in an attribute; a number's digits, without zeros before them."""
    value = record.attributes.get(attribute, ())
    if isinstance(value, tuple):
        return value
    text = f"{value:.0f}" if isinstance(value, int | float) else value
    return (text,) if text else ()
