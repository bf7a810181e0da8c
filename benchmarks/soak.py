"""Good and bad requests for some minutes, with kill -9 in the middle: `python benchmarks/soak.py --minutes 10`."""

from __future__ import annotations

import argparse
import http.client
import io
import random
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
from load import BOUNDARY, form
from PIL import Image

from server import resident, serve
from sosie.catalog import Catalog

KILL_EVERY = 60.0
MOST_GROWTH = 1.5
WARM_SECONDS = 30.0


def jpeg(seed: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)).save(out, "JPEG")
    return out.getvalue()


def send(url: str, method: str, path: str, picture: bytes) -> int:
    """The status, 0 where no answer came."""
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    request = urllib.request.Request(url + path, form(picture), headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, http.client.HTTPException):
        return 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    ends = time.monotonic() + parser.parse_args().minutes * 60
    rng = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "soak.sosie"
        with Catalog(str(store)) as catalog:
            catalog.create()
        acknowledged, warm, peak, kills = soak(store, ends, rng)
        with Catalog(str(store)) as catalog:
            held = {record.item_id for record in catalog.items(limit=10_000_000)}
    lost = acknowledged - held
    print(f"{len(acknowledged)} items acknowledged, {len(lost)} lost, {kills} kills, memory {warm:.0f} → {peak:.0f} MB")
    if lost or (warm and peak > warm * MOST_GROWTH):
        raise SystemExit("an item was lost, or memory grew")


def soak(store: Path, ends: float, rng: random.Random) -> tuple[set[str], float, float, int]:
    acknowledged: set[str] = set()
    warm = peak = 0.0
    number = kills = 0
    while time.monotonic() < ends:
        process, url = serve(store)
        began = time.monotonic()
        life = min(KILL_EVERY, max(1.0, ends - began))
        while time.monotonic() - began < life:
            number += 1
            bad = rng.random() < 0.2
            data = rng.randbytes(300) if bad else jpeg(number)
            if rng.random() < 0.4:
                status = send(url, "PUT", f"/v1/items/i{number}", data)
                if status == 200:
                    acknowledged.add(f"i{number}")
            else:
                status = send(url, "POST", "/v1/search", data)
            if status >= 500 or (bad and status == 200):
                raise SystemExit(f"status {status} for a {'bad' if bad else 'good'} picture")
            if time.monotonic() - began > WARM_SECONDS:
                peak = max(peak, resident(process))
                warm = warm or peak
        process.kill()
        process.wait()
        kills += 1
    return acknowledged, warm, peak, kills


if __name__ == "__main__":
    main()
