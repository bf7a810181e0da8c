"""The local store: a folder with a SQLite database and with segments for fast search, which can be rebuilt."""

from sosie.stores.local.opening import open_local
from sosie.stores.local.settings import LocalSettings

__all__ = ["LocalSettings", "open_local"]
