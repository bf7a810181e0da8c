"""The local store: one folder, SQLite for the truth, segments that make search fast and may be lost."""

from sosie.stores.local.opening import open_local
from sosie.stores.local.settings import LocalSettings

__all__ = ["LocalSettings", "open_local"]
