"""Runs blocking work in threads, with a bounded queue."""

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
    """A thread pool for pictures, with a bounded queue, and separate pools for short reads and for fetching."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._heavy = ThreadPoolExecutor(settings.threads, thread_name_prefix="sosie-work")
        self._light = ThreadPoolExecutor(LIGHT_THREADS, thread_name_prefix="sosie-read")
        self._fetching = ThreadPoolExecutor(FETCHING_THREADS, thread_name_prefix="sosie-fetch")
        self.waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Takes a place in the queue before the body is read, to limit memory; ``Saturated`` if the queue is full."""
        if self.waiting >= self._settings.queue:
            raise Saturated(f"{self.waiting} requests wait already; try again soon")
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    async def heavy(self, job: Callable[[], Answer]) -> Answer:
        """Runs a job that decodes or embeds pictures; ``Saturated`` if it does not end in time."""
        return await self._within_time(_submit(self._heavy, job))

    async def light(self, job: Callable[[], Answer]) -> Answer:
        """Runs a job that only reads or writes the store."""
        return await self._within_time(_submit(self._light, job))

    async def fetched(self, picture: Picture, fetch: Callable[[str], bytes]) -> bytes:
        """The bytes of a picture. If it is given by URL, it is fetched."""
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
        """Waits for running jobs. Jobs that have not begun are dropped."""
        self._heavy.shutdown(wait=True, cancel_futures=True)
        self._light.shutdown(wait=True, cancel_futures=True)
        self._fetching.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ThreadPoolExecutor, job: Callable[[], Answer]) -> Future[Answer]:
    """Runs a job in the context of its request, for its log records."""
    return pool.submit(copy_context().run, job)
