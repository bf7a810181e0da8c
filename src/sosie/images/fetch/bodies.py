"""Collects the bytes of a response up to a limit, before and after decompression."""

from __future__ import annotations

import zlib

from sosie.images.fetch.reasons import FetchError, Reason

_PLAIN = ("", "identity")
_ZIPPED = ("gzip", "x-gzip", "deflate")
_EITHER_HEADER = zlib.MAX_WBITS | 32


class BoundedBody:
    """Collects the parts of a body and decompresses gzip and deflate. Stops at ``most_bytes``, sent or decompressed.

    Raises ``FetchError``: ``too_large`` above the limit, ``bad_encoding`` for an unsupported encoding.
    """

    def __init__(self, encoding: str, most_bytes: int) -> None:
        name = encoding.strip().lower()
        if name not in _PLAIN + _ZIPPED:
            raise FetchError(Reason.BAD_ENCODING, f"sent with Content-Encoding {name[:40]!r}, which was not requested")
        self._unzip = None if name in _PLAIN else zlib.decompressobj(_EITHER_HEADER)
        self._most = most_bytes
        self._arrived = 0
        self._data = bytearray()

    def add(self, chunk: bytes) -> None:
        """Adds the next chunk."""
        self._arrived += len(chunk)
        if self._arrived > self._most:
            raise too_large(self._most)
        self._data += chunk if self._unzip is None else self._decompress(chunk)
        if len(self._data) > self._most:
            raise too_large(self._most)

    def finish(self) -> bytes:
        """The whole body; ``FetchError`` with ``truncated`` if a compressed body ends too early."""
        if self._unzip is not None and self._arrived and not self._unzip.eof:
            raise FetchError(Reason.TRUNCATED, "the compressed body ends too early")
        return bytes(self._data)

    def _decompress(self, chunk: bytes) -> bytes:
        unzip = self._unzip or zlib.decompressobj()
        try:
            return unzip.decompress(chunk, self._most + 1 - len(self._data))
        except zlib.error as error:
            raise FetchError(Reason.BAD_ENCODING, "the compressed body is damaged") from error


def too_large(most_bytes: int) -> FetchError:
    """The error for a body with more than ``most_bytes``."""
    return FetchError(Reason.TOO_LARGE, f"more than {most_bytes:,} bytes; --max-bytes raises the limit")
