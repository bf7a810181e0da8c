"""Write what Sosie answers to fixed questions as JSON, so that two versions of the code can be compared.

    PYTHONPATH=src python scripts/goldens.py /tmp/new [--elasticsearch URL] [--photos ../shared/data/grocery_store]

Run it on two checkouts and compare the folders with ``diff -r``. Times, dates and paths of this run are left out.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

import httpx

VOLATILE = {"timings", "seconds", "updated_at", "store", "evaluated_at", "written_at", "fitted_at", "instance"}
TRAIN_STEP = 6


def main() -> None:
    """Write every golden into the folder named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("into", type=Path)
    parser.add_argument("--elasticsearch", help="the same demo on this cluster, such as http://127.0.0.1:9200")
    parser.add_argument("--photos", type=Path, help="the grocery_store folder: a catalog and labeled photos")
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        demo(work, str(work / "demo.sosie"), arguments.into / "local")
        served(work, arguments.into / "http")
        if arguments.elasticsearch:
            demo(
                work, f"elasticsearch+{arguments.elasticsearch}/goldens{os.getpid()}", arguments.into / "elasticsearch"
            )
        if arguments.photos:
            photos(work, arguments.photos.resolve(), arguments.into / "photos")


def demo(work: Path, store: str, into: Path) -> None:
    """The demo's catalog: every answer of the command line."""
    into.mkdir(parents=True, exist_ok=True)
    drawn = work / into.name
    sosie("demo", "--into", drawn, "--store", store)
    pictures = photos_in(drawn)
    keep(into / "response.json", (drawn / "response.json").read_text(), work)
    options = ("--store", store, "--json")
    item_id = json.loads(sosie("search", pictures[0], *options))["results"][0]["matches"][0]["item_id"]
    for name, words in {
        "stats": ("stats",), "check": ("check",), "duplicates": ("duplicates",), "similar": ("similar", item_id),
        "searches": ("search", *pictures), "where": ("search", *pictures[:4], "--where", "price<20"),
        "crop": ("search", pictures[0], "--crop", "0.1,0.1,0.8,0.8", "-k", "3"),
        "together": ("search", *pictures[:2], "--together"), "identify": ("identify", pictures[0], "--by", "type"),
    }.items():  # fmt: skip
        keep(into / f"{name}.json", sosie(*words, *options, fail=True), work)


def served(work: Path, into: Path) -> None:
    """The same catalog over HTTP."""
    into.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "sosie", "serve", "--store", str(work / "demo.sosie"), "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            wait_for(client)
            item_id = client.get("/v1/items", params={"limit": 1}).json()["items"][0]["item_id"]
            path = f"/v1/items/{urllib.parse.quote(item_id, safe='')}"
            for name, target in {
                "stats": "/v1/stats", "items": "/v1/items?limit=20", "item": path, "similar": f"{path}/similar?k=5",
                "attributes": "/v1/attributes", "missing": "/v1/items/nope", "bad_where": "/v1/items?where=nope%3D1",
                "openapi": "/openapi.json",
            }.items():  # fmt: skip
                keep(into / f"{name}.json", client.get(target).text, work)
            for picture in photos_in(work / "local"):
                answer = client.post("/v1/search", files={"image": picture.read_bytes()})
                keep(into / f"search-{picture.stem}.json", answer.text, work)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def photos(work: Path, data: Path, into: Path) -> None:
    """Real photos: plain, then adapted with every sixth of the labeled ones."""
    into.mkdir(parents=True, exist_ok=True)
    store, train = work / "photos.sosie", work / "train.csv"
    with (data / "shopfloor_train.csv").open(newline="") as source, train.open("w", newline="") as target:
        rows = list(csv.DictReader(source))
        writer = csv.DictWriter(target, rows[0])
        writer.writeheader()
        writer.writerows({**row, "image": str(data / row["image"])} for row in rows[::TRAIN_STEP])
    sosie("index", data / "catalogue.csv", "--store", store)
    pictures = sorted((data).rglob("*.jpg"))[::400][:8]
    for kind in ("plain", "adapted"):
        if kind == "adapted":
            keep(into / "adapt.json", sosie("adapt", train, "--store", store, "--json"), work)
        sosie("evaluate", data / "shopfloor_val.csv", "--store", store, "--json", work / f"{kind}.json")
        keep(into / f"{kind}.json", (work / f"{kind}.json").read_text(), work)
        keep(into / f"{kind}-search.json", sosie("search", *pictures, "--store", store, "--json"), work)
    keep(into / "calibrate.json", sosie("calibrate", data / "shopfloor_val.csv", "--store", store, "--json"), work)
    keep(into / "calibrated-search.json", sosie("search", *pictures, "--store", store, "--json"), work)


def sosie(*words: object, fail: bool = False) -> str:
    """What the command prints; other exit codes than 0 are accepted only with ``fail``."""
    done = subprocess.run([sys.executable, "-m", "sosie", *map(str, words)], capture_output=True, text=True)
    if done.returncode and not fail:
        raise SystemExit(f"sosie {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def photos_in(folder: Path) -> list[Path]:
    """The customers' photos that the demo drew."""
    return sorted((folder / "photos").glob("*.*g"))


def wait_for(client: httpx.Client) -> None:
    """Until the server answers."""
    for _ in range(600):
        try:
            if client.get("/healthz").status_code < 500:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def keep(file: Path, text: str, work: Path) -> None:
    """Write JSON in one form, without what differs from run to run."""
    file.write_text(json.dumps(settled(json.loads(text)), indent=1, sort_keys=True).replace(str(work), "WORK"))


def settled(value: Any) -> Any:
    """The value with volatile entries left out and floats rounded."""
    if isinstance(value, dict):
        return {name: settled(entry) for name, entry in value.items() if name not in VOLATILE}
    if isinstance(value, list):
        return [settled(entry) for entry in value]
    if isinstance(value, float):
        return round(value, 5)
    return re.sub(r"goldens\d+", "goldens", value) if isinstance(value, str) else value


if __name__ == "__main__":
    main()
