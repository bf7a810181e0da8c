"""What is kept of the pictures, and what is asked again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sosie.errors import UsageError
from sosie.images.fetch.options import FetchOptions

Format: TypeAlias = Literal["keep", "jpeg", "webp"]


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """``resize`` is the longest side in pixels that a kept picture may have, or None for its own size.

    ``retry_failed`` asks the failed URLs again, all or those of the family ``reason``; ``refresh`` asks again for
    those that are there, and a server may answer that nothing changed. The same bytes under ``placeholder_after``
    URLs of one host are no product's picture; 0 never says so.
    """

    fetch: FetchOptions = field(default_factory=FetchOptions)
    format: Format = "keep"
    resize: int | None = None
    retry_failed: bool = False
    reason: str | None = None
    refresh: bool = False
    placeholder_after: int = 10

    def __post_init__(self) -> None:
        if self.format not in ("keep", "jpeg", "webp"):
            raise UsageError(f"no format {self.format!r}: choose keep, jpeg or webp")
        if self.resize is not None and not 16 <= self.resize <= 16_384:
            raise UsageError(f"resize is {self.resize} pixels; expected 16 to 16384, or nothing to keep the size")
        if self.reason is not None and not self.retry_failed:
            raise UsageError("reason chooses among the failed URLs: use it with retry_failed")
        if self.placeholder_after < 0 or self.placeholder_after == 1:
            raise UsageError(f"placeholder_after is {self.placeholder_after}; expected 2 or more, or 0 for never")

    @property
    def keeping(self) -> str:
        """In a word what pictures are kept as; a folder holds one kind."""
        return self.format if self.resize is None else f"{self.format} {self.resize}"
