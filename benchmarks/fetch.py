"""Downloading: Sosie, img2dataset and a loop that fetches one by one, against one loopback server with the same pictures.

    python benchmarks/fetch.py --rival PATH/TO/img2dataset [--pictures DIR]

The server runs in a process of its own and answers on 20 loopback addresses, which count as 20 hosts. Times are
those that the programs report of their own work: without their start, and without reading the list of URLs. img2dataset
needs an environment of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from itertools import islice
from pathlib import Path

HOSTS = 20
CPU: list[float] = []
PLANNED = 1_011_532


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
        site = web.TCPSite(runner, "0.0.0.0", 0, backlog=1024)
        await site.start()
        port.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())


def output(command: list[str]) -> str:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    CPU.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return done.stdout


class Bench:
    def __init__(self, folder: Path, port: int, rival: str | None, concurrency: int) -> None:
        self.folder, self.port, self.rival, self.concurrency = folder, port, rival, concurrency

    def urls(self, count: int) -> list[str]:
        return [f"http://127.0.0.{2 + n % HOSTS}:{self.port}/{n}.jpg" for n in range(count)]

    def sosie(self, count: int, *options: str) -> float:
        table, into = self.folder / "urls.csv", self.folder / "sosie"
        shutil.rmtree(into, ignore_errors=True)
        table.write_text("image\n" + "\n".join(self.urls(count)) + "\n")
        command = [sys.executable, "-c", "from sosie.cli.main import main; main()", "fetch", str(table)]
        command += ["--into", str(into), "--allow-private", "--rate", "0", "--placeholder-after", "0", "--json"]
        command += ["--concurrency", str(self.concurrency), "--per-host", str(-(-self.concurrency // HOSTS))]
        report = json.loads(output([*command, *options]))
        self.expect(into, count)
        return float(report["seconds"])

    def img2dataset(self, count: int, *options: str) -> float:
        table, into = self.folder / "urls.txt", self.folder / "img2dataset"
        shutil.rmtree(into, ignore_errors=True)
        table.write_text("\n".join(self.urls(count)) + "\n")
        command = [str(self.rival), "--url_list", str(table), "--output_folder", str(into), "--output_format", "files"]
        command += ["--thread_count", str(self.concurrency), "--processes_count", "1", "--enable_wandb", "False"]
        output([*command, *options])
        self.expect(into, count)
        shards = [json.loads(path.read_text()) for path in into.glob("*_stats.json")]
        return max(shard["end_time"] for shard in shards) - min(shard["start_time"] for shard in shards)

    def one_by_one(self, count: int) -> float:
        into = self.folder / "loop"
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        began = time.perf_counter()
        for n, url in enumerate(self.urls(count)):
            with urllib.request.urlopen(url, timeout=10) as answer:
                (into / f"{n}.jpg").write_bytes(answer.read())
        return time.perf_counter() - began

    def expect(self, into: Path, count: int) -> None:
        found = sum(1 for name in into.rglob("*.jp*g"))
        if found < 0.99 * count:
            raise SystemExit(f"{into} holds {found} pictures, expected {count}")


def plan(folder: Path) -> tuple[float, float]:
    """Seconds and megabytes to read and plan a Product 2019 file of full length, in a process of its own."""
    path, rng = folder / "train.json", random.Random(0)
    with path.open("w") as file:
        file.write('{"images": [')
        for n in range(PLANNED):
            url = f"https://img{rng.randrange(20)}.shop{int(rng.random() ** 3 * 5000)}.example/I/{rng.getrandbits(96):024x}.jpg"
            row = {"id": f"{rng.getrandbits(128):032x}.jpg", "url": url, "class": rng.randrange(2019)}
            file.write(("," if n else "") + json.dumps(row))
        file.write("]}")
    began = time.perf_counter()
    code = (
        "import sys; from pathlib import Path; from sosie.downloading.planning import Planner; "
        "from sosie.downloading.state import State; from sosie.sources.opening import open_source; "
        "state = State(Path(sys.argv[2])); Planner(state).plan(open_source(sys.argv[1])); "
        "print(state.execute('SELECT count(*) FROM urls').fetchone()[0]); state.close()"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), str(folder / "plan")], capture_output=True, text=True)
    if done.stdout.strip() != str(PLANNED):
        raise SystemExit(f"planned {done.stdout!r}\n{done.stderr}")
    taken = time.perf_counter() - began
    return taken, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3


def drawn(count: int) -> list[bytes]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from support.pictures import draw_picture, encode

    return [encode(draw_picture(n, (500, 400))) for n in range(count)]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rival", help="the img2dataset command")
    options.add_argument("--pictures", type=Path, help="a folder of different JPEG files; drawn ones unless given")
    options.add_argument("--count", type=int, default=4_000)
    options.add_argument("--concurrency", type=int, default=64)
    options.add_argument("--plan", action="store_true", help="plan 1,011,532 rows, too")
    arguments = options.parse_args()
    if arguments.pictures:
        files = {path.read_bytes() for path in sorted(arguments.pictures.rglob("*.jpg"))}
        bodies = list(islice(files, arguments.count))
        arguments.count = len(bodies)
    else:
        bodies = drawn(arguments.count)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.plan:
            taken, megabytes = plan(Path(folder))
            print(f"plan {PLANNED:,} rows: {taken:.1f} s, {megabytes:.0f} MB")
        measure(Path(folder), bodies, arguments)


def measure(folder: Path, bodies: list[bytes], arguments: argparse.Namespace) -> None:
    rows: list[tuple[str, float, float]] = []
    for delay, cases in (
        (0.0, [("keep", ["--resize_mode", "no"]), ("256", [])]),
        (0.1, [("late", [])]),
    ):
        told: multiprocessing.Queue[int] = multiprocessing.Queue()
        server = multiprocessing.Process(target=serve, args=(bodies, delay, told), daemon=True)
        server.start()
        bench = Bench(folder, told.get(), arguments.rival, arguments.concurrency)
        for name, rival_options in cases:
            rows += run_case(bench, name, rival_options, arguments)
        server.terminate()
        server.join()
    for name, count, taken in rows:
        print(f"{name:34} {count:6.0f} pictures {taken:7.2f} s {count / taken:8.1f}/s")


def run_case(
    bench: Bench, name: str, rival_options: list[str], arguments: argparse.Namespace
) -> list[tuple[str, float, float]]:
    if name == "late":
        bench.concurrency = 128
        few = 50
        loop = bench.one_by_one(few)
        quick = bench.sosie(arguments.count)
        return [
            ("answers after 100 ms: one by one", few, loop),
            ("answers after 100 ms: sosie", arguments.count, quick),
        ]
    own = [] if name == "keep" else ["--resize", "256", "--format", "jpeg"]
    other = rival_options or [
        "--resize_mode",
        "keep_ratio_largest",
        "--image_size",
        "256",
        "--resize_only_if_bigger",
        "True",
    ]
    result = [(f"{name}: sosie", arguments.count, bench.sosie(arguments.count, *own))]
    if bench.rival:
        rival = bench.img2dataset(arguments.count, *other)
        result.append((f"{name}: img2dataset", arguments.count, rival))
    return result


if __name__ == "__main__":
    main()
