"""The records that the packages of Sosie exchange. They are immutable, and do not depend on the kind of store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.support.wording import amount

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Embeddings: shape (n, dim) for a batch or (dim,) for a single vector, float32, unit length."""

Pixels: TypeAlias = npt.NDArray[np.float32]
"""Input of a network, shape (n, 3, height, width), float32, normalized by a ``Transform``."""

RGB: TypeAlias = npt.NDArray[np.uint8]
"""An upright picture, shape (height, width, 3), uint8, sRGB."""

AttributeValue: TypeAlias = str | int | float | bool | tuple[str, ...]
AttributeType: TypeAlias = Literal["string", "number", "boolean", "strings"]
Attributes: TypeAlias = Mapping[str, AttributeValue]
JSON: TypeAlias = Any
Verdict: TypeAlias = Literal["match", "similar", "no match"]

RECORD_FIELDS = ("item_id", "product_id", "content_sha256")
"""Names that a ``where`` can use besides attributes. No attribute may have such a name."""

EMBEDDING = "embedding"
"""Role of the vector for similarity search."""

DETAILS = "details"
"""Name of the blob with a picture's encoded details."""

VISUAL_WORDS = "visual_words@1"
"""Name of the blob with a picture's ``VisualWords``. The number is that of the vocabulary."""

THUMBNAIL = "thumbnail"
"""Name of the blob with a JPEG of at most 256 × 256 pixels."""


