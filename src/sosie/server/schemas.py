"""The JSON of the API."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AnyHttpUrl, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from sosie.catalog.options import MAX_K, WEIGHT
from sosie.evaluation.relevance import BY_PRODUCT
from sosie.filters import MOST_CONDITIONS
from sosie.types import AttributeType, Verdict

MOST_IN_A_BATCH = 100
MOST_TOGETHER = 8
MOST_ON_A_PAGE = 500
MOST_EXPLAINED = 10


def _whole(value: object) -> object:
    if isinstance(value, float | bool) or (isinstance(value, str) and not re.fullmatch(r"-?\d+", value)):
        raise ValueError(f"{value!r} was given; expected a whole number, such as 3")
    return value


Text: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""As long as the body allows: what may be in a catalog is decided where it is written, not on the way there."""

Id: TypeAlias = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]*$")]
Scalar: TypeAlias = bool | int | float | Text
AttributeIn: TypeAlias = Scalar | list[Text]
K: TypeAlias = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MAX_K)]
Conditions: TypeAlias = Annotated[
    list[Text],
    Field(
        max_length=MOST_CONDITIONS,
        description='Conditions that must all hold, such as "brand=Acme" or "price<20 or not has price".',
    ),
]
Sort: TypeAlias = Annotated[
    Text | None,
    Field(description='An attribute to sort by: "price" begins with the lowest, "-price" with the highest.'),
]
AnswerFacets: TypeAlias = Annotated[
    list[Text], Field(description="Attributes whose values are counted over the matches, as `facets` of the answer.")
]
Crop: TypeAlias = Annotated[
    str, Field(max_length=100, description="Region to search: x,y,w,h in pixels, or in fractions of the picture.")
]


