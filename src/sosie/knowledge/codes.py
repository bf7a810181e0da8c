"""The attribute of a catalog that holds product codes."""

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
"""Key of the manifest's settings: the attribute with product codes."""


def read_code_attribute(manifest: Manifest) -> str | None:
    """The attribute with product codes; None if the catalog has none."""
    attribute: str | None = manifest.settings.get(CODES, {}).get("attribute")
    return attribute


def refuse_without_codes(attribute: str, source: Source, held: Mapping[str, AttributeType]) -> None:
    """Raises ``UsageError`` if neither the source nor the catalog (``held``) can have codes in ``attribute``."""
    could = attribute_names_of(source)
    if could is None or attribute in could or held.get(attribute, "boolean") != "boolean":
        return
    raise UsageError(
        f"the code attribute {attribute!r} is missing in {source}; it has "
        f"{', '.join(sorted(could)) or 'no attributes'}: choose one of its attributes"
    )


def name_code_attribute(store: Store, attribute: str) -> None:
    """Sets the code attribute of the catalog; ``UsageError`` if the attribute cannot hold codes."""
    change_manifest(store, lambda now: _with_code_attribute(now, attribute))


def remember_code_attribute(store: Store, attribute: str, report: IndexReport) -> IndexReport:
    """Sets the code attribute. Returns the report of the run, with a note if no item has the attribute."""
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
            f"no item has an attribute {attribute!r} that could hold codes; the catalog has "
            f"{', '.join(fitting) or 'no attributes'}; the items are indexed: run this again with another name"
        )
    return replace(manifest, settings={**manifest.settings, CODES: {"attribute": attribute}})


def codes_of(record: Record, attribute: str) -> tuple[str, ...]:
    """The codes of an item in an attribute. A number gives its digits without leading zeros."""
    value = record.attributes.get(attribute, ())
    if isinstance(value, tuple):
        return value
    text = f"{value:.0f}" if isinstance(value, int | float) else value
    return (text,) if text else ()
