"""The version of the running Sosie."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def sosie_version() -> str:
    """The installed version; ``source`` if Sosie runs from a checkout without being installed."""
    try:
        return version("sosie")
    except PackageNotFoundError:
        return "source"
