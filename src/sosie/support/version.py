"""The version of the running Sosie."""

from __future__ import annotations


def sosie_version() -> str:
    """The installed version; ``source`` if Sosie runs from a checkout without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sosie")
    except PackageNotFoundError:
        return "source"
