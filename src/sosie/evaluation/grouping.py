"""By which attributes the figures of an evaluation can be broken down."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sosie.errors import FilterError
from sosie.filters import suggestion
from sosie.sources.base import Source
from sosie.sources.streamed import attribute_names_of
from sosie.stores.base import Store
from sosie.types import Item


def refuse_unknown(per: Sequence[str], queries: Source | None, store: Store) -> None:
    """``FilterError`` where no query can have an attribute of ``per``; without queries the store's items ask."""
    if not per:
        return
    names = store.manifest.attributes if queries is None else _attributes_of(queries)
    for name in per:
        if name not in names:
            asked = "the items of the catalogue" if queries is None else f"the queries in {queries}"
            raise FilterError(
                f"figures for each {name!r} were asked for, and {asked} have no attribute of that name; "
                f"{suggestion(name, names)}"
            )


def _attributes_of(source: Source) -> Collection[str]:
    """The attributes of a source; read through where only that tells."""
    known = attribute_names_of(source)
    if known is not None:
        return known
    return {name for entry in source if isinstance(entry, Item) for name in entry.attributes}
