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
"""Text of any length. Limits are checked where it is written."""

Id: TypeAlias = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]*$")]
Scalar: TypeAlias = bool | int | float | Text
AttributeIn: TypeAlias = Scalar | list[Text]
K: TypeAlias = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MAX_K)]
Conditions: TypeAlias = Annotated[
    list[Text],
    Field(
        max_length=MOST_CONDITIONS,
        description='Conditions that must all be met, such as "brand=Acme" or "price<20 or not has price".',
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
    """A picture, by URL or in base64."""

    url: AnyHttpUrl | None = None
    base64: Annotated[str, StringConstraints(min_length=1)] | None = None

    @model_validator(mode="after")
    def _require_either(self) -> PictureIn:
        if (self.url is None) == (self.base64 is None):
            raise ValueError("give either url or base64")
        return self


class SearchFields(_Strict):
    """Options of a search."""

    k: K = Field(10, description="How many products to return.")
    where: Conditions = Field(default_factory=list)
    crop: Crop | None = None
    min_probability: float | None = Field(None, ge=0, le=1, description="Only matches at least this probable.")
    text: Searched | None = Field(None, description="Words beside the picture, such as 'but in blue'.")
    minus: Text = Field("", description="Words to avoid.")
    weight: float = Field(WEIGHT, ge=0, le=1, description="How much the words count beside the picture.")
    sort: Sort = None
    facets: AnswerFacets = Field(default_factory=list)
    explain: bool = Field(False, description="Add a picture that explains the first matches.")


class SearchIn(SearchFields):
    """A search by JSON: one picture, or several of one product."""

    images: Annotated[list[PictureIn], Field(min_length=1, max_length=MOST_TOGETHER)]


class AllOptions(_Strict):
    """Options of a search for every product in a photo."""

    k: K = Field(10, description="Number of products for each region.")
    where: Conditions = Field(default_factory=list)
    crop: Crop | None = None
    min_probability: float | None = Field(None, ge=0, le=1, description="Only matches at least this probable.")
    sort: Sort = None


class AllIn(AllOptions):
    """A search for every product by JSON, with the picture."""

    image: PictureIn


class ItemIn(_Strict):
    """An item without its picture. Without ``product_id``, the item is its own product."""

    product_id: Id | None = None
    links: list[Text] = Field(default_factory=list)
    attributes: dict[Id, AttributeIn] = Field(default_factory=dict)
    name: Text | None = Field(None, description="What the picture is called, such as its file name.")


class ItemWithPicture(ItemIn):
    """An item by JSON."""

    image: PictureIn


class BatchItem(ItemWithPicture):
    """An item of a batch."""

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
    """The number of existing items that were changed; durable when the response is sent."""

    updated: int


class FeedbackOptions(_Strict):
    """Feedback on a match: whether the picture shows the item's product."""

    item_id: Id
    confirmed: bool
    crop: Crop | None = None
    name: Text | None = Field(None, description="What the picture is called, such as its file name.")


class FeedbackIn(FeedbackOptions):
    """Feedback by JSON, with the picture of the query."""

    image: PictureIn


class IdentifyOptions(_Strict):
    """The attribute to determine, and the items that vote."""

    by: Text = Field(BY_PRODUCT, description="The attribute to determine: brand, category, …")
    k: K = Field(10, description="How many neighbors vote.")
    where: Conditions = Field(default_factory=list)
    crop: Crop | None = None


class IdentifyIn(IdentifyOptions):
    """An identification by JSON, with the picture."""

    image: PictureIn


Corners: TypeAlias = Annotated[list[tuple[float, float]], Field(description="(x, y) in fractions of width and height.")]


class LooksEvidenceOut(_Strict):
    """The match has no evidence besides its score."""


class DetailsEvidenceOut(_Strict):
    """Local features of the query and of the item ``item_id`` agree in geometry."""

    item_id: str
    inliers: int
    distinct: int
    share: float
    spread: float
    query_polygon: Corners
    item_polygon: Corners


class CodeEvidenceOut(_Strict):
    """The product's barcode or QR code is in the query. Details may agree too."""

    code: str
    format: str
    code_polygon: Corners
    details: DetailsEvidenceOut | None


class MatchOut(BaseModel):
    """A product in an answer. ``rank`` is its position."""

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
    """The answer to a query."""

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
    """A product in a photo, and the answer for its region. The verdict is about this product."""

    region: tuple[float, float, float, float] = Field(
        description="x, y, width, height in fractions of the searched picture; usable as a crop."
    )
    result: ResultOut


class ProductsOut(BaseModel):
    """The products in a photo, the most probable first."""

    products: list[ProductOut]


class ExplainIn(_Strict):
    """An answer of ``/v1/search``, and the picture of the query."""

    image: PictureIn
    result: ResultOut
    crop: Crop | None = None
    most: int = Field(3, ge=1, le=MOST_EXPLAINED, description="How many matches to explain.")


class LabelOut(BaseModel):
    """A value with the votes of neighbors, and the nearest of these neighbors."""

    label: str
    share: float
    votes: int
    item_id: str
    score: float


class IdentificationOut(BaseModel):
    """The values, best first. ``silent`` is the number of neighbors without this attribute."""

    query: str
    by: str
    labels: list[LabelOut]
    neighbours: int
    silent: int


class FeedbackOut(BaseModel):
    """Feedback on a match, and the vector that was active."""

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
    """The valid feedback, oldest first, and the numbers of ignored entries."""

    entries: list[FeedbackOut]
    superseded: int
    foreign: int
    unreadable: int


class SearchOut(BaseModel):
    """Answers, as the command line prints them with ``--json``."""

    results: list[ResultOut]


class ItemOut(BaseModel):
    """An item of the catalog."""

    item_id: str
    product_id: str
    image: str | list[str]
    thumbnail: str
    links: list[str]
    attributes: dict[str, Any]
    content_sha256: str
    updated_at: float


class ItemPage(BaseModel):
    """A page of items. ``next`` is the cursor of the next page; null on the last page."""

    items: list[ItemOut]
    total: int
    next: str | None


class RejectionOut(BaseModel):
    """A rejected item, and the reason."""

    item_id: str
    stage: str
    reason: str


class Written(BaseModel):
    """The result of a write, in numbers of items; durable when the response is sent."""

    added: int
    updated: int
    unchanged: int
    rejected: list[RejectionOut]


class StatsOut(BaseModel):
    """Statistics of the catalog."""

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
        description="Attributes by role, such as title, brand, price, currency and category, the likeliest first."
    )


class FacetValue(BaseModel):
    """A value, and the number of items that have it."""

    value: str | float | bool
    items: int


class FacetOut(BaseModel):
    """The values of an attribute."""

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
    """The status of a catalog by its number of items, which is None if the catalog cannot be read."""
    return "unavailable" if items is None else "ok"


class Health(BaseModel):
    """The health of the server."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether the server can answer searches, and the status of each of several catalogs."""

    status: Literal["ok", "degraded"]
    catalogs: dict[str, ReadStatus] | None = None


class CatalogOut(BaseModel):
    """A catalog of the server. Its routes are below ``address``."""

    name: str
    status: ReadStatus
    items: int | None = Field(description="null while it cannot be read.")
    address: str


class CatalogsOut(BaseModel):
    """The catalogs that the key opens, in the server's order."""

    catalogs: list[CatalogOut]


class NoOptions(_Strict):
    """No options besides the picture."""


class PreviewIn(NoOptions):
    """A preview by JSON."""

    image: PictureIn


class SimilarOptions(_Strict):
    """Options of a search by an item, with words that steer it."""

    k: K = 10
    where: Conditions = Field(default_factory=list)
    text: Searched | None = None
    minus: Text = ""
    weight: float = Field(WEIGHT, ge=0, le=1)
    sort: Sort = None
    facets: AnswerFacets = Field(default_factory=list)


class TextOptions(_Strict):
    """Words to search for, and options."""

    text: Searched
    minus: Text = Field("", description="Words that products must not have.")
    k: K = 10
    where: Conditions = Field(default_factory=list)
    sort: Sort = None
    facets: AnswerFacets = Field(default_factory=list)


class MoreOptions(_Strict):
    """The place from which a search continues."""

    cursor: Annotated[Text, Field(min_length=1, description="`next` of the answer before.")]
    k: K = 10


class ItemsOptions(_Strict):
    """Options of a list of items."""

    where: Conditions = Field(default_factory=list)
    limit: int = Field(50, ge=1, le=MOST_ON_A_PAGE)
    sort: Sort = None
    cursor: Text | None = Field(None, description="`next` of the previous page.")
    after: Text = Field("", description="Begin after this item_id; not with a cursor.")


class FacetsOptions(_Strict):
    """The attributes to count (all if none is named), and the items."""

    name: list[Text] = Field(default_factory=list)
    where: Conditions = Field(default_factory=list)
    limit: int = Field(20, ge=1, description="How many values of each attribute.")
    disjunctive: bool = Field(
        False, description="Count an attribute's values without the conditions on this attribute."
    )


class ItemSimilarOptions(SimilarOptions):
    """An item to search by, and options."""

    item_id: Id


class LabelOptions(_Strict):
    """The label to search in."""

    label_id: Text


class ReferenceOut(BaseModel):
    """An answer in the format of the reference system's search engine."""

    took: int
    timed_out: bool
    hits: dict[str, Any]
