"""Routes for monitoring. Only the metrics need a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from sosie.errors import StoreUnavailable
from sosie.server.access import reader, visible_catalogs
from sosie.server.routes import problems
from sosie.server.schemas import Health, Readiness, read_status
from sosie.server.served import ServedBy

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="healthz", responses=problems())
async def healthz() -> Health:
    """Check that the process runs; nothing else is checked."""
    return Health(status="ok")


@router.get("/readyz", operation_id="readyz", responses=problems(), response_model_exclude_none=True)
async def readyz(
    request: Request, served: ServedBy, may_see: Annotated[Callable[[str], bool], Depends(visible_catalogs)]
) -> Readiness:
    """Check that the store can be read; 503 if it cannot.

    For several catalogs, the status of each is reported to clients that may see it; 503 if none of them can be read.
    """
    chosen = request.scope["catalog"]
    if chosen is not None:
        await served.work.light(served.named(chosen).catalog.count)
        return Readiness(status="ok")
    counts = await served.counts()
    if not any(count is not None for count in counts.values()):
        raise StoreUnavailable("no catalog can be read")
    return Readiness(
        status="degraded" if None in counts.values() else "ok",
        catalogs={name: read_status(count) for name, count in counts.items() if may_see(name)} or None,
    )


@router.get(
    "/metrics", operation_id="metrics", dependencies=[reader], response_class=Response,
    responses={**problems(), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)  # fmt: skip
async def metrics(served: ServedBy) -> Response:
    """Counts and times in Prometheus's text format."""
    await served.counts()
    return Response(served.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
