"""Statistics and attributes of the catalog."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from sosie.server import presenting
from sosie.server.access import reader
from sosie.server.routes import problems
from sosie.server.schemas import FacetsOptions, FacetsOut, StatsOut
from sosie.server.state import ServerState, StateOf
from sosie.types import Facet

router = APIRouter(tags=["catalog"])


@router.get("/v1/stats", response_model=StatsOut, operation_id="stats", responses=problems(), dependencies=[reader])
async def stats(state: StateOf) -> JSONResponse:
    """Statistics of the catalog, and its embedder."""
    statistics = asdict(await state.work.light(state.catalog.stats))
    return JSONResponse({**statistics, "store": state.settings.store_name(state.name)})


@router.get(
    "/v1/attributes", response_model=FacetsOut, operation_id="attributes", responses=problems(), dependencies=[reader]
)
async def attributes(options: Annotated[FacetsOptions, Query()], state: StateOf) -> JSONResponse:
    """The values of attributes, most frequent first, and the range of numbers. Only items that pass ``where`` count."""
    facets = await state.work.light(lambda: _count(state, options))
    return JSONResponse({"attributes": [presenting.facet_json(facet) for facet in facets]})


def _count(state: ServerState, options: FacetsOptions) -> list[Facet]:
    return state.catalog.facets(options.name, options.where, options.limit, disjunctive=options.disjunctive)
