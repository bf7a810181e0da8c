"""Caches the queries of labeled photos, so that learning from them again takes seconds.

A key contains everything that a result depends on: the photo's bytes, the network, the details, the candidates. So an
entry is never outdated.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from sosie.errors import SosieError
from sosie.images.query import load_query
from sosie.searching.evidence import Verified
from sosie.searching.query import Query, QueryMaker, Shot
from sosie.support.bounded_cache import BoundedCache
from sosie.support.timing import Stopwatch
from sosie.types import JSON, Hit, Vectors

if TYPE_CHECKING:
    from sosie.details.verify import Agreement
    from sosie.support.visual_words import WordsQuery

_SIZES = struct.Struct("<III")
"""Number of views, length of a view's vector, number of points with visual words."""


@dataclass(frozen=True, slots=True)
class PhotoMemory:
    """Caches the queries of photos, and the comparisons of their details with candidates."""

    cache: BoundedCache

    def queries(
        self, photos: Sequence[bytes], contents: Sequence[str], questioner: QueryMaker
    ) -> list[Query | SosieError]:
        """The query of each photo, or an error. ``contents`` are the SHA-256 of the photos."""
        keys = [_key("query", content, _settings_key(questioner)) for content in contents]
        kept = self.cache.read(keys)
        recalled = [
            _from_bytes(kept[key], partial(_decoded, photo, questioner), content) if key in kept else None
            for key, photo, content in zip(keys, photos, contents, strict=True)
        ]
        missing = [row for row, query in enumerate(recalled) if query is None]
        made = questioner.queries([[photos[row]] for row in missing], None, Stopwatch())
        fresh = {row: _with_content(query, contents[row]) for row, query in zip(missing, made, strict=True)}
        self.cache.write({keys[row]: _to_bytes(query) for row, query in fresh.items() if isinstance(query, Query)})
        return [fresh[row] if query is None else query for row, query in enumerate(recalled)]

    def compared(
        self, query: Query, candidates: Sequence[Hit], compare: Callable[[], dict[str, Verified]]
    ) -> dict[str, Verified]:
        """The result of ``compare`` for a query and these candidates, from the cache if possible."""
        from sosie.details.candidates import Geometry
        from sosie.details.fingerprint import photo_details_fingerprint

        contents = [shot.content for shot in query.shots]
        if not all(contents):
            return compare()
        items = [[hit.item_id, hit.record.product_id, hit.record.content_sha256] for hit in candidates]
        numbers = [field.name for field in fields(Geometry)]
        key = _key("comparison", *contents, json.dumps([photo_details_fingerprint(), numbers, items]))
        kept = self.cache.read([key]).get(key)
        if kept is not None:
            return {product: _verified(data) for product, data in json.loads(kept).items()}
        compared_items = compare()
        self.cache.write(
            {key: json.dumps({product: _as_json(item) for product, item in compared_items.items()}).encode()}
        )
        return compared_items


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _settings_key(questioner: QueryMaker) -> str:
    """A key for everything that a query depends on besides its photo."""
    from sosie.details.fingerprint import photo_details_fingerprint

    details = photo_details_fingerprint() if questioner.detailed else ""
    limits = [str(getattr(questioner.limits, field.name)) for field in fields(questioner.limits)]
    return json.dumps(
        [questioner.embedder.spec.fingerprint, questioner.closer, questioner.shorter_side, questioner.coded, details,
         limits]
    )  # fmt: skip


def _decoded(photo: bytes, questioner: QueryMaker) -> Image.Image:
    return load_query(photo, questioner.limits, questioner.shorter_side)


def _with_content(query: Query | SosieError, content: str) -> Query | SosieError:
    """The query with the photo's hash in its shots."""
    if not isinstance(query, Query):
        return query
    return Query(query.views, tuple(Shot(shot.load, content) for shot in query.shots))


def _to_bytes(query: Query) -> bytes:
    views = np.ascontiguousarray(query.views, "<f4")
    if not query.shots:
        return _SIZES.pack(*views.shape, 0) + views.tobytes()
    [words] = [shot.words for shot in query.shots]
    points = words.words.shape[0]
    return b"".join(
        [_SIZES.pack(*views.shape, points), views.tobytes(), words.words.astype("<u2").tobytes(),
         words.signatures.astype("<u8").tobytes(), b"shot"]
    )  # fmt: skip


def _from_bytes(data: bytes, load: Callable[[], Image.Image], content: str) -> Query | None:
    """The query from its cached bytes; None if these are invalid."""
    try:
        count, dim, points = _SIZES.unpack_from(data)
        views = np.frombuffer(data, "<f4", count * dim, _SIZES.size).reshape(count, dim)
        rest = data[_SIZES.size + views.nbytes :]
        if not rest:
            return Query(views)
        shot = Shot(load, content)
        shot.__dict__["words"] = _words(rest, points)
        return Query(views, (shot,))
    except (struct.error, ValueError):
        return None


def _words(data: bytes, points: int) -> WordsQuery:
    from sosie.details.vocabulary import WORDS_A_POINT, shipped_vocabulary
    from sosie.support.visual_words import WordsQuery

    size = points * WORDS_A_POINT
    words = np.frombuffer(data, "<u2", size).reshape(points, WORDS_A_POINT)
    signatures = np.frombuffer(data, "<u8", size, 2 * size).reshape(points, WORDS_A_POINT)
    return WordsQuery(words, signatures, shipped_vocabulary().weights[words])


def _as_json(verified: Verified) -> JSON:
    geometry = verified.geometry
    numbers = {field.name: getattr(geometry, field.name) for field in fields(geometry) if field.name != "agreement"}
    return {"item_id": verified.item_id, "numbers": numbers, "agreement": _agreement_as_json(geometry.agreement)}


def _agreement_as_json(agreement: Agreement | None) -> JSON:
    if agreement is None:
        return None
    pairs = {field.name: _packed(getattr(agreement.pairs, field.name)) for field in fields(agreement.pairs)}
    plain = {field.name: getattr(agreement, field.name) for field in fields(agreement)}
    return {**plain, "pairs": pairs, "homography": _packed(agreement.homography)}


def _verified(data: Mapping[str, Any]) -> Verified:
    from sosie.details.candidates import Geometry

    return Verified(data["item_id"], Geometry(agreement=_agreement(data["agreement"]), **data["numbers"]))


def _agreement(data: Mapping[str, Any] | None) -> Agreement | None:
    from sosie.details.matching import Pairs
    from sosie.details.verify import Agreement

    if data is None:
        return None
    pairs = Pairs(**{name: _unpacked(values) for name, values in data["pairs"].items()})
    polygons = {name: tuple(map(tuple, data[name])) for name in data if name.endswith("_polygon")}
    return Agreement(**{**data, **polygons, "pairs": pairs, "homography": _unpacked(data["homography"])})


def _packed(values: Vectors | np.ndarray[Any, Any]) -> JSON:
    return [values.dtype.str, list(values.shape), base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()]


def _unpacked(data: Sequence[Any]) -> Any:
    return np.frombuffer(base64.b64decode(data[2]), data[0]).reshape(data[1])
