"""From a store's URI to the open store."""

from __future__ import annotations

import re
from pathlib import Path

from sosie.errors import StoreNotFound, UsageError
from sosie.stores.base import Store
from sosie.stores.exact import ExactStore
from sosie.types import Manifest

KNOWN = "a folder such as shop.sosie, or memory:"
_SCHEME = re.compile(r"(?P<name>memory):|(?P<other>[A-Za-z][A-Za-z0-9+.-]*)://")


def open_store(uri: str, *, create: Manifest | None = None) -> Store:
    """The store at ``uri``: the path of a folder, or ``memory:``.

    With ``create``, a store that is not there yet is made with that manifest; one that is there keeps its own. Raises
    ``StoreNotFound`` where there is none and ``create`` is None, ``UsageError`` for a URI of another kind.
    """
    scheme = _SCHEME.match(uri)
    if not uri:
        raise UsageError(f"the store's address is empty; expected {KNOWN}")
    if scheme is None:
        return _open_local(Path(uri), create)
    if scheme["name"]:
        return _open_memory(uri, create)
    raise UsageError(_refusal(uri, scheme["other"].lower()))


def _open_local(path: Path, create: Manifest | None) -> Store:
    from sosie.stores.local import open_local

    return open_local(path, create)


def _open_memory(uri: str, create: Manifest | None) -> Store:
    if uri != "memory:":
        raise UsageError(f"cannot open the store {uri!r}: memory: takes no name, as every one is new; expected {KNOWN}")
    if create is None:
        raise StoreNotFound("memory: holds nothing when a program starts: index into it in the same program first")
    return ExactStore(create)


def _refusal(uri: str, scheme: str) -> str:
    if scheme in ("http", "https", "elasticsearch+http", "elasticsearch+https"):
        return f"cannot open the store {uri!r}: {scheme}:// is not available in this version; expected {KNOWN}"
    return f"cannot open the store {uri!r}: nothing here knows {scheme}://; expected {KNOWN}"
