"""The event loop in a thread of its own: jobs go in, answers come out, decoding happens beside it."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic

from sosie.images.fetch.messages import Arrived, Body, Job, Result, T
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.fetch.reasons import FetchError

_NAME_LOOKUPS = 16


class Requester(Generic[T]):
    """Answers jobs in any order. ``use`` turns a body into what the caller wants, in one of ``options.threads`` threads.

    ``use`` may raise ``FetchError``, which becomes the answer; any other exception is raised by ``next``, once.
    """

    def __init__(self, options: FetchOptions, world: World, use: Callable[[Body], T]) -> None:
        self._options = options
        self._world = world
        self._use = use
        self._answers: queue.SimpleQueue[tuple[Job, Result[T] | BaseException]] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(options.threads, "sosie-pictures")
        self._names = ThreadPoolExecutor(_NAME_LOOKUPS, "sosie-names")
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="sosie-fetch", daemon=True)
        self._thread.start()

    def submit(self, job: Job, keep: bool = True) -> None:
        """Sends one request for ``job.target``; its answer comes out of ``next``. ``keep`` keeps the connection."""
        self._loop.call_soon_threadsafe(self._start, job, keep)

    def next(self, timeout: float | None) -> tuple[Job, Result[T]] | None:
        """The next answer, or None where none came within ``timeout`` seconds; ``job.seconds`` has grown by its time."""
        try:
            job, result = self._answers.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(result, BaseException) and not isinstance(result, FetchError):
            raise result
        return job, result

    def close(self) -> None:
        """Drops what is under way and ends the threads."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._names.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        from sosie.images.fetch.transport import Transport

        asyncio.set_event_loop(self._loop)
        self._loop.set_default_executor(self._names)
        self._transport = self._loop.run_until_complete(_built(lambda: Transport(self._options, self._world)))
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._wind_up())
            self._loop.close()

    async def _wind_up(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._transport.close()
        await asyncio.sleep(0)

    def _start(self, job: Job, keep: bool) -> None:
        task = self._loop.create_task(self._answer(job, keep))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, job: Job, keep: bool) -> None:
        begun = self._loop.time()
        try:
            result: Result[T] | BaseException = await self._ask(job, keep, begun)
        except Exception as error:
            result = error
        self._answers.put((job, result))

    async def _ask(self, job: Job, keep: bool, begun: float) -> Result[T]:
        try:
            reply = await self._transport.ask(job, keep)
        finally:
            job.seconds += self._loop.time() - begun
        if not isinstance(reply, Body):
            return reply
        value = await self._loop.run_in_executor(self._pool, self._use, reply)
        return Arrived(value, reply.etag, reply.last_modified)


async def _built(make: Callable[[], T]) -> T:
    return make()
