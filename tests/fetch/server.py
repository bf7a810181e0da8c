"""A real HTTP server on the loopback, in a thread of its own, that can do everything wrong."""

import asyncio
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

Handler = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    """One request as it came. ``number`` counts the requests for this path, from 1."""

    path: str
    headers: Mapping[str, str]
    number: int = 1


@dataclass
class Server:
    """Responds by path, else with ``fallback``. ``hits`` counts requests by path."""

    handlers: dict[str, Handler] = field(default_factory=dict)
    fallback: Handler | None = None
    address: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    port: int = 0
    connections: int = 0
    requests: list[Request] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    active: Counter[str] = field(default_factory=Counter)
    most_at_once: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> "Server":
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def url(self, path: str) -> str:
        """The URL of a path on this server."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)
        serving = asyncio.start_server(self._serve, self.address, 0, ssl=self.tls, backlog=512)
        server = self._loop.run_until_complete(serving)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                await self._answer(head.decode("latin-1"), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.split("\r\n")
        path = first.split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        self.hits[path] += 1
        request = Request(path, headers, self.hits[path])
        self.requests.append(request)
        host = headers.get("host", "").partition(":")[0]
        self.active[host] += 1
        self.most_at_once[host] = max(self.most_at_once[host], self.active[host])
        try:
            handler = self.handlers.get(path) or self.fallback or answer(404, b"nothing here")
            await handler(request, writer)
        finally:
            self.active[host] -= 1


def message(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, version: str = "1.1") -> bytes:
    """A whole HTTP answer; ``headers`` may override the right Content-Length."""
    fields = {"Content-Type": "image/jpeg", "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/{version} {status} Status", *(f"{name}: {value}" for name, value in fields.items() if value)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Handler:
    """The same answer every time."""
    data = message(status, body, headers)

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return handle


def raw(data: bytes, reset: bool = False) -> Handler:
    """These bytes, and then the connection ends: cleanly, or by a reset."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if reset:
            await asyncio.sleep(0.02)
            linger_not = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
            writer.transport.abort()
        else:
            writer.close()

    return handle


def late(seconds: float, then: Handler) -> Handler:
    """``then``, after a while."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await then(request, writer)

    return handle


def slowly(data: bytes, step: int, pause: float) -> Handler:
    """``data`` in small pieces."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            await asyncio.sleep(pause)

    return handle


def in_turn(*handlers: Handler) -> Handler:
    """The first handler at the first request, and so on; the last one from then on."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        await handlers[min(request.number, len(handlers)) - 1](request, writer)

    return handle
