"""The catalogs of a server process."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

import anyio
from fastapi import Depends, Request

from sosie.errors import SosieError
from sosie.server.access import Access
from sosie.server.keys import KeyRing
from sosie.server.metrics import Metrics
from sosie.server.naming import PREFIX
from sosie.server.problems import UnknownCatalog
from sosie.server.settings import Settings
from sosie.server.state import ServerState, served_states
from sosie.server.work import Work

_log = logging.getLogger("sosie.server")


class ServedCatalogs:
    """The catalogs of a server. An unreadable one does not affect the others, and is tried again at each request."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.work = Work(settings)
        self.metrics = Metrics(lambda: self.work.waiting, settings.catalogs)
        self.access = Access(settings, KeyRing(settings.keys) if settings.keys else None)
        self._states = served_states(settings, self.work, self.metrics)

    @property
    def only(self) -> str | None:
        """The catalog's name if there is only one catalog."""
        [first, *rest] = self._states
        return None if rest else first

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the catalogs, in the order given."""
        return tuple(self._states)

    def named(self, name: str | None) -> ServerState:
        """The catalog with this name; ``UnknownCatalog`` if there is none. Without a name, the only catalog."""
        if name is None:
            raise UnknownCatalog(
                f"this server has several catalogs: name one, as in {PREFIX}/NAME/v1/search; /v1/catalogs lists them"
            )
        if name not in self._states:
            raise UnknownCatalog(f"there is no catalog {name!r}; /v1/catalogs lists all")
        return self._states[name]

    async def warm(self) -> None:
        """Opens every catalog and loads its network. If there are several, failures are logged."""
        for name, state in self._states.items():
            try:
                await anyio.to_thread.run_sync(state.catalog.warm)
            except SosieError as error:
                if self.only:
                    raise
                _log.error("the catalog %s cannot be opened: %s", name, error)

    async def counts(self) -> dict[str, int | None]:
        """The number of items of each catalog; None for a catalog that cannot be read."""
        counts = await asyncio.gather(*(self._count(state) for state in self._states.values()))
        return dict(zip(self._states, counts, strict=True))

    async def _count(self, state: ServerState) -> int | None:
        try:
            count = await self.work.light(state.catalog.count)
        except SosieError as error:
            _log.error("the catalog %s cannot be read: %s", state.name, error)
            count = None
        self.metrics.up(state.name, count is not None)
        return count

    def close(self) -> None:
        """Finishes running work, then closes everything."""
        self.work.finish()
        for state in self._states.values():
            state.catalog.close()


async def served_by(request: Request) -> ServedCatalogs:
    """The catalogs of the app for a request."""
    served: ServedCatalogs = request.app.state.served
    return served


ServedBy = Annotated[ServedCatalogs, Depends(served_by)]
