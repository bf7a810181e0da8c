"""The local store: a folder with a SQLite database. Segments for fast search can be rebuilt from the database."""

from sosie.stores.local.opening import open_local
from sosie.stores.local.settings import LocalSettings

__all__ = ["LocalSettings", "open_local"]
