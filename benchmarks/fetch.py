"""Downloading: Sosie, img2dataset and a loop that fetches one by one, against one loopback server.

    PYTHONPATH=src python benchmarks/fetch.py --rival PATH/TO/img2dataset [--pictures DIR]

The server runs in a process of its own and answers on 20 loopback addresses, which count as 20 hosts. Times are those
that the programs report of their own work: without their start, and without reading the list of URLs. img2dataset needs
an environment of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from report import table, write_section

HOSTS = 20
PLANNED = 1_011_532
LATE = "every answer after 100 ms"
_FEW = 50
CPU: list[float] = []
CASES = (
    ("kept as they are", [], ["--resize_mode", "no"]),
    (
        "resized to 256",
        ["--resize", "256", "--format", "jpeg"],
        ["--resize_mode", "keep_ratio_largest", "--image_size", "256", "--resize_only_if_bigger", "True"],
    ),
)
PLAN = Path(__file__).with_name("planned.py")


class Row(NamedTuple):
    work: str
    program: str
    rate: float
    cpu: float


def serve(pictures: list[bytes], delay: float, port: multiprocessing.Queue[int]) -> None:
    from aiohttp import web

    async def picture(request: web.Request) -> web.Response:
        await asyncio.sleep(delay)
        return web.Response(body=pictures[int(request.match_info["n"]) % len(pictures)], content_type="image/jpeg")

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/{n}.jpg", picture)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", 0, backlog=1024).start()
        port.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())


@contextmanager
def server(pictures: list[bytes], delay: float) -> Iterator[int]:
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=serve, args=(pictures, delay, port), daemon=True)
    process.start()
    yield port.get()
    process.terminate()
    process.join()


def output(command: list[str]) -> str:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    CPU.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return done.stdout


class Bench:
    """Every program over the same URLs; seconds of its own work."""

    def __init__(self, folder: Path, port: int, rival: str | None, concurrency: int) -> None:
        self.folder, self.port, self.rival, self.concurrency = folder, port, rival, concurrency

    def urls(self, count: int) -> list[str]:
        return [f"http://127.0.0.{2 + n % HOSTS}:{self.port}/{n}.jpg" for n in range(count)]

    def sosie(self, count: int, *options: str) -> float:
        source, into = self.folder / "urls.csv", self.folder / "sosie"
        shutil.rmtree(into, ignore_errors=True)
        source.write_text("image\n" + "\n".join(self.urls(count)) + "\n")
        command = [sys.executable, "-c", "from sosie.cli.main import main; main()", "fetch", str(source)]
        command += ["--into", str(into), "--allow-private", "--rate", "0", "--placeholder-after", "0", "--json"]
        command += ["--concurrency", str(self.concurrency), "--per-host", str(-(-self.concurrency // HOSTS))]
        report = json.loads(output([*command, *options]))
        expect(into, count)
        return float(report["seconds"])

    def img2dataset(self, count: int, *options: str) -> float:
        source, into = self.folder / "urls.txt", self.folder / "img2dataset"
        shutil.rmtree(into, ignore_errors=True)
        source.write_text("\n".join(self.urls(count)) + "\n")
        command = [str(self.rival), "--url_list", str(source), "--output_folder", str(into), "--output_format", "files"]
        command += ["--thread_count", str(self.concurrency), "--processes_count", "1", "--enable_wandb", "False"]
        output([*command, *options])
        expect(into, count)
        shards = [json.loads(path.read_text()) for path in into.glob("*_stats.json")]
        return float(max(shard["end_time"] for shard in shards) - min(shard["start_time"] for shard in shards))

    def one_by_one(self, count: int) -> float:
        into = self.folder / "loop"
        into.mkdir()
        began = time.perf_counter()
        for n, url in enumerate(self.urls(count)):
            with urllib.request.urlopen(url, timeout=10) as answer:
                (into / f"{n}.jpg").write_bytes(answer.read())
        return time.perf_counter() - began


def expect(into: Path, count: int) -> None:
    count_written = sum(1 for _ in into.rglob("*.jp*g"))
    if count_written < 0.99 * count:
        raise SystemExit(f"{into} holds {count_written} pictures, expected {count}")


def plan(folder: Path) -> tuple[float, float, float]:
    """Seconds, seconds of CPU and megabytes to read and plan a Product 2019 file of full length."""
    path, rng = folder / "train.json", random.Random(0)
    with path.open("w") as file:
        file.write('{"images": [')
        for n in range(PLANNED):
            host = f"img{rng.randrange(20)}.shop{int(rng.random() ** 3 * 5000)}.example"
            url = f"https://{host}/images/I/{rng.getrandbits(96):024x}.jpg"
            row = {"id": f"{rng.getrandbits(128):032x}.jpg", "url": url, "class": rng.randrange(2019)}
            file.write(("," if n else "") + json.dumps(row))
        file.write("]}")
    measured = json.loads(output([sys.executable, str(PLAN), str(path), str(folder / "plan")]))
    if measured["urls"] != PLANNED:
        raise SystemExit(f"planned {measured}")
    return measured["wall"], measured["cpu"], measured["megabytes"]


def drawn(count: int) -> list[bytes]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from support.pictures import draw_picture, encode

    return [encode(draw_picture(n, (500, 400))) for n in range(count)]


def best_of(work: str, programs: dict[str, Callable[[], float]], count: int, repeat: int) -> list[Row]:
    walls: dict[str, list[float]] = {program: [] for program in programs}
    cpus: dict[str, list[float]] = {program: [] for program in programs}
    for _ in range(repeat):
        for program, run in programs.items():
            CPU.append(0.0)
            walls[program].append(run())
            cpus[program].append(CPU[-1])
    return [Row(work, program, count / min(walls[program]), min(cpus[program])) for program in programs]


def measure(folder: Path, bodies: list[bytes], rival: str | None, repeat: int) -> list[Row]:
    rows: list[Row] = []
    count = len(bodies)
    with server(bodies, 0.0) as port:
        bench = Bench(folder, port, rival, 64)
        for name, own, other in CASES:
            programs = {"Sosie": lambda own=own: bench.sosie(count, *own)}
            if rival:
                programs["img2dataset"] = lambda other=other: bench.img2dataset(count, *other)
            rows += best_of(name, programs, count, repeat)
    with server(bodies, 0.1) as port:
        patient = Bench(folder, port, rival, 128)
        rows += best_of(LATE, {"Sosie, 128 at once": lambda: patient.sosie(count)}, count, repeat)
        rows += best_of(LATE, {"one by one": lambda: patient.one_by_one(_FEW)}, _FEW, 1)
    return rows


def report(rows: list[Row], planned: tuple[float, float, float]) -> str:
    by = {(row.work, row.program): row.rate for row in rows}
    times = by[LATE, "Sosie, 128 at once"] / by[LATE, "one by one"]
    lines = [(row.work, row.program, f"{row.rate:.0f}", f"{row.cpu:.1f}" if row.cpu else "–") for row in rows]
    wall, cpu, megabytes = planned
    return f"""
