"""Opens the store at a URI."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sosie.errors import StoreNotFound, StoreUnavailable, UsageError
from sosie.stores.base import Replacement, Store
from sosie.types import CheckReport, Manifest

URI_FORMS = "a folder such as shop.sosie, elasticsearch+https://host:9200/shop, or memory:"
ELASTICSEARCH = ("elasticsearch+http", "elasticsearch+https")
_SCHEME = re.compile(r"(?P<name>memory):|(?P<other>[A-Za-z][A-Za-z0-9+.-]*)://")


def open_store(uri: str, *, create: Manifest | None = None) -> Store:
    """Opens the store at ``uri``: the path of a folder, ``elasticsearch+http(s)://host:port/name``, or ``memory:``.

    With ``create``, a missing store is created with this manifest; an existing store keeps its own. ``StoreNotFound``
    if the store is missing and ``create`` is None; ``UsageError`` for another kind of URI.
    """
    scheme = _SCHEME.match(uri)
    if not uri:
        raise UsageError(f"the store's address is empty; expected {URI_FORMS}")
    if scheme is None:
        return _open_local(Path(uri), create)
    if scheme["name"]:
        return _open_memory(uri, create)
    if scheme["other"].lower() in ELASTICSEARCH:
        return _open_elasticsearch(uri, create)
    raise UsageError(_refusal(uri, scheme["other"].lower()))


def salvage_store(uri: str) -> CheckReport:
    """Salvages the readable part of a store that cannot be opened; ``StoreDamaged`` if nothing is readable."""
    from sosie.stores.local.opening import salvage_local

    return salvage_local(_local_folder(uri, "check --repair saves what can be read of a folder"))


def back_up_store(uri: str, file: Path) -> int:
    """Writes a local store to one file; returns the number of items. ``UsageError`` for another kind of store."""
    from sosie.stores.local.backup import back_up

    return back_up(_local_folder(uri, "backup writes a folder into a file"), file)


def restore_store(file: Path, uri: str, replace: bool = False) -> int:
    """Creates a local store from a backup; returns the number of items. ``UsageError`` for another kind of store."""
    from sosie.stores.local.backup import restore

    return restore(file, _local_folder(uri, "restore makes a folder"), replace)


def photo_cache_file(uri: str) -> Path | None:
    """The file in which a local store caches the queries of labeled photos; None for another kind of store."""
    if not uri or _SCHEME.match(uri):
        return None
    from sosie.stores.local.opening import PHOTO_CACHE

    return Path(uri) / PHOTO_CACHE


def _local_folder(uri: str, what: str) -> Path:
    if not uri or _SCHEME.match(uri):
        raise UsageError(f"{uri}: {what}, such as shop.sosie; `sosie copy` copies stores of other kinds")
    return Path(uri)


def may_be_written_by_many(uri: str) -> bool:
    """True if processes on several machines can fill the store at the same time."""
    scheme = _SCHEME.match(uri)
    return scheme is not None and (scheme["other"] or "").lower() in ELASTICSEARCH


def same_place(uri: str, other_uri: str) -> bool:
    """True if two URIs name the same store. The store is not opened."""
    return _place(uri) == _place(other_uri)


def open_replacement(uri: str, manifest: Manifest) -> AbstractContextManager[Replacement]:
    """A new, empty store that replaces the store at ``uri`` when ``commit`` is called.

    ``UsageError`` for a kind of store that does not support this.
    """
    if not may_be_written_by_many(uri):
        raise UsageError(f"{uri} cannot be replaced in one step: --swap is for elasticsearch+http(s)://; leave it out")
    with _client_at_hand(uri):
        from sosie.stores.elasticsearch import open_replacement as replace_on_cluster
    return replace_on_cluster(uri, manifest)


def _place(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme.lower()}://{rest.partition('?')[0].rstrip('/')}" if rest else os.path.realpath(uri)


def _open_local(path: Path, create: Manifest | None) -> Store:
    from sosie.stores.local import open_local

    return open_local(path, create)


def _open_elasticsearch(uri: str, create: Manifest | None) -> Store:
    with _client_at_hand(uri):
        from sosie.stores.elasticsearch import open_elasticsearch
    return open_elasticsearch(uri, create)


@contextmanager
def _client_at_hand(uri: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise StoreUnavailable(f"{uri} needs the client ({error}): pip install 'sosie[elasticsearch]'") from error


def _open_memory(uri: str, create: Manifest | None) -> Store:
    if uri != "memory:":
        raise UsageError(
            f"cannot open the store {uri!r}: memory: takes no name, because each is new; expected {URI_FORMS}"
        )
    if create is None:
        raise StoreNotFound("memory: is empty when a program starts: index into it in the same program first")
    from sosie.stores.exact import ExactStore

    return ExactStore(create)


def _refusal(uri: str, scheme: str) -> str:
    if scheme in ("http", "https"):
        return f"{uri!r} is a server, and this needs the store itself: run this where the server runs, with {URI_FORMS}"
    return f"cannot open the store {uri!r}: unknown scheme {scheme}://; expected {URI_FORMS}"
