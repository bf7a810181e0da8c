"""The bytes of a picture that was sent, or that is fetched from its URL."""

from __future__ import annotations

from sosie.errors import UsageError
from sosie.server.bodies import Picture


class Pictures:
    """Gets the bytes; blocking, safe in several threads."""

    def bytes_of(self, picture: Picture) -> bytes:
        """What was sent, or what is at the URL; ``ImageError`` where that is no picture."""
        if picture.data is not None:
            return picture.data
        raise UsageError("this server does not fetch pictures by their URL: send the picture itself")

    def close(self) -> None:
        """End what is under way."""
