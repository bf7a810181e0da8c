"""The endpoint of the reference system, with its JSON."""

from __future__ import annotations

from pathlib import PurePosixPath
from time import perf_counter

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sosie.server.access import reader
from sosie.server.bodies import MULTIPART, media_type, read_query
from sosie.server.problems import WrongMediaType
from sosie.server.routes import PICTURE_PROBLEMS, form_body, problems
from sosie.server.schemas import LabelOptions, ReferenceOut
from sosie.server.state import StateOf
from sosie.types import JSON, Match, SearchResult

router = APIRouter(tags=["reference"], dependencies=[reader])
LABEL = "label"
MOST_HITS = 10


@router.post(
    "/images/search/", response_model=ReferenceOut, operation_id="reference_search",
    responses=problems(*PICTURE_PROBLEMS), openapi_extra=form_body(LabelOptions),
)  # fmt: skip
async def reference_search(request: Request, state: StateOf) -> JSONResponse:
    """At most ten pictures with a label, best first. The label is the attribute ``label`` of iMaterialist catalogs."""
    began = perf_counter()
    if media_type(request) != MULTIPART:
        raise WrongMediaType(f"expected a form, {MULTIPART}, with the fields label_id and image")
    async with state.work.place():
        [picture], options = await read_query(request, LabelOptions, LabelOptions)
        data = await state.bytes_of(picture)
        where = {LABEL: options.label_id}
        result = await state.work.heavy(lambda: state.catalog.search(data, MOST_HITS, where=where))
    return JSONResponse(_in_its_shape(result, options.label_id, round((perf_counter() - began) * 1000)))


def _in_its_shape(result: SearchResult, label: str, took: int) -> JSON:
    hits = [_hit(match, label) for match in result.matches]
    best = hits[0]["_score"] if hits else None
    total = {"value": len(hits), "relation": "eq"}
    return {"took": took, "timed_out": False, "hits": {"total": total, "max_score": best, "hits": hits}}


def _hit(match: Match, label: str) -> dict[str, JSON]:
    name = match.item_id if PurePosixPath(match.item_id).suffix else f"{match.item_id}.jpg"
    return {"_index": label, "_id": match.item_id, "_score": match.score, "_source": {"image_name": name}}
