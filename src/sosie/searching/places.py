"""The place where an answer ends, as a text (cursor). A search continues from it without its photo.

The text contains the query vector in half precision, the conditions, and a digest of six bytes for each product shown
so far. Later answers leave these products out, so no product is repeated or missed, even if the store changes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import numpy as np

from sosie.errors import UsageError
from sosie.types import Vectors, Verdict

DIGEST: Final = 6
_VERDICTS: Final = ("match", "similar", "no match", None)


@dataclass(frozen=True, slots=True, eq=False)
class SearchPlace:
    """A search that can be continued: by a photo, by another vector, or by words (``text``).

    - ``vector``: the query vector in the generation ``generation``; empty for words.
    - ``is_judged``: True if matches get probabilities.
    - ``lowest``: the probability of the last match so far. Later matches have at most this probability.
    - ``products``: the digests of the products shown so far, of which ``rank`` were matches.
    """

    query: str
    where: str
    rank: int
    products: bytes
    generation: str = ""
    vector: Vectors = field(default_factory=lambda: np.empty(0, np.float32))
    is_judged: bool = False
    verdict: Verdict | None = None
    lowest: float | None = None
    min_probability: float | None = None
    sort: str | None = None
    text: str = ""
    minus: str = ""

    def has_shown(self, product_id: str) -> bool:
        """True if a product was in an earlier answer."""
        return _digest(product_id) in self.shown

    @property
    def shown(self) -> frozenset[bytes]:
        """The digests of the products of earlier answers."""
        return frozenset(self.products[i : i + DIGEST] for i in range(0, len(self.products), DIGEST))

    def behind(self, product_ids: Iterable[str], lowest: float | None) -> SearchPlace:
        """The place after further matches. ``lowest`` is the probability of the last of them."""
        added = [*map(_digest, product_ids)]
        last = self.lowest if lowest is None else lowest
        return replace(self, rank=self.rank + len(added), products=self.products + b"".join(added), lowest=last)

    def without(self, product_id: str) -> SearchPlace:
        """The same place, with one more product that is left out."""
        return replace(self, products=self.products + _digest(product_id))

    def to_text(self) -> str:
        """The place as text for a URL or JSON."""
        plain = {name: value for name, value in asdict(self).items() if name not in ("products", "vector")}
        head = json.dumps({**plain, "numbers": len(self.vector)}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        data = len(head).to_bytes(4, "little") + head + self.vector.astype("<f2").tobytes() + self.products
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> SearchPlace:
        """Reads what ``to_text`` wrote; ``UsageError`` if it is invalid."""
        try:
            data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            end = 4 + int.from_bytes(data[:4], "little")
            plain = json.loads(data[4:end].decode("utf-8", "surrogatepass"))
            size = 2 * int(plain.pop("numbers"))
            vector = np.frombuffer(data[end : end + size], "<f2").astype(np.float32)
            place = cls(**plain, vector=_unit(vector), products=data[end + size :])
            if 2 * len(vector) == size and _is_sound(place):
                return place
        except (binascii.Error, ValueError, TypeError, KeyError, AttributeError):
            pass
        raise UsageError("the cursor is not that of an answer: take it from `next` of the previous answer")


def _unit(vector: Vectors) -> Vectors:
    length = float(np.linalg.norm(vector))
    if not len(vector):
        return vector
    if not 0.5 < length < 2:
        raise ValueError("not a unit vector")
    return vector / np.float32(length)


def _is_sound(place: SearchPlace) -> bool:
    given: dict[str, Any] = asdict(place)
    texts = [given[name] or "" for name in ("query", "where", "generation", "text", "minus", "sort")]
    numbers = [given[name] or 0.0 for name in ("lowest", "min_probability")]
    return (
        all(isinstance(value, str) for value in texts)
        and all(isinstance(value, int | float) for value in numbers)
        and isinstance(given["rank"], int)
        and place.rank >= 0
        and isinstance(given["is_judged"], bool)
        and place.verdict in _VERDICTS
        and len(place.products) % DIGEST == 0
        and bool(place.text) != bool(len(place.vector))
    )


def _digest(product_id: str) -> bytes:
    return hashlib.blake2b(product_id.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()
