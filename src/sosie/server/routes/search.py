"""Searches by pictures, by words and by an item."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from sosie.catalog.options import SearchOptions
from sosie.catalog.remote.records import result_from_json
from sosie.images.query import NamedBytes
from sosie.server import presenting
from sosie.server.access import reader
from sosie.server.bodies import Picture, picture_of, read_json, read_query
from sosie.server.routes import PICTURE_PROBLEMS, ItemId, either_body, json_or, problems
from sosie.server.schemas import (
    MOST_TOGETHER,
    AllIn,
    AllOptions,
    ExplainIn,
    IdentificationOut,
    IdentifyIn,
    IdentifyOptions,
    ProductsOut,
    SearchFields,
    SearchIn,
    SearchOut,
    SimilarOptions,
    TextOptions,
)
from sosie.server.state import BaseOf, ServerState, StateOf
from sosie.types import JSON, SearchResult

router = APIRouter(tags=["search"], dependencies=[reader])
PNG = "image/png"


@router.post(
    "/v1/search", response_model=SearchOut, name="search", operation_id="search", responses=problems(*PICTURE_PROBLEMS),
    openapi_extra=either_body(SearchFields, SearchIn, MOST_TOGETHER),
)  # fmt: skip
async def search_route(request: Request, state: StateOf, base: BaseOf) -> JSONResponse:
    """The products most similar to a picture, best first, or in the order of `sort`.

    Several pictures are views of one product.
    """
    async with state.work.place():
        pictures, options = await read_query(request, SearchFields, SearchIn, MOST_TOGETHER)
        images = await arrived(state, pictures)
        result = await state.work.heavy(lambda: _search(state, images, options))
        answer = await answer_json(state, result, base, options.facets)
        if options.explain:
            drawn = await state.work.heavy(lambda: state.catalog.explain(images[0], result, crop=options.crop))
            answer["results"][0]["explanation"] = presenting.as_data_uri(drawn)
    state.count_stages(result.timings)
    return JSONResponse(answer)


@router.post(
    "/v1/search:all", response_model=ProductsOut, name="search all", operation_id="search_all",
    responses=problems(*PICTURE_PROBLEMS), openapi_extra=either_body(AllOptions, AllIn),
)  # fmt: skip
async def search_all_route(request: Request, state: StateOf, base: BaseOf) -> JSONResponse:
    """Every product whose details agree with a photo, each with its region and its own answer."""
    async with state.work.place():
        [picture], options = await read_query(request, AllOptions, AllIn)
        image = NamedBytes(await state.bytes_of(picture), picture.name)
        products = await state.work.heavy(lambda: state.catalog.search_all(image, **options.model_dump()))
    return JSONResponse({"products": [presenting.product(product, base) for product in products]})


@router.get(
    "/v1/items/{item_id:path}/similar", response_model=SearchOut, operation_id="similar", responses=problems(404)
)  # fmt: skip
async def similar(
    item_id: ItemId, options: Annotated[SimilarOptions, Query()], state: StateOf, base: BaseOf
) -> JSONResponse:
    """The other products most similar to an item of the catalog."""
    parameters = options.model_dump(exclude={"item_id", "facets"})
    result = await state.work.heavy(lambda: state.catalog.similar(item_id, **parameters))
    return JSONResponse(await answer_json(state, result, base, options.facets))


@router.get(
    "/v1/search", response_model=SearchOut, operation_id="search_text", responses=problems(),
)  # fmt: skip
async def search_text_route(options: Annotated[TextOptions, Query()], state: StateOf, base: BaseOf) -> JSONResponse:
    """Search by words, best first, or in the order of `sort`. Typing errors are tolerated."""
    parameters = options.model_dump(exclude={"facets"})
    result = await state.work.heavy(lambda: state.catalog.search_text(**parameters))
    state.count_stages(result.timings)
    return JSONResponse(await answer_json(state, result, base, options.facets))


@router.post(
    "/v1/identify", response_model=IdentificationOut, name="identify", operation_id="identify",
    responses=problems(*PICTURE_PROBLEMS), openapi_extra=either_body(IdentifyOptions, IdentifyIn),
)  # fmt: skip
async def identify_route(request: Request, state: StateOf) -> JSONResponse:
    """Classify a picture by an attribute of its nearest items: product, brand or category."""
    async with state.work.place():
        [picture], options = await read_query(request, IdentifyOptions, IdentifyIn)
        image = NamedBytes(await state.bytes_of(picture), picture.name)
        votes = await state.work.heavy(lambda: state.catalog.identify(image, **options.model_dump()))
    return JSONResponse(votes.to_dict())


@router.post(
    "/v1/explain", name="explain", operation_id="explain", openapi_extra=json_or({}, ExplainIn),
    response_class=Response, responses={**problems(*PICTURE_PROBLEMS), 200: {"content": {PNG: {}}}},
)  # fmt: skip
async def explain_route(request: Request, state: StateOf) -> Response:
    """Draw an explanation of the first matches of an answer."""
    async with state.work.place():
        body = await read_json(request, ExplainIn)
        image, result = await state.bytes_of(picture_of(body.image)), result_from_json(body.result.model_dump())
        png = await state.work.heavy(lambda: _explanation(state, image, result, body))
    return Response(png, media_type=PNG)


async def arrived(state: ServerState, pictures: list[Picture]) -> list[NamedBytes]:
    """The bytes of pictures. Pictures given by URL are fetched at the same time."""
    every = await asyncio.gather(*(state.bytes_of(picture) for picture in pictures))
    return [NamedBytes(data, picture.name) for data, picture in zip(every, pictures, strict=True)]


async def answer_json(state: ServerState, result: SearchResult, base: str, facets: Sequence[str]) -> JSON:
    """The JSON of an answer.

    If ``facets`` names attributes, the answer has the number of matches with each of their values.
    """
    answer = presenting.search_answer(result, result.query, base)
    if facets:
        counted = await state.work.light(lambda: state.catalog.facets(facets, answer=result))
        answer["results"][0]["facets"] = [presenting.facet_json(facet) for facet in counted]
    return answer


def _search(state: ServerState, images: Sequence[bytes], fields: SearchFields) -> SearchResult:
    return state.catalog.search_together(images, SearchOptions(**fields.model_dump(exclude={"explain", "facets"})))


def _explanation(state: ServerState, image: bytes, result: SearchResult, body: ExplainIn) -> bytes:
    out = io.BytesIO()
    state.catalog.explain(image, result, crop=body.crop, most=body.most).save(out, "PNG")
    return out.getvalue()
