"""The version of Sosie that runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def sosie_version() -> str:
    """The installed version, ``source`` where Sosie runs from its source without being installed."""
    try:
        return version("sosie")
    except PackageNotFoundError:
        return "source"