One loopback server in a process of its own, answering on {HOSTS} addresses as {HOSTS} hosts; the best of several runs
in turn. The rate is of the work that each program reports, without its start; CPU seconds are of the whole process.

{table(["work", "program", "pictures/s", "CPU s"], lines)}

With answers after 100 ms Sosie is **{times:.0f} times** as fast as the loop.

{PLANNED:,} rows of a Product 2019 file read and planned: **{wall:.0f} s** ({cpu:.0f} s of CPU),
**{megabytes:.0f} MB** at most. Load of the machine meanwhile: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores.
"""


def shown(words: list[str]) -> list[str]:
    """The options without the paths of this machine."""
    return [Path(word).name if "/" in word else word for word in words]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rival", help="the img2dataset command")
    options.add_argument("--pictures", type=Path, help="a folder of different JPEG files; drawn ones unless given")
    options.add_argument("--count", type=int, default=2_500)
    options.add_argument("--repeat", type=int, default=3, help="runs of each, in turn; the best one counts")
    arguments = options.parse_args()
    if arguments.pictures:
        files = {path.read_bytes() for path in sorted(arguments.pictures.rglob("*.jpg"))}
        bodies = list(islice(files, arguments.count))
    else:
        bodies = drawn(arguments.count)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), bodies, arguments.rival, arguments.repeat)
        body = report(rows, plan(Path(folder)))
    print(body)
    write_section("Downloading", f"python benchmarks/fetch.py {' '.join(shown(sys.argv[1:]))}", body)


if __name__ == "__main__":
    main()
