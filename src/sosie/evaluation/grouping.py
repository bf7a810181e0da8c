"""Checks the attributes by which the figures of an evaluation are grouped."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sosie.errors import FilterError
from sosie.filters import suggestion
from sosie.sources.base import Source
from sosie.sources.streamed import attribute_names_of
from sosie.stores.base import Store
from sosie.types import Item


def refuse_unknown(per: Sequence[str], queries: Source | None, store: Store) -> None:
    """Raises ``FilterError`` if an attribute of ``per`` does not exist.

    It must exist in a query or, if items are the queries, in an item of the store.
    """
    if not per:
        return
    names = store.manifest.attributes if queries is None else _attributes_of(queries)
    for name in per:
        if name not in names:
            owners = "the items of the catalog" if queries is None else f"the queries in {queries}"
            raise FilterError(
                f"figures for each {name!r} are impossible: {owners} have no attribute of that name; "
                f"{suggestion(name, names)}"
            )


def _attributes_of(source: Source) -> Collection[str]:
    """The attributes of a source. All of it is read if necessary."""
    names = attribute_names_of(source)
    if names is not None:
        return names
    return {name for entry in source if isinstance(entry, Item) for name in entry.attributes}
