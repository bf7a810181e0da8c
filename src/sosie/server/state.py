"""What the routes of one process share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from sosie.catalog import Catalog
from sosie.errors import ImageNotFetched
from sosie.images.fetch.fetcher import QUERY_OPTIONS
from sosie.images.fetch.reasons import Reason
from sosie.images.limits import Limits
from sosie.server.access import Access
from sosie.server.batching import BatchingEmbedder
from sosie.server.bodies import Picture
from sosie.server.keys import KeyRing
from sosie.server.metrics import Metrics
from sosie.server.settings import Settings
from sosie.server.work import Work
from sosie.support.cores import usable_cores

NOT_PUBLIC = "the URL leads to an address that is not public; pictures are fetched from public ones only"
"""Instead of the address itself: a caller shall not learn how names resolve inside the server's network."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """One catalogue and all that answers for it."""

    settings: Settings
    limits: Limits
    catalog: Catalog
    work: Work
    metrics: Metrics
    access: Access

    @classmethod
    def of(cls, settings: Settings) -> ServerState:
        """Everything but the store itself, which ``warm`` opens."""
        work = Work(settings)
        metrics = Metrics(lambda: work.waiting)
        limits = Limits(max_pixels=settings.max_pixels, max_bytes=settings.max_body)
        catalog = Catalog(
            settings.store, embedder=settings.embedder, limits=limits,
            fetch=replace(QUERY_OPTIONS, max_bytes=settings.max_body),
            wrap=lambda embedder: BatchingEmbedder(embedder, usable_cores(), metrics.batch), threads=1,
            quick=settings.quick,
        )  # fmt: skip
        keys = KeyRing(settings.keys) if settings.keys else None
        return cls(settings, limits, catalog, work, metrics, Access(settings, keys))

    async def bytes_of(self, picture: Picture) -> bytes:
        """The bytes of a picture; ``ImageNotFetched`` where its URL gives none."""
        try:
            return await self.work.fetched(picture, self.catalog.fetch)
        except ImageNotFetched as error:
            if error.reason != Reason.FORBIDDEN_ADDRESS:
                raise
            raise ImageNotFetched(NOT_PUBLIC, error.reason) from error

    def close(self) -> None:
        """Finish what runs, then let go of everything."""
        self.work.finish()
        self.catalog.close()


async def state_of(request: Request) -> ServerState:
    """The state of the app that answers a request."""
    state: ServerState = request.app.state.sosie
    return state


async def base_of(request: Request) -> str:
    """The path under which the caller reaches the server, "" for the root; links in answers begin with it."""
    base: str = request.scope.get("root_path", "")
    return base


StateOf = Annotated[ServerState, Depends(state_of)]
BaseOf = Annotated[str, Depends(base_of)]
