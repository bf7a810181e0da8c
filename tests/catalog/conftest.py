"""One shop twice: in a store here, and behind a server."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import sosie
from support.pictures import draw_picture, encode
from support.served import served

pytest.register_assert_rewrite("catalog.pair")
from catalog.pair import Pair  # noqa: E402

ITEMS = 10


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ten pictures of five products, ``catalog.csv`` and a store; one id has a slash and an umlaut."""
    folder = tmp_path_factory.mktemp("shop")
    rows = ["item_id,product_id,image,links,title,brand,price"]
    for seed in range(ITEMS):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (120, 90))))
        name = "Größe/a b" if seed == ITEMS - 1 else f"i{seed}"
        rows.append(f"{name},p{seed // 2},{seed}.jpg,https://s.example/{seed},Thing {seed},{'AB'[seed % 2]},{seed * 5}")
    (folder / "catalog.csv").write_text("\n".join(rows), encoding="utf-8")
    with sosie.open(folder / "shop.sosie") as catalog:
        assert catalog.index(folder / "catalog.csv").added == ITEMS
    return folder


@pytest.fixture(scope="session")
def make_pair(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Pair]]:
    """Makes pairs that start with the shop's items and may be changed."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_opened(shop, tmp_path_factory.mktemp("pair")))


@pytest.fixture(scope="session")
def pair(make_pair: Callable[[], Pair]) -> Pair:
    """A pair that tests leave as it is."""
    return make_pair()


@contextmanager
def _opened(shop: Path, folder: Path) -> Iterator[Pair]:
    here, there = (Path(shutil.copytree(shop / "shop.sosie", folder / f"{name}.sosie")) for name in ("here", "there"))
    with served(there) as running, sosie.open(here) as local, sosie.open(running.url) as remote:
        yield Pair(local, remote, shop)
