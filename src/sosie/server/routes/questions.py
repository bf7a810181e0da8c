"""Queries with a body, for conditions that are too long for a URL."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sosie.server import presenting
from sosie.server.access import reader
from sosie.server.bodies import read_json
from sosie.server.routes import items, json_or, problems, search, stats
from sosie.server.schemas import (
    FacetsOptions,
    FacetsOut,
    ItemPage,
    ItemSimilarOptions,
    ItemsOptions,
    MoreOptions,
    SearchOut,
    TextOptions,
)
from sosie.server.state import BaseOf, StateOf

router = APIRouter(dependencies=[reader])
_PROBLEMS = (408, 413, 415)


@router.post(
    "/v1/items:query", response_model=ItemPage, operation_id="query_items", responses=problems(*_PROBLEMS),
    openapi_extra=json_or({}, ItemsOptions), tags=["items"],
)  # fmt: skip
async def query_items(request: Request, state: StateOf, base: BaseOf) -> JSONResponse:
    """The items that pass ``where``, ordered by id or by an attribute, page by page."""
    return await items.list_items(await read_json(request, ItemsOptions), state, base)


@router.post(
    "/v1/items:similar", response_model=SearchOut, operation_id="query_similar", responses=problems(404, *_PROBLEMS),
    openapi_extra=json_or({}, ItemSimilarOptions), tags=["search"],
)  # fmt: skip
async def query_similar(request: Request, state: StateOf, base: BaseOf) -> JSONResponse:
    """The other products most similar to an item of the catalog."""
    options = await read_json(request, ItemSimilarOptions)
    return await search.similar(options.item_id, options, state, base)


@router.post(
    "/v1/search:text", response_model=SearchOut, operation_id="query_text", responses=problems(*_PROBLEMS),
    openapi_extra=json_or({}, TextOptions), tags=["search"],
)  # fmt: skip
async def query_text(request: Request, state: StateOf, base: BaseOf) -> JSONResponse:
    """Search by words, best first. Typing errors are tolerated."""
    return await search.search_text_route(await read_json(request, TextOptions), state, base)


@router.post(
    "/v1/search:more", response_model=SearchOut, operation_id="search_more", responses=problems(*_PROBLEMS),
    openapi_extra=json_or({}, MoreOptions), tags=["search"],
)  # fmt: skip
async def search_more(request: Request, state: StateOf, base: BaseOf) -> JSONResponse:
    """The next matches of a search. Give the `next` of the previous answer."""
    options = await read_json(request, MoreOptions)
    result = await state.work.heavy(lambda: state.catalog.more(options.cursor, options.k))
    return JSONResponse(presenting.search_answer(result, result.query, base))


@router.post(
    "/v1/attributes:query", response_model=FacetsOut, operation_id="query_attributes", responses=problems(*_PROBLEMS),
    openapi_extra=json_or({}, FacetsOptions), tags=["catalog"],
)  # fmt: skip
async def query_attributes(request: Request, state: StateOf) -> JSONResponse:
    """The values of attributes, most frequent first, and the range of numbers. Only items that pass ``where`` count."""
    return await stats.attributes(await read_json(request, FacetsOptions), state)
