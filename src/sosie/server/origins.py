"""Checks the origins of other sites whose pages may call the API."""

from __future__ import annotations

import re

from sosie.errors import UsageError

ANY = "*"
"""Pages of every site."""

_ORIGIN = re.compile(r"https?://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def check_origins(origins: tuple[str, ...], key_required: bool) -> None:
    """Raises ``UsageError`` for an origin that browsers never send, and for ``*`` if no key is required."""
    for origin in origins:
        if origin == ANY and not key_required:
            raise UsageError("--allow-origin '*' would let every page of the web change the catalog: add --require-key")
        if origin != ANY and not _is_sent_by_browsers(origin):
            raise UsageError(
                f"--allow-origin {origin!r}: no browser sends such an origin; expected scheme, host and a port that is "
                "not the scheme's own, in lower case and without a path, such as https://shop.example"
            )


def _is_sent_by_browsers(origin: str) -> bool:
    scheme = origin.partition(":")[0]
    return bool(_ORIGIN.fullmatch(origin)) and not origin.endswith(_DEFAULT_PORTS.get(scheme, ""))