def attribute_type(value: AttributeValue) -> AttributeType:
    """The attribute type of a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "number" if isinstance(value, int | float) else "strings"


@dataclass(frozen=True, slots=True)
class Item:
    """A picture of a catalog, as its source describes it.

    - ``image``: a path, a URL, or several URLs that are tried in order.
    - ``links``: addresses for people, usually the product page and the picture's own URL.
    - ``picture``: the file's bytes, if the source contains them.

    >>> item = sosie.Item("i9", "p9", "photo.jpg", ("https://shop.example/9",), {"brand": "Acme", "price": 12})
    >>> with sosie.open("shop.sosie") as catalog:
    ...     catalog.upsert([item]).added
    1
    """

    item_id: str
    product_id: str
    image: str | tuple[str, ...]
    links: tuple[str, ...] = ()
    attributes: Attributes = field(default_factory=dict)
    picture: bytes | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Record:
    """An item as a store keeps it.

    - ``vectors`` maps a vector's full name (``embedding@1``) to float32 of shape (dim,), unit length.
    - ``blobs`` maps a name (``thumbnail``) to bytes.
    - ``updated_at`` is in seconds since 1970, UTC. A store replaces 0.0 by the current time.

    Vectors and blobs may be missing.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     record = catalog.get("i2")
    >>> record.product_id, record.attributes["price"]
    ('p1', 15)
    """

    item_id: str
    product_id: str
    image: str | tuple[str, ...]
    links: tuple[str, ...] = ()
    attributes: Attributes = field(default_factory=dict)
    content_sha256: str = ""
    vectors: Mapping[str, Vectors] = field(default_factory=dict)
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    updated_at: float = 0.0

    @property
    def item(self) -> Item:
        """The part of the record that came from the source."""
        return Item(self.item_id, self.product_id, self.image, self.links, self.attributes)


@dataclass(frozen=True, slots=True)
class Transform:
    """Preprocessing of an upright RGB picture for a network.

    The picture is resized to ``size`` × ``size`` with ``resampling``. Then every channel value v in 0..255 becomes (v −
    mean) / std. ``geometry`` says how a picture becomes square:

    - ``squash``: ignores the aspect ratio.
    - ``crop``: resizes so that the shorter side is ``size`` / ``crop_share``, then takes the center square.
    - ``pad``: keeps everything, and fills up with white.
    - ``cut``: resizes, rounded to whole pixels, so that the shorter side is ``shorter_side``, then takes the center. If
      the picture is smaller than ``size``, the rest is black.

    Unless ``reduce`` is False, a much larger picture is first reduced by a whole number: blocks of pixels are averaged.
    """

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    geometry: Literal["squash", "crop", "pad", "cut"] = "squash"
    crop_share: float = 1.0
    resampling: Literal["bilinear", "bicubic", "lanczos", "nearest", "box", "hamming"] = "bilinear"
    shorter_side: int | None = None
    reduce: bool = True

    @property
    def identity(self) -> dict[str, JSON]:
        """The fields of the fingerprint. Fields of later versions are left out if they have their defaults."""
        later_defaults = {"shorter_side": None, "reduce": True}
        return {name: value for name, value in asdict(self).items() if later_defaults.get(name, self) != value}


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """Everything that determines an embedder's vectors.

    ``transforms`` has one entry for each input: one for a single network, several for combined networks.
    """

    name: str
    weights_sha256: str
    dim: int
    transforms: tuple[Transform, ...]

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with weights, dimension or transforms, but not with the name."""
        identity = {
            "weights": self.weights_sha256,
            "dim": self.dim,
            "transforms": [t.identity for t in self.transforms],
        }
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """The embedder that filled a store, as the store records it."""

    name: str
    fingerprint: str
    dim: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A store's description of itself. It changes only by compare-and-set (``Store.replace_manifest``).

    - ``vectors`` maps the full name of every vector in the store (``embedding@1``) to its dimension.
    - ``active`` maps a role (``embedding``) to the full name that is in use.
    - ``settings`` holds further data, such as adaptations and calibrations, as plain JSON.
    """

    embedder: EmbedderIdentity
    vectors: Mapping[str, int]
    active: Mapping[str, str]
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    settings: Mapping[str, JSON] = field(default_factory=dict)
    format_version: int = 1

    def to_dict(self) -> dict[str, JSON]:
        """The manifest as plain JSON."""
        return {
            "format_version": self.format_version,
            "embedder": asdict(self.embedder),
            "vectors": dict(self.vectors),
            "active": dict(self.active),
            "attributes": dict(self.attributes),
            "settings": dict(self.settings),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, JSON]) -> Manifest:
        """Reads the manifest that ``to_dict`` wrote; ``KeyError`` or ``TypeError`` for other data."""
        return cls(
            embedder=EmbedderIdentity(**data["embedder"]),
            vectors=dict(data["vectors"]),
            active=dict(data["active"]),
            attributes=dict(data["attributes"]),
            settings=dict(data["settings"]),
            format_version=int(data["format_version"]),
        )


@dataclass(frozen=True, slots=True)
class Words:
    """Words to search for, words to avoid, and their weight beside a picture, from 0 to 1."""

    text: str
    minus: str = ""
    weight: float = 0.5

    @property
    def name(self) -> str:
        """The query's name in a result."""
        return f"{self.text} -{self.minus}" if self.minus else self.text


@dataclass(frozen=True, slots=True)
class Hit:
    """An item from a store's search, with its cosine to the query vector, in [−1, 1].

    ``score`` is None if no vector was compared. ``record`` has no vectors and no blobs.
    """

    item_id: str
    score: float | None
    record: Record


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of an attribute over the items that pass a filter.

    - ``values``: (value, number of items), most frequent first.
    - ``distinct``: the number of all values, including those beyond the requested limit.
    - ``minimum``, ``maximum``: set for numbers.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     [brand] = catalog.facets(["brand"])
    >>> brand.values, brand.distinct
    ((('Acme', 3), ('Bolt', 3)), 2)
    """

    attribute: str
    type: AttributeType
    values: tuple[tuple[str | float | bool, int], ...]
    distinct: int
    minimum: float | None = None
    maximum: float | None = None


Polygon: TypeAlias = tuple[tuple[float, float], ...]
"""Corners (x, y) in fractions of a picture's width and height; they may lie outside the picture."""


