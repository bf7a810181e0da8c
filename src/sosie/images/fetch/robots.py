"""Reads the ``X-Robots-Tag`` header, by which a server can forbid the use of a picture."""

from __future__ import annotations

from collections.abc import Iterable

_REFUSALS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_WITH_VALUES = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})


def forbidding_directive(headers: Iterable[str], agent: str) -> str | None:
    """The first directive that forbids collecting or indexing the picture; None if there is none.

    ``headers`` are the values of every ``X-Robots-Tag``. Directives after ``name:``, up to the next name, count only if
    ``name`` is ``agent``.
    """
    for header in headers:
        addressed = True
        for part in header.lower().split(","):
            name, colon, rest = part.strip().partition(":")
            if colon and name.strip() not in _WITH_VALUES:
                addressed = name.strip() == agent.lower()
                directive = rest.strip()
            else:
                directive = name.strip()
            if addressed and directive in _REFUSALS:
                return directive
    return None