Searched: TypeAlias = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]*\S[^\x00]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PictureIn(_Strict):
    """A picture by URL, or in base64; one of the two."""

    url: AnyHttpUrl | None = None
    base64: Annotated[str, StringConstraints(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> PictureIn:
        if (self.url is None) == (self.base64 is None):
            raise ValueError("give either url or base64")
        return self


class SearchFields(_Strict):
    """How to search."""

    k: K = Field(10, description="How many products to answer.")
    where: Conditions = Field(default_factory=list)
    crop: Crop | None = None
    min_probability: float | None = Field(None, ge=0, le=1, description="Only matches at least this probable.")
    text: Searched | None = Field(None, description="Words beside the picture, such as 'but in blue'.")
    minus: Text = Field("", description="Words to keep away from.")
    weight: float = Field(WEIGHT, ge=0, le=1, description="How much the words count beside the picture.")
    sort: Sort = None
    facets: AnswerFacets = Field(default_factory=list)
    explain: bool = Field(False, description="Add a picture that says why the first matches were found.")


class SearchIn(SearchFields):
    """A search by JSON: one picture, or several of one product."""

    images: Annotated[list[PictureIn], Field(min_length=1, max_length=MOST_TOGETHER)]


class AllOptions(_Strict):
    """How to search for every product in a photo."""

    k: K = Field(10, description="How many products to answer for each place.")
    where: Conditions = Field(default_factory=list)
    crop: Crop | None = None
    min_probability: float | None = Field(None, ge=0, le=1, description="Only matches at least this probable.")
    sort: Sort = None


class AllIn(AllOptions):
    """A search for every product by JSON, with the picture."""

    image: PictureIn


class ItemIn(_Strict):
    """What an item is, beside its picture. Without ``product_id`` the item is a product of its own."""

    product_id: Id | None = None
    links: list[Text] = Field(default_factory=list)
    attributes: dict[Id, AttributeIn] = Field(default_factory=dict)
    name: Text | None = Field(None, description="What the picture is called, such as its file name.")


class ItemWithPicture(ItemIn):
    """An item by JSON."""

    image: PictureIn


class BatchItem(ItemWithPicture):
    """One item of a batch."""

    item_id: Id


class BatchIn(_Strict):
    """Up to 100 items to add or replace."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=MOST_IN_A_BATCH)]


class ItemChange(_Strict):
    """Attributes of an item to set; null removes one."""

    attributes: dict[Id, AttributeIn | None]


class ItemsChange(_Strict):
    """Attributes to set, by item_id."""

    items: Annotated[dict[Id, dict[Id, AttributeIn | None]], Field(min_length=1)]


class Updated(BaseModel):
    """How many of the items exist, and were changed; durable when it is answered."""

    updated: int


class FeedbackOptions(_Strict):
    """What a person said of a match: does the picture show the item's product?"""

    item_id: Id
    confirmed: bool
    crop: Crop | None = None
    name: Text | None = Field(None, description="What the picture is called, such as its file name.")


class FeedbackIn(FeedbackOptions):
    """Feedback by JSON, with the picture that was asked with."""

    image: PictureIn


class IdentifyOptions(_Strict):
    """Which attribute to tell, and which items vote."""

    by: Text = Field(BY_PRODUCT, description="The attribute to tell: brand, category, …")
    k: K = Field(10, description="How many neighbours vote.")
    where: Conditions = Field(default_factory=list)
    crop: Crop | None = None


class IdentifyIn(IdentifyOptions):
    """An identification by JSON, with the picture."""

    image: PictureIn


Corners: TypeAlias = Annotated[list[tuple[float, float]], Field(description="(x, y) in shares of width and height.")]


class LooksEvidenceOut(_Strict):
    """Nothing but its score speaks for the match."""


class DetailsEvidenceOut(_Strict):
    """Local features of the query and of the item ``item_id`` agree in their geometry."""

    item_id: str
    inliers: int
    distinct: int
    share: float
    spread: float
    query_polygon: Corners
    item_polygon: Corners


class CodeEvidenceOut(_Strict):
    """The product's barcode or QR code is in the query; its details may agree, too."""

    code: str
    format: str
    code_polygon: Corners
    details: DetailsEvidenceOut | None


class MatchOut(BaseModel):
    """One product in an answer; ``rank`` is the order."""

    rank: int
    product_id: str
    item_id: str
    score: float | None
    same_product: float | None
    image: str | list[str]
    thumbnail: str | None
    links: list[str]
    attributes: dict[str, Any]
    views: int
    evidence: CodeEvidenceOut | DetailsEvidenceOut | LooksEvidenceOut
    content_sha256: str = ""


class ResultOut(BaseModel):
    """The answer to one query."""

    query: str
    verdict: Verdict | None
    matches: list[MatchOut]
    embedder: str
    calibration: str | None
    timings: dict[str, float]
    next: str | None = Field(None, description="`cursor` of POST /v1/search:more; null where there is no more.")
    facets: list[FacetOut] | None = Field(None, description="With facets: their values over the matches.")
    explanation: str | None = Field(None, description="With explain: a JPEG as a data URI.")


class ProductOut(BaseModel):
    """A product in a photo, and the answer to its region alone, whose verdict is about this product."""

    region: tuple[float, float, float, float] = Field(
        description="x, y, width, height in shares of the picture that was searched; good as a crop."
    )
    result: ResultOut


class ProductsOut(BaseModel):
    """The products in a photo, the most probable first."""

    products: list[ProductOut]


class ExplainIn(_Strict):
    """An answer of ``/v1/search``, and the picture that was searched with."""

    image: PictureIn
    result: ResultOut
    crop: Crop | None = None
    most: int = Field(3, ge=1, le=MOST_EXPLAINED, description="How many matches to explain.")


class LabelOut(BaseModel):
    """A value that neighbours voted for, and the nearest of them."""

    label: str
    share: float
    votes: int
    item_id: str
    score: float


class IdentificationOut(BaseModel):
    """The values, best first; ``silent`` neighbours have no such attribute."""

    query: str
    by: str
    labels: list[LabelOut]
    neighbours: int
    silent: int


class FeedbackOut(BaseModel):
    """What a person said of a match, and which vector had answered."""

    opinion: Literal["confirmed", "rejected"]
    item_id: str
    product_id: str
    query: str
    content_sha256: str
    fingerprint: str
    generation: str
    views: int
    given_at: float


class FeedbackLogOut(BaseModel):
    """The feedback that counts, in the order given, and how many entries do not."""

    entries: list[FeedbackOut]
    superseded: int
    foreign: int
    unreadable: int


class SearchOut(BaseModel):
    """What the command line prints with ``--json``, too."""

    results: list[ResultOut]


class ItemOut(BaseModel):
    """One item of the catalogue."""

    item_id: str
    product_id: str
    image: str | list[str]
    thumbnail: str
    links: list[str]
    attributes: dict[str, Any]
    content_sha256: str
    updated_at: float


class ItemPage(BaseModel):
    """Some items in order of their ids; ``next`` is the cursor of the following page, null on the last."""

    items: list[ItemOut]
    total: int
    next: str | None


class RejectionOut(BaseModel):
    """An item that could not go on, and why."""

    item_id: str
    stage: str
    reason: str


class Written(BaseModel):
    """What a write did, in numbers of items, durable when it is answered."""

    added: int
    updated: int
    unchanged: int
    rejected: list[RejectionOut]


class StatsOut(BaseModel):
    """What the catalogue holds."""

    store: str
    items: int
    products: int
    embedder: str
    fingerprint: str
    vectors: dict[str, int]
    attributes: dict[str, AttributeType]
    adapted: bool
    calibration: str | None
    roles: dict[str, list[str]] = Field(
        description="Which attributes play title, brand, price, currency, category and so on, the likeliest first."
    )


class FacetValue(BaseModel):
    """A value, and how many items have it."""

    value: str | float | bool
    items: int


class FacetOut(BaseModel):
    """What one attribute holds."""

    attribute: str
    type: AttributeType
    values: list[FacetValue]
    distinct: int
    minimum: float | None
    maximum: float | None


class FacetsOut(BaseModel):
    """Values and ranges for filters."""

    attributes: list[FacetOut]


ReadStatus: TypeAlias = Literal["ok", "unavailable"]


def read_status(items: int | None) -> ReadStatus:
    """What a count of a catalog's items, None where there is none, says of the catalog."""
    return "unavailable" if items is None else "ok"


class Health(BaseModel):
    """Whether the server lives, or can answer searches."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether the server can answer searches; of several catalogs, which can be read."""

    status: Literal["ok", "degraded"]
    catalogs: dict[str, ReadStatus] | None = None


class CatalogOut(BaseModel):
    """A catalog of the server: everything of it is below ``address``."""

    name: str
    status: ReadStatus
    items: int | None = Field(description="null while it cannot be read.")
    address: str


class CatalogsOut(BaseModel):
    """The catalogs that the key opens, in the server's order."""

    catalogs: list[CatalogOut]


class NoOptions(_Strict):
    """Nothing beside the picture."""


class PreviewIn(NoOptions):
    """A preview by JSON."""

    image: PictureIn


class SimilarOptions(_Strict):
    """How to search by an item, and words that steer it."""

    k: K = 10
    where: Conditions = Field(default_factory=list)
    text: Searched | None = None
    minus: Text = ""
    weight: float = Field(WEIGHT, ge=0, le=1)
    sort: Sort = None
    facets: AnswerFacets = Field(default_factory=list)


class TextOptions(_Strict):
    """Words to search for, and how."""

    text: Searched
    minus: Text = Field("", description="Words that products must not have.")
    k: K = 10
    where: Conditions = Field(default_factory=list)
    sort: Sort = None
    facets: AnswerFacets = Field(default_factory=list)


class MoreOptions(_Strict):
    """Where a search goes on."""

    cursor: Annotated[Text, Field(min_length=1, description="`next` of the answer before.")]
    k: K = 10


class ItemsOptions(_Strict):
    """Which items to list."""

    where: Conditions = Field(default_factory=list)
    limit: int = Field(50, ge=1, le=MOST_ON_A_PAGE)
    sort: Sort = None
    cursor: Text | None = Field(None, description="`next` of the page before.")
    after: Text = Field("", description="Begin behind this item_id; not beside a cursor.")


class FacetsOptions(_Strict):
    """Which attributes to count, over which items; all where none is named."""

    name: list[Text] = Field(default_factory=list)
    where: Conditions = Field(default_factory=list)
    limit: int = Field(20, ge=1, description="How many values of each attribute.")
    disjunctive: bool = Field(False, description="Count an attribute's values without the conditions on it alone.")


class ItemSimilarOptions(SimilarOptions):
    """Which item to search by, and how."""

    item_id: Id


class LabelOptions(_Strict):
    """The label to search in."""

    label_id: Text


class ReferenceOut(BaseModel):
    """An answer in the shape of the reference system's search engine."""

    took: int
    timed_out: bool
    hits: dict[str, Any]
