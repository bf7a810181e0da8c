"""Blocking work in threads, so that the event loop never waits, and no more of it than can be done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from sosie.server.bodies import Picture
from sosie.server.problems import Saturated
from sosie.server.settings import Settings

Answer = TypeVar("Answer")
LIGHT_THREADS = 4
FETCHING_THREADS = 16


class Work:
    """A pool for pictures, with a bounded queue; others for short reads and for fetching, which never wait for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._heavy = ThreadPoolExecutor(settings.threads, thread_name_prefix="sosie-work")
        self._light = ThreadPoolExecutor(LIGHT_THREADS, thread_name_prefix="sosie-read")
        self._fetching = ThreadPoolExecutor(FETCHING_THREADS, thread_name_prefix="sosie-fetch")
        self.waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place in the queue, to take before the body is read so that memory is bounded; else ``Saturated``."""
        if self.waiting >= self._settings.queue:
            raise Saturated(f"{self.waiting} requests wait already; try again soon")
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    async def heavy(self, job: Callable[[], Answer]) -> Answer:
        """Do what decodes or embeds pictures; ``Saturated`` where it does not end in time."""
        return await self._within_time(_submit(self._heavy, job))

    async def light(self, job: Callable[[], Answer]) -> Answer:
        """Do what only reads or writes the store."""
        return await self._within_time(_submit(self._light, job))

    async def fetched(self, picture: Picture, fetch: Callable[[str], bytes]) -> bytes:
        """The bytes of a picture: at once where they were sent, else what is behind its URL."""
        if isinstance(picture.source, bytes):
            return picture.source
        return await self._within_time(_submit(self._fetching, partial(fetch, picture.source)))

    async def _within_time(self, future: Future[Answer]) -> Answer:
        try:
            async with asyncio.timeout(self._settings.work_seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise Saturated(f"the work did not end within {self._settings.work_seconds:g} s; try again soon") from error

    def finish(self) -> None:
        """Wait for all that runs; what has not begun is dropped."""
        self._heavy.shutdown(wait=True, cancel_futures=True)
        self._light.shutdown(wait=True, cancel_futures=True)
        self._fetching.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ThreadPoolExecutor, job: Callable[[], Answer]) -> Future[Answer]:
    """Do a job in the context of its request, which what it logs names."""
    return pool.submit(copy_context().run, job)
