"""For those who watch over the server. None needs a key but the metrics."""

from __future__ import annotations

from fastapi import APIRouter, Response

from sosie.server.access import reader
from sosie.server.routes import problems
from sosie.server.schemas import Health
from sosie.server.state import StateOf

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="healthz", responses=problems())
async def healthz() -> Health:
    """Whether the process answers; touches nothing."""
    return Health(status="ok")


@router.get("/readyz", operation_id="readyz", responses=problems())
async def readyz(state: StateOf) -> Health:
    """Whether the store can be read: 503 while it cannot."""
    await state.work.light(state.catalog.count)
    return Health(status="ok")


@router.get(
    "/metrics", operation_id="metrics", dependencies=[reader], response_class=Response,
    responses={**problems(), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)  # fmt: skip
async def metrics(state: StateOf) -> Response:
    """Counts and times in Prometheus's text format."""
    return Response(state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
