"""Refuses operations that a server does not offer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NoReturn

from sosie.errors import UsageError

if TYPE_CHECKING:
    from sosie.catalog.options import IndexOptions

NEEDS_STORE = frozenset({
    "adapt", "calibrate", "check", "duplicates", "duplicates_page", "evaluate", "evaluation_page", "optimize",
    "finish_migration", "migrate", "retype", "serve", "undo_adaptation", "undo_migration",
})  # fmt: skip
"""Methods and commands that read or change much of the store, or need much processor time."""

NEED_STORE_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "export": {"vectors": "--vectors"},
    "open": {"embedder": "--embedder", "quick": "--quick", "device": "--device"},
    "index": {
        "swap": "--swap",
        "details": "--details",
        "thumbnails": "--thumbnails",
        "codes_in": "--code-attribute",
        "workers": "--workers",
    },
}
"""Options that a server does not support, with their flags."""


def works_on_server(operation: str) -> bool:
    """True if a method or command works with the address of a server."""
    return operation not in NEEDS_STORE


def refused(method: str) -> Callable[..., NoReturn]:
    """A method of ``RemoteCatalog`` that always raises ``UsageError``."""

    def refuse(self: Any, *_: object, **__: object) -> NoReturn:
        raise _refusal(method, self.uri)

    refuse.__name__ = method
    refuse.__doc__ = "Refused: it needs the store itself."
    return refuse


def refuse_options(method: str, uri: str, given: Collection[str]) -> None:
    """Raises ``UsageError`` if one of the given options, by name, needs the store itself."""
    for name, flag in NEED_STORE_OPTIONS[method].items():
        if name in given:
            raise _refusal(f"{method} with {name} ({flag})", uri)


def refuse_index_options(uri: str, options: IndexOptions) -> None:
    """Raises ``UsageError`` if one of the options of ``index`` needs the store itself."""
    refuse_options(
        "index", uri, [field.name for field in fields(options) if getattr(options, field.name) != field.default]
    )


def _refusal(what: str, uri: str) -> UsageError:
    return UsageError(
        f"{what} needs the store itself, but {uri} is a server: run it on the machine where the store is, "
        "with the store's own address"
    )