@dataclass(frozen=True, slots=True)
class LooksEvidence:
    """No evidence besides the score: only the embedding was compared.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     match = catalog.similar("i0").matches[0]
    >>> match.evidence
    LooksEvidence()
    """

    @property
    def summary(self) -> str:
        """Empty: there is no evidence besides the score."""
        return ""

    def to_dict(self) -> dict[str, JSON]:
        """The evidence as plain JSON."""
        return {}


@dataclass(frozen=True, slots=True)
class DetailsEvidence:
    """Local features of the query and of the item ``item_id`` agree in geometry.

    - ``inliers``: the number of agreeing pairs of points.
    - ``distinct``: the number of these that fit no other product equally well.
    - ``share``: the agreeing pairs divided by all pairs with similar features, in [0, 1].
    - ``spread``: the share of the item's picture that the agreeing points cover, in [0, 1].
    - The polygons outline the product in the query, and the agreeing part of the item.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     [match] = catalog.search("photo.jpg", k=1).matches
    >>> isinstance(match.evidence, sosie.DetailsEvidence) and match.evidence.item_id
    'i2'
    """

    item_id: str
    inliers: int
    distinct: int
    share: float
    spread: float
    query_polygon: Polygon
    item_polygon: Polygon

    @property
    def summary(self) -> str:
        """The evidence in a few words."""
        return f"{amount(self.inliers, 'detail')} agree"

    def to_dict(self) -> dict[str, JSON]:
        """The evidence as plain JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CodeEvidence:
    """The product's barcode or QR code is in the query. If ``details`` is not None, details agree too.

    ``format`` is the kind of code, such as "EAN-13". ``code_polygon`` outlines the code in the query.

    >>> evidence = sosie.CodeEvidence("4006381333931", "EAN-13", ((0.1, 0.8), (0.4, 0.8), (0.4, 0.9), (0.1, 0.9)))
    >>> evidence.summary
    'its code is in the photo'
    """

    code: str
    format: str
    code_polygon: Polygon
    details: DetailsEvidence | None = None

    @property
    def summary(self) -> str:
        """The evidence in a few words."""
        return "its code is in the photo"

    def to_dict(self) -> dict[str, JSON]:
        """The evidence as plain JSON."""
        return asdict(self)


Evidence: TypeAlias = CodeEvidence | DetailsEvidence | LooksEvidence
"""The evidence for a match besides its score: a code, agreeing details, or none."""


def details_of(evidence: Evidence) -> DetailsEvidence | None:
    """The agreeing details in any kind of evidence; None if there are none."""
    if isinstance(evidence, CodeEvidence):
        return evidence.details
    return evidence if isinstance(evidence, DetailsEvidence) else None


def evidence_from_dict(data: Mapping[str, JSON]) -> Evidence:
    """Reads the evidence that ``to_dict`` wrote; ``KeyError`` or ``TypeError`` for other data."""
    if "code" in data:
        details = None if data["details"] is None else _details_from_dict(data["details"])
        return CodeEvidence(data["code"], data["format"], _polygon(data["code_polygon"]), details)
    return _details_from_dict(data) if "inliers" in data else LooksEvidence()


def _details_from_dict(data: Mapping[str, JSON]) -> DetailsEvidence:
    polygons = {name: _polygon(data[name]) for name in ("query_polygon", "item_polygon")}
    return DetailsEvidence(**{**data, **polygons})


def _polygon(corners: Sequence[Sequence[float]]) -> Polygon:
    return tuple((float(x), float(y)) for x, y in corners)


@dataclass(frozen=True, slots=True)
class Match:
    """A product in a search result. Matches are ordered by ``rank``, not by ``score``.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     [match] = catalog.search("photo.jpg", k=1).matches
    >>> match.rank, match.product_id, match.item_id, match.views, match.attributes["title"]
    (1, 'p1', 'i2', 2, 'Thing 2')
    """

    rank: int
    product_id: str
    item_id: str
    score: float | None
    same_product: float | None
    image: str | tuple[str, ...]
    thumbnail: str | None
    links: tuple[str, ...]
    attributes: Attributes
    views: int
    evidence: Evidence = field(default_factory=LooksEvidence)
    content_sha256: str = ""

    @property
    def agreement(self) -> str:
        """The evidence besides the score, in a few words: a code in the photo, or agreeing details."""
        return self.evidence.summary

    def to_dict(self) -> dict[str, JSON]:
        """The match as plain JSON."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, "attributes": dict(self.attributes), "evidence": self.evidence.to_dict()}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of one query. Until the store is calibrated, ``verdict`` and every ``same_product`` are None.

    - ``timings``: seconds by stage.
    - ``next``: where ``Catalog.more`` continues. None if there are no more matches, and in results of ``search_many``.
    - ``view``: shows the result as HTML in a notebook. It belongs to the catalog that was searched, so it is not
      compared, pickled, or sent to other processes.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     result = catalog.search("photo.jpg", k=2, where="price<20")
    >>> [(match.rank, match.product_id) for match in result.matches]
    [(1, 'p1'), (2, 'p0')]
    """

    matches: tuple[Match, ...]
    verdict: Verdict | None
    query: str
    embedder: str
    calibration: str | None
    timings: Mapping[str, float]
    next: str | None = None
    view: Callable[[SearchResult], str] | None = field(default=None, compare=False, repr=False)

    def __reduce__(self) -> tuple[type[SearchResult], tuple[object, ...]]:
        answer = (
            self.matches,
            self.verdict,
            self.query,
            self.embedder,
            self.calibration,
            dict(self.timings),
            self.next,
        )
        return SearchResult, answer

    def _repr_html_(self) -> str | None:
        return None if self.view is None else self.view(self)

    def to_dict(self) -> dict[str, JSON]:
        """The result as plain JSON: the command line prints it, and the HTTP API sends it."""
        return {
            "query": self.query,
            "verdict": self.verdict,
            "matches": [match.to_dict() for match in self.matches],
            "embedder": self.embedder,
            "calibration": self.calibration,
            "timings": {stage: round(seconds, 6) for stage, seconds in self.timings.items()},
            "next": self.next,
        }


@dataclass(frozen=True, slots=True)
class Rejection:
    """An item that could not be processed, and the reason.

    ``stage`` is ``source``, ``label``, ``read``, ``decode``, ``embed`` or ``store``.

    >>> item = sosie.Item("bad", "p9", "no such file.jpg")
    >>> with sosie.open("shop.sosie") as catalog:
    ...     [rejection] = catalog.upsert([item]).rejected
    >>> rejection.item_id, rejection.stage
    ('bad', 'read')
    """

    item_id: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a run, in items; ``total`` is None if the source cannot count its items.

    >>> with sosie.open("new.sosie") as catalog:
    ...     seen = []
    ...     report = catalog.index("catalog.csv", on_progress=seen.append)
    >>> seen[-1]
    Progress(done=6, total=6, rejected=0)
    """

    done: int
    total: int | None
    rejected: int


@dataclass(frozen=True, slots=True)
class Change:
    """The change that a real run would make to one item, as a dry run reports it."""

    item_id: str
    action: Literal["add", "update", "remove"]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """The result of a run of ``index``, in numbers of items. ``changes`` lists the single changes after a dry run.

    - ``notes``: sentences on other changes, and on changes that were not made.
    - ``kept``: with ``sync``, the number of items that the source lacks but that were not removed. Either the source
      was not read completely, or there were too many of them.
    - ``gaps``: sentences on the unreadable parts of the source.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     report = catalog.index("catalog.csv")
    >>> report.added, report.unchanged, report.rejected
    (0, 6, ())
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: tuple[Rejection, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    kept: int = 0
    gaps: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of ``check``: number of checked items, a sentence for each problem, and a sentence for each repair.

    ``recall`` is the mean share of the ten most similar items that a search finds. It is None if it was not measured,
    or if there are fewer than two items.
    """

    items: int
    problems: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    recall: float | None = None
