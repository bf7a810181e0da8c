"""Options of a download: how pictures are stored, and which URLs are requested again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sosie.errors import UsageError
from sosie.images.fetch.options import FetchOptions

Format: TypeAlias = Literal["keep", "jpeg", "webp"]


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """Options of a download.

    - ``resize``: the longest side of a stored picture in pixels; None for the original size.
    - ``retry_failed``: requests failed URLs again: all, or those of the kind ``reason``.
    - ``refresh``: requests fetched URLs again. A server may answer "not modified".
    - ``placeholder_after``: if this many URLs of one host have the same bytes, the picture counts as a placeholder; 0
      turns this off.
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
        """The format and size of stored pictures as text. All pictures of a folder have the same."""
        return self.format if self.resize is None else f"{self.format} {self.resize}"
