from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from sosie.embedders.base import Embedder
from sosie.embedders.registry import load, names
from support.tiny_networks import write_network

OWN = ("onnx", "onnx fixed at one picture", "onnx+onnx", "onnx+mobilenet_v2")

load_once = cache(load)


def _open_own(kind: str, folder: Path) -> Embedder:
    batch: int | str = 1 if kind == "onnx fixed at one picture" else "n"
    first = f"onnx:{write_network(folder / 'first.onnx', (batch, 3, 8, 8))}"
    second = f"onnx:{write_network(folder / 'second.onnx', seed=1)}"
    return load({"onnx+onnx": f"{first}+{second}", "onnx+mobilenet_v2": f"{first}+mobilenet_v2"}.get(kind, first))


@pytest.fixture(scope="session", params=[*names(), *OWN])
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """Every embedder that Sosie can make."""
    if request.param in OWN:
        return _open_own(request.param, tmp_path_factory.mktemp("networks"))
    return load_once(request.param)


@pytest.fixture(scope="session")
def bundled() -> Callable[[str], Embedder]:
    """A bundled embedder by name, opened once for all tests."""
    return load_once
