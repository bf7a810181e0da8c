"""The state that routes share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from sosie.catalog import Catalog
from sosie.embedders.base import Embedder
from sosie.errors import ImageNotFetched
from sosie.images.fetch.fetcher import QUERY_OPTIONS
from sosie.images.fetch.reasons import Reason
from sosie.images.limits import Limits
from sosie.server.batching import BatchingEmbedder
from sosie.server.bodies import Picture
from sosie.server.metrics import Metrics
from sosie.server.settings import Settings
from sosie.server.work import Work
from sosie.support.cores import usable_cores

NOT_PUBLIC = "the URL leads to an address that is not public; pictures are fetched from public ones only"
"""Message without the address itself. Otherwise clients could learn how names resolve in the server's network."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """A catalog, and resources that it shares with the other catalogs of the process."""

    settings: Settings
    name: str
    catalog: Catalog
    limits: Limits
    work: Work
    metrics: Metrics

    async def bytes_of(self, picture: Picture) -> bytes:
        """The bytes of a picture; ``ImageNotFetched`` if its URL gives none."""
        try:
            return await self.work.fetched(picture, self.catalog.fetch)
        except ImageNotFetched as error:
            if error.reason != Reason.FORBIDDEN_ADDRESS:
                raise
            raise ImageNotFetched(NOT_PUBLIC, error.reason) from error

    def count_stages(self, timings: Mapping[str, float]) -> None:
        """Counts the time of a search of this catalog by stage."""
        self.metrics.stages(self.name, timings)


def served_states(settings: Settings, work: Work, metrics: Metrics) -> dict[str, ServerState]:
    """Each catalog by its name; ``warm`` opens the stores. Catalogs with the same network share its batches."""
    limits = Limits(max_pixels=settings.max_pixels, max_bytes=settings.max_body)
    shared: dict[str, BatchingEmbedder] = {}

    def share(embedder: Embedder) -> Embedder:
        batching = BatchingEmbedder(embedder, usable_cores(), metrics.batch)
        return shared.setdefault(embedder.spec.fingerprint, batching)

    def opened(uri: str) -> Catalog:
        return Catalog(
            uri, embedder=settings.embedder, limits=limits, fetch=replace(QUERY_OPTIONS, max_bytes=settings.max_body),
            wrap=share, threads=1, quick=settings.quick,
        )  # fmt: skip

    return {
        name: ServerState(settings, name, opened(uri), limits, work, metrics) for name, uri in settings.catalogs.items()
    }


async def state_of(request: Request) -> ServerState:
    """The state of a request's catalog; ``UnknownCatalog`` if its URL names none."""
    state: ServerState = request.app.state.served.named(request.scope["catalog"])
    return state


async def base_of(request: Request) -> str:
    """The path under which the client reaches the catalog; "" for the root. Links in responses begin with it."""
    base: str = request.scope.get("root_path", "")
    return base


StateOf = Annotated[ServerState, Depends(state_of)]
BaseOf = Annotated[str, Depends(base_of)]
