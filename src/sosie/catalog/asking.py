"""What a catalogue here and one behind a server share: both are asked with pictures, and closed in the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeAlias

from sosie.errors import ImageError
from sosie.filters import WhereLike
from sosie.images.crop import Box
from sosie.images.query import QueryImage
from sosie.types import SearchResult

Crop: TypeAlias = Box | str | Sequence[float] | None


class Asking(ABC):
    """The searches of a catalogue, all by ``search_together``."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of all that is open."""

    def search(
        self,
        image: QueryImage,
        k: int = 10,
        *,
        where: WhereLike = None,
        crop: Crop = None,
        min_probability: float | None = None,
    ) -> SearchResult:
        """The k products most like a picture: a path, URL, bytes of a file, PIL image or array (h, w[, 3 or 4]).

        ``crop`` is a region of the picture, as ``Box``, four numbers or ``"x,y,w,h"``, in pixels or fractions.
        ``ImageError`` where the picture cannot be used, ``FilterError`` for a bad ``where``, ``UsageError`` for a bad k
        or crop, and for ``min_probability`` while the catalogue is not calibrated.
        """
        return self.search_together([image], k, where=where, crop=crop, min_probability=min_probability)

    def search_many(
        self,
        images: Iterable[QueryImage],
        k: int = 10,
        *,
        where: WhereLike = None,
        crop: Crop = None,
        min_probability: float | None = None,
    ) -> Iterator[SearchResult | ImageError]:
        """An answer for each picture, in order; where a picture cannot be used, its ``ImageError`` stands in."""
        for image in images:
            try:
                yield self.search(image, k, where=where, crop=crop, min_probability=min_probability)
            except ImageError as error:
                yield error

    @abstractmethod
    def search_together(
        self,
        images: Sequence[QueryImage],
        k: int = 10,
        *,
        where: WhereLike = None,
        crop: Crop = None,
        min_probability: float | None = None,
    ) -> SearchResult:
        """One answer for several pictures of one product."""
