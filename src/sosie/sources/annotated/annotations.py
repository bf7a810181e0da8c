"""The labels of the pictures in a Furniture file; an annotation takes 12 bytes."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

import numpy as np

from sosie.sources.streamed import digest_of
from sosie.types import JSON


class Annotations:
    """The labels by image_id. Ids are stored as 64-bit digests."""

    def __init__(self, rows: Iterable[JSON]) -> None:
        """Reads rows like ``{"image_id": 1, "label_id": 38}``. ``unreadable``: the numbers, from 1, of other rows."""
        self.unreadable: list[int] = []
        self._numbers: dict[str, int] = {}
        images, labels = array("Q"), array("I")
        for number, row in enumerate(rows, 1):
            image, label = names_of(row, "image_id", "label_id")
            if image and label:
                images.append(digest_of(image))
                labels.append(self._numbers.setdefault(label, len(self._numbers)))
            else:
                self.unreadable.append(number)
        self._names = list(self._numbers)
        self._images, self._labels = _sorted(images, labels)

    @property
    def labels(self) -> frozenset[str]:
        """Every label that an image has."""
        return frozenset(self._names)

    def of(self, image_id: str) -> tuple[str, ...]:
        """The labels of an image: none, one, or several if the file contradicts itself."""
        return tuple(dict.fromkeys(self._labels_of_digest(digest_of(image_id))))

    def _labels_of_digest(self, digest: int) -> Iterator[str]:
        position = bisect_left(self._images, digest)
        while position < len(self._images) and self._images[position] == digest:
            yield self._names[self._labels[position]]
            position += 1


def names_of(row: JSON, *keys: str) -> tuple[str, ...]:
    """The values of a JSON object that can be names (texts and whole numbers), as text."""
    return tuple(_name(row.get(key)) if isinstance(row, dict) else "" for key in keys)


def _name(value: JSON) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _sorted(images: array[int], labels: array[int]) -> tuple[array[int], array[int]]:
    digests = np.asarray(images)
    order = np.argsort(digests, kind="stable")
    return array("Q", digests[order].tobytes()), array("I", np.asarray(labels)[order].tobytes())
