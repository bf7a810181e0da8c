"""The same call on a catalog in a store and on one behind a server, and what must be equal of the two outcomes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from sosie.catalog.base import CatalogProtocol
from sosie.errors import SosieError

Call = Callable[[CatalogProtocol], Any]
LOCAL_ONLY = {"timings", "seconds", "updated_at", "given_at", "store", "image", "thumbnail", "vectors", "view", "next"}
"""Fields that differ by design: times, the address, where a picture is (a server never shows its paths)."""


@dataclass(frozen=True)
class Failure:
    """An exception as a caller sees it, without the address of the catalog."""

    kind: type[SosieError]
    message: str


@dataclass(frozen=True)
class Pair:
    """A catalog here and the same one there; ``shop`` is the folder with their pictures."""

    local: CatalogProtocol
    remote: CatalogProtocol
    shop: Path

    def same(self, call: Call) -> Any:
        """The outcome of the call, a value or a ``Failure``, which must be equal on both sides."""
        here, there = outcome_of(self.local, call), outcome_of(self.remote, call)
        assert comparable(there) == comparable(here)
        return here


def outcome_of(catalog: CatalogProtocol, call: Call) -> Any:
    """What a call returns, iterators read to their end, or how it fails."""
    try:
        value = call(catalog)
        return list(value) if isinstance(value, Iterator) else value
    except SosieError as error:
        return _failure(error, catalog.uri)


def comparable(value: Any) -> Any:
    """A value as plain data, without what differs by design."""
    if isinstance(value, SosieError):
        return _failure(value, "")
    if isinstance(value, Image.Image):
        return value.mode, value.size, value.tobytes()
    if is_dataclass(value) and not isinstance(value, type):
        shown = [field.name for field in fields(value) if field.name not in LOCAL_ONLY]
        return type(value).__name__, {name: comparable(getattr(value, name)) for name in shown}
    if isinstance(value, dict):
        return {name: comparable(item) for name, item in value.items()}
    return [comparable(item) for item in value] if isinstance(value, list | tuple) else value


def _failure(error: SosieError, uri: str) -> Failure:
    message = re.sub(r"the catalog(?= is not calibrated)", "CATALOG", str(error))
    return Failure(type(error), message.replace(uri, "CATALOG") if uri else message)
