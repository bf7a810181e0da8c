"""Sends requests from an event loop in its own thread. Pictures are decoded in a thread pool."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic

from sosie.errors import UsageError
from sosie.images.fetch.messages import Arrived, Body, Job, Result, T
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.fetch.reasons import FetchError

_NAME_LOOKUPS = 16
_CLOSED = "the fetcher has been closed: open another fetcher"


class Inbox(Generic[T]):
    """The queue of the results for one caller, in any order.

    ``use`` converts a body to the caller's value. It runs in a thread pool, and may raise ``FetchError``, which becomes
    the result. ``next`` raises any other exception.
    """

    def __init__(self, use: Callable[[Body], T]) -> None:
        self.use = use
        self._answers: queue.SimpleQueue[tuple[Job, Result[T] | Exception]] = queue.SimpleQueue()

    def put(self, job: Job, result: Result[T] | Exception) -> None:
        """Adds the result of a job, from any thread."""
        self._answers.put((job, result))

    def next(self, timeout: float) -> tuple[Job, Result[T]] | None:
        """The next result and its job, with ``seconds`` updated; None if none arrives within ``timeout`` seconds."""
        try:
            job, result = self._answers.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(result, Exception) and not isinstance(result, FetchError):
            raise result
        return job, result


class Requester:
    """Sends requests for any number of callers, from any thread, through one pool of connections."""

    def __init__(self, options: FetchOptions, world: World) -> None:
        self._options = options
        self._world = world
        self._pool = ThreadPoolExecutor(options.threads, "sosie-pictures")
        self._names = ThreadPoolExecutor(_NAME_LOOKUPS, "sosie-names")
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop.call_soon(self._open)
        self._thread = threading.Thread(target=self._run, name="sosie-fetch", daemon=True)
        self._thread.start()

    def submit(self, job: Job, inbox: Inbox[T], keep: bool = True) -> None:
        """Sends a request for ``job.target``. The result goes to ``inbox``. ``keep`` keeps the connection open."""
        try:
            self._loop.call_soon_threadsafe(self._start, job, inbox, keep)
        except RuntimeError as error:
            raise UsageError(_CLOSED) from error

    def close(self) -> None:
        """Cancels pending requests and ends the threads."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._names.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_default_executor(self._names)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._wind_up())
            self._loop.close()

    def _open(self) -> None:
        from sosie.images.fetch.transport import Transport

        self._transport = Transport(self._options, self._world)

    async def _wind_up(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._transport.close()
        await asyncio.sleep(0)

    def _start(self, job: Job, inbox: Inbox[T], keep: bool) -> None:
        task = self._loop.create_task(self._answer(job, inbox, keep))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, job: Job, inbox: Inbox[T], keep: bool) -> None:
        try:
            inbox.put(job, await self._send(job, inbox.use, keep))
        except asyncio.CancelledError:
            inbox.put(job, UsageError(_CLOSED))
            raise
        except Exception as error:
            inbox.put(job, error)

    async def _send(self, job: Job, use: Callable[[Body], T], keep: bool) -> Result[T]:
        begun = self._loop.time()
        try:
            reply = await self._transport.send(job, keep)
        finally:
            job.seconds += self._loop.time() - begun
        if not isinstance(reply, Body):
            return reply
        value = await self._loop.run_in_executor(self._pool, use, reply)
        return Arrived(value, reply.etag, reply.last_modified)
