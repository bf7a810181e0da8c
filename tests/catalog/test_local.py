"""What a catalog in a store is opened with holds for all that it does, in a swap and in another process too."""

import asyncio
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fetch.server import Request, Server, answer
from sosie.catalog import Catalog
from sosie.embedders.base import Embedder
from sosie.embedders.registry import load
from sosie.embedders.runtime import Device
from sosie.errors import ImageTooLarge, StoreNotFound, UsageError
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.limits import Limits
from sosie.stores.exact import ExactStore
from sosie.types import Manifest
from support.pictures import draw_picture, encode

SMALL = Limits(max_pixels=100 * 80)


@dataclass
class Swapped:
    """A new store that would take the place of the old one."""

    store: ExactStore
    committed: bool = False

    def commit(self) -> None:
        self.committed = True


@pytest.fixture
def swapped(monkeypatch: pytest.MonkeyPatch) -> list[Swapped]:
    """What swaps make instead of an index on a cluster."""
    made: list[Swapped] = []

    @contextmanager
    def replacement(uri: str, manifest: Manifest) -> Iterator[Swapped]:
        made.append(Swapped(ExactStore(manifest)))
        yield made[-1]

    monkeypatch.setattr("sosie.catalog.indexing.open_replacement", replacement)
    return made


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a picture within ``SMALL`` and one beyond."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "small.jpg").write_bytes(encode(draw_picture(1, (96, 72))))
    (folder / "large.jpg").write_bytes(encode(draw_picture(2, (120, 90))))
    return folder


@pytest.mark.parametrize("swap", [False, True])
def test_limits_hold_for_indexing(pictures: Path, tmp_path: Path, swapped: list[Swapped], swap: bool) -> None:
    with Catalog(tmp_path / "s.sosie", limits=SMALL) as catalog:
        report = catalog.index(pictures, swap=swap)
    assert report.added == 1
    assert [(entry.item_id, entry.stage) for entry in report.rejected] == [("large.jpg", "decode")]
    assert [entry.committed for entry in swapped] == [True] * swap


@pytest.mark.parametrize("swap", [False, True])
def test_fetch_options_and_world_hold_for_indexing(tmp_path: Path, swapped: list[Swapped], swap: bool) -> None:
    agents = []

    async def draw(request: Request, writer: asyncio.StreamWriter) -> None:
        agents.append(request.headers["user-agent"])
        await answer(200, encode(draw_picture(5)))(request, writer)

    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", server.port)]

    with Server(fallback=draw) as server:
        table = tmp_path / "catalog.csv"
        table.write_text("item_id,image\na,http://pictures.example/a.jpg\n", encoding="utf-8")
        fetch = FetchOptions(rate=0, contact="me@example.org")
        world = World(allowed=lambda address: address == "127.0.0.1", resolve=resolve)
        with Catalog(tmp_path / "s.sosie", fetch=fetch, world=world) as catalog:
            report = catalog.index(table, swap=swap)
    assert (report.added, report.rejected) == (1, ())
    assert all("+me@example.org" in agent for agent in agents)
    assert agents


def test_a_swap_that_adds_nothing_leaves_the_old_store(tmp_path: Path, swapped: list[Swapped]) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    with Catalog(tmp_path / "s.sosie") as catalog:
        assert catalog.index(tmp_path, swap=True).added == 0
    assert [item.committed for item in swapped] == [False]


@pytest.mark.parametrize("kind", ["bytes", "path", "picture", "array"])
def test_limits_hold_for_every_kind_of_query(pictures: Path, tmp_path: Path, kind: str) -> None:
    def query(name: str) -> bytes | Path | Image.Image | np.ndarray:
        path = pictures / name
        picture = Image.open(path)
        return {"bytes": path.read_bytes(), "path": path, "picture": picture, "array": np.asarray(picture)}[kind]

    with Catalog(tmp_path / "s.sosie", limits=SMALL) as catalog:
        catalog.index(pictures)
        assert catalog.search(query("small.jpg"), 1).matches
        with pytest.raises(ImageTooLarge):
            catalog.search(query("large.jpg"), 1)
        with pytest.raises(ImageTooLarge):
            catalog.explain(query("large.jpg"), catalog.search(query("small.jpg"), 1))


def test_a_catalog_goes_to_another_process(pictures: Path, tmp_path: Path) -> None:
    with Catalog(tmp_path / "s.sosie", limits=SMALL, quick=True) as catalog:
        catalog.index(pictures)
        sent = pickle.dumps(catalog)
    code = "import pickle, sys; catalog = pickle.load(sys.stdin.buffer); print(catalog.uri, catalog.count())"
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True, check=True)
    assert done.stdout.decode().split() == [str(tmp_path / "s.sosie"), "1"]
    arrived = pickle.loads(sent)
    assert arrived._resources.options == catalog._resources.options


def test_a_catalog_in_memory_stays_in_its_process() -> None:
    with Catalog("memory:") as catalog, pytest.raises(UsageError, match="in memory"):
        pickle.dumps(catalog)


def test_exists_is_asked_in_one_way(tmp_path: Path) -> None:
    with Catalog(tmp_path / "s.sosie") as catalog:
        assert catalog.exists() is False
        with pytest.raises(StoreNotFound):
            catalog.count()


@pytest.mark.parametrize(("details", "given", "threads"), [(True, None, 3), (False, None, 4), (True, 2, 2)])
def test_a_core_is_left_for_details(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, details: bool, given: int | None, threads: int
) -> None:
    shop = pictures / "shop.sosie"
    with Catalog(shop, embedder="mobilenet_v2") as catalog:
        catalog.index(pictures, details=details)
    loaded: list[int | None] = []

    def load_noted(name: str, threads: int | None, device: Device) -> Embedder:
        loaded.append(threads)
        return load(name, threads, device)

    monkeypatch.setattr("sosie.embedders.registry.load", load_noted)
    monkeypatch.setattr("sosie.catalog.resources.usable_cores", lambda: 4)
    with Catalog(shop, threads=given) as catalog:
        catalog.search(pictures / "small.jpg")
    assert loaded == [threads]
