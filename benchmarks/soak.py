"""Good and bad requests for some minutes, with kill -9 among them: `python benchmarks/soak.py --minutes 10`."""

from __future__ import annotations

import argparse
import base64
import io
import json
import random
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import requests
from PIL import Image

from server import resident, serve
from sosie.catalog import Catalog

CLIENTS = 4
KILLED_LIVES = 4
KILLED_SHARE = 0.4
"""Of the time, for servers that are killed; the rest is one long life, to see whether it grows."""

WARM_SHARE = 0.2
MOST_GROWTH = 1.2
MOST_MORE_FILES = 16


@dataclass
class Acknowledged:
    """What the servers acknowledged: hashes of items that must be there, ids that must not be, answers by kind."""

    held: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """Sends one request after the other; only this client writes the items that begin with its name."""

    def __init__(self, url: str, name: str, seen: Acknowledged, stopped: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._name, self._seen, self._stopped = url, name, seen, stopped
        self._rng = random.Random(name)
        self._session = requests.Session()
        self._number = 0

    def run(self) -> None:
        often = (self.put, self.search, self.search, self.similar, self.bad)
        kinds = (*often, *often, self.put, self.delete, self.feedback, self.batch)
        while not self._stopped.is_set():
            self._number += 1
            self._rng.choice(kinds)()

    def put(self) -> None:
        item, data = f"{self._name}-{self._number}", jpeg(self._rng)
        self._seen.gone.discard(item)
        if self._send("put", {200}, "PUT", f"/v1/items/{item}", files={"image": data}) == 200:
            self._seen.held[item] = sha256(data).hexdigest()

    def batch(self) -> None:
        item, data = f"{self._name}-b{self._number}", jpeg(self._rng)
        rows = [{"item_id": item, "image": base64_of(data)}, {"item_id": "bad", "image": base64_of(b"no picture")}]
        if self._send("batch", {200}, "POST", "/v1/items:batch", json={"items": rows}) == 200:
            self._seen.held[item] = sha256(data).hexdigest()

    def delete(self) -> None:
        mine = self._own_item()
        self._seen.held.pop(mine, None)
        if self._send("delete", {204, 404}, "DELETE", f"/v1/items/{mine}") == 204:
            self._seen.gone.add(mine)

    def _own_item(self) -> str:
        """One of this client's own items, or an id that no item has."""
        return self._rng.choice([item for item in self._seen.held.copy() if item.startswith(self._name)] or ["none"])

    def search(self) -> None:
        self._send("search", {200}, "POST", "/v1/search", files={"image": jpeg(self._rng)})

    def similar(self) -> None:
        self._send("similar", {200, 404}, "GET", f"/v1/items/{self._own_item()}/similar")

    def feedback(self) -> None:
        said = {"item_id": self._own_item(), "confirmed": "true"}
        self._send("feedback", {204, 404}, "POST", "/v1/feedback", files={"image": jpeg(self._rng)}, data=said)

    def bad(self) -> None:
        data = self._rng.choice((b"", self._rng.randbytes(300), jpeg(self._rng)[:-400]))
        files, refused = {"image": data}, {400, 413, 415, 422}
        wrong: tuple[Callable[[], int], ...] = (
            lambda: self._send("bad picture", refused, "POST", "/v1/search", files=files),
            lambda: self._send("bad item", refused, "PUT", f"/v1/items/{self._name}-bad", files=files),
            lambda: self._send("bad k", {400}, "POST", "/v1/search", files={"image": jpeg(self._rng)}, data={"k": -1}),
            lambda: self._send("bad json", {400}, "POST", "/v1/search", json={"images": "x", "more": data.hex()}),
            lambda: self._send(
                "bad url", {422}, "POST", "/v1/search", json={"images": [{"url": "http://127.0.0.1/x"}]}
            ),
        )
        self._rng.choice(wrong)()

    def _send(self, kind: str, expected: set[int], method: str, path: str, **body: object) -> int:
        """The status; 0 where no answer came, which only a killed server may do."""
        try:
            status = self._session.request(method, self._url + path, timeout=30, **body).status_code  # type: ignore[arg-type]
        except requests.RequestException as error:
            status = 0
            if not self._stopped.is_set():
                self._seen.wrong.append(f"{kind}: {error}")
        self._seen.answers[kind, status] += 1
        if status and status not in expected:
            self._seen.wrong.append(f"{kind}: status {status}")
        return status


def jpeg(rng: random.Random) -> bytes:
    out = io.BytesIO()
    pixels = np.frombuffer(rng.randbytes(64 * 64 * 3), np.uint8).reshape(64, 64, 3)
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()


def base64_of(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}


@contextmanager
def life(store: Path, seen: Acknowledged, number: int) -> Iterator[tuple[subprocess.Popen[bytes], threading.Event]]:
    """A server under load; the code that stops it sets the event first."""
    process, url = serve(store)
    stopped = threading.Event()
    clients = [Client(url, f"life{number}-client{client}", seen, stopped) for client in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield process, stopped
    finally:
        stopped.set()
        for client in clients:
            client.join()
        process.kill()
        process.wait()


def killed(store: Path, seen: Acknowledged, number: int, seconds: float) -> None:
    with life(store, seen, number) as (process, stopped):
        time.sleep(seconds)
        stopped.set()
        process.kill()


def watched(store: Path, seen: Acknowledged, number: int, seconds: float) -> tuple[list[float], list[float]]:
    """Memory in MB and open files, through a long life that ends as it should."""
    with life(store, seen, number) as (process, stopped):
        memory: list[float] = []
        files: list[float] = []
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and process.poll() is None:
            time.sleep(min(5.0, seconds / 20))
            memory.append(resident(process))
            files.append(sum(1 for _ in Path(f"/proc/{process.pid}/fd").iterdir()))
        stopped.set()
        process.terminate()
        if process.wait(timeout=60) not in (0, -signal.SIGTERM):
            seen.wrong.append(f"the server ended with {process.returncode}")
    return memory, files


def grown(samples: list[float]) -> tuple[float, float]:
    """The median after the warming, and that of the last part."""
    part = max(1, int(len(samples) * WARM_SHARE))
    return statistics.median(samples[part : 2 * part]), statistics.median(samples[-part:])


def compare(store: Path, seen: Acknowledged) -> tuple[int, int, int]:
    """Items that were acknowledged and are not there, or not as they were; deleted ones that are; all."""
    with Catalog(str(store)) as catalog:
        there = {record.item_id: record.content_sha256 for record in catalog.items(limit=10_000_000)}
        seen.wrong.extend(catalog.check().problems)
    lost = [item for item, digest in seen.held.items() if there.get(item) != digest]
    return len(lost), len(seen.gone & there.keys()), len(there)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    seconds = parser.parse_args().minutes * 60
    seen = Acknowledged()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "soak.sosie"
        with Catalog(str(store)) as catalog:
            catalog.create()
        for number in range(KILLED_LIVES):
            killed(store, seen, number, seconds * KILLED_SHARE / KILLED_LIVES)
        memory, files = watched(store, seen, KILLED_LIVES, seconds * (1 - KILLED_SHARE))
        lost, back, all_items = compare(store, seen)
    (memory_early, memory_late), (files_early, files_late) = grown(memory), grown(files)
    print(json.dumps({f"{kind} {status}": count for (kind, status), count in sorted(seen.answers.items())}, indent=1))
    print(f"{all_items} items, {lost} acknowledged ones lost, {back} deleted ones back, {KILLED_LIVES} kills")
    print(f"memory {memory_early:.0f} → {memory_late:.0f} MB, open files {files_early:.0f} → {files_late:.0f}")
    leaking = memory_late > memory_early * MOST_GROWTH or files_late > files_early + MOST_MORE_FILES
    if seen.wrong or lost or back or leaking:
        raise SystemExit("\n".join(["the server did not hold:", *seen.wrong[:20]]))


if __name__ == "__main__":
    main()
