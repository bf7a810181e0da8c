"""The records that Sosie's packages exchange: frozen, and independent of any backend."""

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
"""Network input, shape (n, 3, height, width), float32, normalized by a ``Transform``."""

RGB: TypeAlias = npt.NDArray[np.uint8]
"""An upright picture, shape (height, width, 3), uint8, sRGB."""

AttributeValue: TypeAlias = str | int | float | bool | tuple[str, ...]
AttributeType: TypeAlias = Literal["string", "number", "boolean", "strings"]
Attributes: TypeAlias = Mapping[str, AttributeValue]
JSON: TypeAlias = Any
Verdict: TypeAlias = Literal["match", "similar", "no match"]

RECORD_FIELDS = ("item_id", "product_id", "content_sha256")
"""Names that a ``where`` may use beside the attributes; no attribute may have one of them."""

EMBEDDING = "embedding"
"""Role of the vector for similarity search."""

DETAILS = "details"
"""Name of the blob that holds a picture's details, packed."""

VISUAL_WORDS = "visual_words@1"
"""Name of the blob that holds a picture's ``VisualWords``; the number stands for the vocabulary."""

THUMBNAIL = "thumbnail"
"""Name of the blob that holds a JPEG of at most 256 × 256 pixels."""


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

    ``image`` is a path, a URL, or URLs that are tried in order. ``links`` are for people to follow, usually the product
    page and the picture's own URL. ``picture`` holds the file's bytes if the source contains them.

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

    ``vectors`` maps a vector's full name (``embedding@1``) to float32 of shape (dim,), unit length; ``blobs`` maps a
    name (``thumbnail``) to bytes. In either of them a name may be missing. ``updated_at`` is in seconds since
    1970, UTC; a store replaces 0.0 by the current time.

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

    The picture is resized to ``size`` × ``size`` by ``geometry`` with ``resampling``, and every channel value v in
    0..255 becomes (v − mean) / std. ``squash`` ignores the aspect; ``crop`` keeps the center square of the picture
    resized so that its shorter side is ``size`` / ``crop_share``; ``pad`` keeps everything, on white. ``cut`` resizes
    in whole pixels so that the shorter side has ``shorter_side``, then keeps the center; where the picture is smaller
    than ``size``, the rest is black. A far larger picture is first reduced by averaging blocks of pixels, by a whole
    number, unless ``reduce`` is False.
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
        """The fields that make the fingerprint; fields added in later versions are left out while at their defaults."""
        later_defaults = {"shorter_side": None, "reduce": True}
        return {name: value for name, value in asdict(self).items() if later_defaults.get(name, self) != value}


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """Everything that determines an embedder's vectors.

    ``transforms`` has one entry for each input of the embedder: one for a single network, several for combined
    networks.
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

    ``vectors`` maps the full name of every vector kept (``embedding@1``) to its dimension, and ``active`` maps a role
    (``embedding``) to the full name in use. ``settings`` holds further data of the store, such as
    adaptations and calibrations, as plain JSON.
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
        """The manifest that ``to_dict`` wrote; ``KeyError`` or ``TypeError`` for other data."""
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
    """An item returned by a store's search, with its cosine in [−1, 1] to the query vector; higher is better.

    ``score`` is None if no vector was compared. ``record`` carries no vectors and no blobs.
    """

    item_id: str
    score: float | None
    record: Record


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one attribute over the items that pass a ``where``.

    ``values`` are (value, number of items), most frequent first; ``distinct`` counts all values, also those beyond the
    requested limit; ``minimum`` and ``maximum`` are set for numbers.

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
"""Corners (x, y) in shares of a picture's width and height; they may lie outside the picture."""


@dataclass(frozen=True, slots=True)
class LooksEvidence:
    """No evidence beside the score.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     match = catalog.similar("i0").matches[0]
    >>> match.evidence
    LooksEvidence()
    """

    @property
    def summary(self) -> str:
        """Empty: there is no evidence beside the score."""
        return ""

    def to_dict(self) -> dict[str, JSON]:
        """The evidence as plain JSON."""
        return {}


@dataclass(frozen=True, slots=True)
class DetailsEvidence:
    """Local features of the query and of the item ``item_id`` agree in their geometry.

    ``inliers`` points agree, of which ``distinct`` are not shared with other candidates; ``share`` is the number of
    agreeing pairs divided by that of all pairs that look alike; ``spread`` is the share of the item's picture that the
    agreeing points cover. Both are in [0, 1]. The polygons outline the product in the query and the agreeing part of
    the item.

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
    """The product's barcode or QR code is in the query; ``details`` agree too where they are not None.

    ``format`` is the symbology, such as "EAN-13", and ``code_polygon`` outlines the code in the query.

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
"""Evidence for a match beside its score: its code, details that agree in geometry, or none."""


def details_of(evidence: Evidence) -> DetailsEvidence | None:
    """The agreeing details in any kind of evidence; None if there are none."""
    if isinstance(evidence, CodeEvidence):
        return evidence.details
    return evidence if isinstance(evidence, DetailsEvidence) else None


def evidence_from_dict(data: Mapping[str, JSON]) -> Evidence:
    """The evidence that ``to_dict`` wrote; ``KeyError`` or ``TypeError`` for other data."""
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
        """The evidence beside the score in a few words: a code in the photo, or details that agree."""
        return self.evidence.summary

    def to_dict(self) -> dict[str, JSON]:
        """The match as plain JSON."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, "attributes": dict(self.attributes), "evidence": self.evidence.to_dict()}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of one query. ``verdict`` and every ``same_product`` are None until the store is calibrated.

    ``timings`` are seconds by stage. ``next`` is where ``Catalog.more`` continues: None if there are no more matches,
    and in the results of ``search_many``. ``view`` renders the result as HTML in a notebook. As ``view`` belongs to
    the catalog that was searched, it is not compared, not pickled and not sent to other processes.

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
        """The result as plain JSON, as the command line prints it and the HTTP API sends it."""
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
    """Result of a run of ``index``, in numbers of items; ``changes`` lists single changes after a dry run only.

    ``notes`` are sentences on other changes and on changes that were not made. In a run with ``sync``, ``kept`` items
    were missing from the source but not removed, because the source was not read completely or too many would have been
    removed; ``gaps`` are sentences on the unreadable parts of the source.

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
    """Result of ``check``: number of items checked, a sentence for each problem, and the repairs that were made.

    ``recall``, only where it is measured, is the mean share of the ten most similar items that a search finds; None
    where there are fewer than two items.
    """

    items: int
    problems: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    recall: float | None = None
