"""``sosie fetch``, and ``sosie index`` and ``sosie search`` of URLs, against servers that stand in for real ones."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from fetch.server import Request, Server, answer, late
from sosie.catalog import Catalog
from sosie.cli.main import main
from sosie.downloading.state import DownloadState
from sosie.images.fetch.options import FetchOptions, World
from sosie.sources.annotated.imaterialist import ImaterialistSource
from sosie.types import Item
from support.pictures import draw_picture, encode
from support.shared import shared

Sosie = Callable[..., Result]
ROUNDS = int(os.environ.get("SOSIE_KILL_ROUNDS", "3"))


@pytest.fixture
def sosie() -> Sosie:
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def server() -> Iterator[Server]:
    async def draw(request: Request, writer: asyncio.StreamWriter) -> None:
        await answer(200, encode(draw_picture(hash(request.path) % 10_000)))(request, writer)

    with Server({"/gone.jpg": answer(404)}, fallback=draw) as running:
        yield running


def _catalog(folder: Path, server: Server, names: list[str]) -> Path:
    table = folder / "catalog.csv"
    table.write_text("item_id,image,title\n" + "".join(f"{n},{server.url(f'/{n}.jpg')},A {n}\n" for n in names))
    return table


def test_fetch_then_index(sosie: Sosie, server: Server, tmp_path: Path) -> None:
    table = _catalog(tmp_path, server, ["a", "b", "gone"])
    fetched = sosie("fetch", table, "--into", tmp_path / "got", "--allow-private")
    assert fetched.exit_code == 0, fetched.output
    assert "2 done, 1 failed; 3 URLs requested" in fetched.stdout
    assert "1 http_404" in fetched.stdout
    again = sosie("fetch", table, "--into", tmp_path / "got", "--allow-private", "--strict", "--json")
    assert again.exit_code == 3
    assert {json.loads(again.stdout)[name] for name in ("requested", "asked")} == {0}
    store = tmp_path / "s.sosie"
    indexed = sosie("index", tmp_path / "got/fetched.parquet", "--store", store, "--json")
    report = json.loads(indexed.stdout)
    assert report["added"] == 2
    assert [(r["item_id"], r["reason"].partition(":")[0]) for r in report["rejected"]] == [("gone", "http_404")]


def test_private_servers_need_a_word(sosie: Sosie, server: Server, tmp_path: Path) -> None:
    table = _catalog(tmp_path, server, ["a"])
    refused = sosie("fetch", table, "--into", tmp_path / "got")
    assert refused.exit_code == 1
    assert "1 forbidden_address" in refused.stdout
    assert not server.requests


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--reason", "timeout"), "retry_failed"),
        (("--resize", "2"), "16 to 16384"),
        (("--contact", "a\nb"), "contact"),
    ],
)
def test_wrong_usage(sosie: Sosie, server: Server, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = sosie("fetch", _catalog(tmp_path, server, ["a"]), "--into", tmp_path / "got", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_index_and_search_by_url(sosie: Sosie, server: Server, tmp_path: Path) -> None:
    table = _catalog(tmp_path, server, [f"n{n}" for n in range(8)] + ["gone"])
    store = tmp_path / "s.sosie"
    indexed = sosie("index", table, "--store", store, "--allow-private", "--json")
    assert json.loads(indexed.stdout)["added"] == 8
    again = sosie("index", table, "--store", store, "--allow-private", "--json")
    assert json.loads(again.stdout)["unchanged"] == 8
    with Catalog(str(store), fetch=FetchOptions(allow_private=True)) as catalog:
        answer = catalog.search(server.url("/n3.jpg"), k=2)
    assert answer.matches[0].item_id == "n3"
    assert answer.query == server.url("/n3.jpg")
    refused = sosie("search", server.url("/n3.jpg"), "--store", store)
    assert "forbidden_address" in refused.stderr


def test_the_real_catalog_against_a_stand_in(tmp_path: Path) -> None:
    """Fifty items of a label, every seventh broken; the stand-in has the names of all hosts, with and without TLS."""
    source = ImaterialistSource(shared("data/imaterialist/furniture_2018_validation.json"), label=12)
    items = [entry for entry in source if isinstance(entry, Item)][:50]
    number = count()

    async def seventh_is_broken(request: Request, writer: asyncio.StreamWriter) -> None:
        n = next(number)
        broken = n % 7 == 6
        await answer(200, b"<html>gone</html>" if broken else encode(draw_picture(n)))(request, writer)

    pem = Path(__file__).with_name("loopback.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    trusting = ssl.create_default_context(cafile=pem)
    trusting.check_hostname = False
    with Server(fallback=seventh_is_broken) as plain, Server(fallback=seventh_is_broken, tls=context) as secure:

        async def resolve(host: str, port: int) -> list[tuple[str, int]]:
            return [("127.0.0.1", secure.port if port == 443 else plain.port)]

        world = World(allowed=lambda address: address == "127.0.0.1", resolve=resolve, tls=trusting)
        with Catalog(str(tmp_path / "lamps.sosie"), fetch=FetchOptions(rate=0), world=world) as catalog:
            report = catalog.index(_Some(items))
            kept = {item.item_id for item in items} - {rejection.item_id for rejection in report.rejected}
            some = next(item for item in items if item.item_id in kept)
            match = catalog.similar(some.item_id, k=len(items)).matches
    assert len(report.rejected) == 50 // 7
    assert {rejection.reason.partition(":")[0] for rejection in report.rejected} == {"html"}
    assert report.added == 50 - 50 // 7
    links = {item.item_id: item.links for item in items}
    assert {m.item_id for m in match} == kept - {some.item_id}
    assert all(m.links == links[m.item_id] and m.links[0].startswith("http") for m in match)


class _Some:
    def __init__(self, items: list[Item]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def count(self) -> int:
        return len(self._items)

    def shard(self, index: int, total: int) -> "_Some":
        return _Some(self._items[index::total])


def test_killed_again_and_again_it_gets_done_and_asks_nothing_recorded_twice(tmp_path: Path) -> None:
    names = [f"k{n}" for n in range(40 * ROUNDS)]
    pictures = {f"/{name}.jpg": encode(draw_picture(n)) for n, name in enumerate(names)}

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await late(0.02, answer(200, pictures[request.path]))(request, writer)

    into = tmp_path / "got"
    recorded: dict[str, int] = {}
    with Server(fallback=slow) as server:
        table = _catalog(tmp_path, server, names)
        command = [sys.executable, "-c", "from sosie.cli.main import main; main()", "fetch", str(table)]
        command += ["--into", str(into), "--allow-private", "--rate", "0", "--json"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        for round in range(1, ROUNDS + 1):
            before = sum(server.hits.values())
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while sum(server.hits.values()) < before + 20 + round and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
            recorded |= {path: hits for path, hits in _recorded(into, server).items() if path not in recorded}
        assert 0 < sum(server.hits.values()) < len(names) + 100
        last = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    report = json.loads(last.stdout)
    assert report["items"] == {"done": len(names)}
    rows = {row["item_id"]: row for row in pq.read_table(into / "fetched.parquet").to_pylist()}
    assert {name: (into / row["path"]).read_bytes() for name, row in rows.items()} == {
        name: pictures[f"/{name}.jpg"] for name in names
    }
    assert not list((into / "tmp").iterdir())
    assert recorded, "no round was killed after something had been recorded"
    assert {path: server.hits[path] for path in recorded} == recorded


def _recorded(into: Path, server: Server) -> dict[str, int]:
    """The finished paths of the state, and the number of requests of each so far."""
    if not (into / "state.db").exists():
        return {}
    state = DownloadState(into)
    try:
        done = [urlsplit(url).path for (url,) in state.execute("SELECT url FROM urls WHERE status = 1")]
    finally:
        state.close()
    return {path: server.hits[path] for path in done}
