"""From a photo to its JSON: cold and warm, by the command line, by HTTP and from Python, and where the time goes.

    PYTHONPATH=src:benchmarks python benchmarks/end_to_end.py

The store holds the grocery catalog with details, by the default network. Cold is a new process whose files lie in the
page cache; warm is a process that has answered before.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from grocery import FOLDER, read_photos
from load import BOUNDARY, form
from processes import keep_compiled, timed
from report import table, write_section

import server
import sosie

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/end_to_end.py"
ROUNDS, PHOTOS = 9, 20
STAGES = ("open", "decode", "embed", "details", "search", "join")
OPENED = """
import json, sys, time, sosie
store, photo = sys.argv[1:]
began, worked = time.perf_counter(), time.process_time()
result = sosie.open(store).search(photo)
answer = result.to_dict()
print(json.dumps([time.perf_counter() - began, time.process_time() - worked, answer["timings"]]))
"""
EXPLANATION = f"""The {len(read_photos("catalogue").paths)} pictures of the grocery catalog with details, by the default
network; photos of `shopfloor_val`, four views. Medians in ms of {ROUNDS} new processes for *cold* rows, and of
{PHOTOS} photos by a process that has answered before for *warm* ones. Wall is from the question to the last byte of the
JSON, as the asker sees it; processor is that of the process that answers. The stages are the `timings` of the answer;
*rest* is what they leave of the wall: the start of Python and its imports, the request, and writing the JSON."""


class Answer(NamedTuple):
    """Seconds on the wall, of the processor, and of each stage."""

    wall: float
    processor: float
    stages: dict[str, float]


def main() -> None:
    """Measure each way, write the table."""
    photos = read_photos("shopfloor_val").paths
    photos = photos[:: len(photos) // PHOTOS][:PHOTOS]
    with tempfile.TemporaryDirectory() as scratch:
        keep_compiled(Path(scratch))
        store = f"{scratch}/shop.sosie"
        with sosie.open(store) as catalog:
            catalog.index(FOLDER / "catalogue.csv")
        rows = [
            row("`sosie search --json`, cold", [by_command(store, photos[0]) for _ in range(ROUNDS)]),
            row(
                "Python, `sosie.open` and the first search", [first_in_python(store, photos[0]) for _ in range(ROUNDS)]
            ),
            row("Python, warm", warm_in_python(store, photos)),
            *by_http(store, photos),
        ]
    columns = ["", "wall", "processor", *STAGES, "rest"]
    write_section("From a photo to its JSON", COMMAND, f"{EXPLANATION}\n\n{table(columns, rows)}")


def row(name: str, answers: Sequence[Answer]) -> list[str]:
    """The medians, in ms; rest is the median of what the stages leave."""
    stages = [statistics.median(answer.stages.get(stage, 0.0) for answer in answers) for stage in STAGES]
    rest = statistics.median(answer.wall - sum(answer.stages.values()) for answer in answers)
    wall, processor = (statistics.median(answer[place] for answer in answers) for place in (0, 1))
    cells = [name, *(f"{1000 * seconds:.0f}" for seconds in (wall, processor, *stages, rest))]
    print(*cells, flush=True)
    return cells


def by_command(store: str, photo: Path) -> Answer:
    wall, processor, printed = timed([sys.executable, "-m", "sosie", "search", str(photo), "--store", store, "--json"])
    return Answer(wall, processor, json.loads(printed)["results"][0]["timings"])


def first_in_python(store: str, photo: Path) -> Answer:
    ran = subprocess.run([sys.executable, "-c", OPENED, store, str(photo)], check=True, capture_output=True)
    return Answer(*json.loads(ran.stdout))


def warm_in_python(store: str, photos: Sequence[Path]) -> list[Answer]:
    answers = []
    with sosie.open(store) as catalog:
        catalog.search(photos[0])
        for photo in photos:
            began, worked = time.perf_counter(), time.process_time()
            timings = dict(catalog.search(photo).to_dict()["timings"])
            timings.pop("open", None)
            answers.append(Answer(time.perf_counter() - began, time.process_time() - worked, timings))
    return answers


def by_http(store: str, photos: Sequence[Path]) -> list[list[str]]:
    """A server's start, its first answer, and later ones."""
    began = time.perf_counter()
    process, url = server.serve(store)
    try:
        started = Answer(time.perf_counter() - began, server.used_by(process), {})
        first, *later = [posted(url, photo, process) for photo in (photos[0], *photos)]
    finally:
        process.terminate()
        process.wait()
    return [
        row("`sosie serve`, from its start until it is ready", [started]),
        row("HTTP, the first answer of a server", [first]),
        row("HTTP, warm", later),
    ]


def posted(url: str, photo: Path, process: subprocess.Popen[bytes]) -> Answer:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    request = urllib.request.Request(f"{url}/v1/search", form(photo.read_bytes()), headers)
    began, worked = time.perf_counter(), server.used_by(process)
    with urllib.request.urlopen(request, timeout=60) as answer:
        body = answer.read()
    wall = time.perf_counter() - began
    return Answer(wall, server.used_by(process) - worked, json.loads(body)["results"][0]["timings"])


if __name__ == "__main__":
    main()
