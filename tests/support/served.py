"""A real server over loopback, in a thread of the test's process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from sosie.server.app import create_app
from sosie.server.connections import GuardedProtocol
from sosie.server.settings import Settings


@dataclass(frozen=True)
class Served:
    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        self.server.should_exit = True
        self.thread.join(30)


@contextmanager
def served(
    store: Path | None, protocol: type[GuardedProtocol] = GuardedProtocol, listen_at: int = 0, **settings: object
) -> Iterator[Served]:
    """The server of a store, or of ``stores`` by their names; at a free port unless one is given."""
    place = {} if store is None else {"store": str(store)}
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", listen_at))
        port = listening.getsockname()[1]
        app = create_app(Settings(**{**place, "port": port, "rate": 0, **settings}))  # type: ignore[arg-type]
        config = uvicorn.Config(
            app, http=protocol, log_level="critical", access_log=False, timeout_graceful_shutdown=10
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running = Served(f"http://127.0.0.1:{port}", server, thread)
        try:
            _wait(running)
            yield running
        finally:
            running.stop()


def _wait(running: Served) -> None:
    ends = time.monotonic() + 60
    while not running.server.started:
        if not running.thread.is_alive() or time.monotonic() > ends:
            raise RuntimeError("the server did not start")
        time.sleep(0.02)
