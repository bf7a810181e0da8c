from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from sosie.embedders.base import Embedder
from sosie.embedders.registry import load, names
from support.hub_models import MODELS, joint_graph, repository
from support.hub_server import FakeHub, serve_hub, use_hub
from support.tiny_networks import write_in_other_types, write_network

OWN = (
    "onnx",
    "onnx in int8",
    "onnx with bfloat16 weights",
    "onnx fixed at 1",
    "onnx fixed at 4",
    "onnx, channels last",
    "onnx+onnx",
    "onnx+mobilenet_v2",
)
OTHER_TYPES = {"onnx in int8": "int8", "onnx with bfloat16 weights": "bfloat16 weights"}
ON_THE_HUB = (*MODELS, "both sides in one graph")

load_once = cache(load)


def _open_own(kind: str, folder: Path) -> Embedder:
    if kind in OTHER_TYPES:
        return load(f"onnx:{write_in_other_types(folder / 'other.onnx', OTHER_TYPES[kind])}")
    batch: int | str = int(kind[-1]) if "fixed" in kind else "n"
    shape = (batch, 8, 8, 3) if "last" in kind else (batch, 3, 8, 8)
    first = f"onnx:{write_network(folder / 'first.onnx', shape)}"
    second = f"onnx:{write_network(folder / 'second.onnx', seed=1)}"
    return load({"onnx+onnx": f"{first}+{second}", "onnx+mobilenet_v2": f"{first}+mobilenet_v2"}.get(kind, first))


def _open_from_hub(kind: str, folder: Path) -> Embedder:
    files = repository(kind if kind in MODELS else "clip")
    if kind not in MODELS:
        files["onnx/model.onnx"] = joint_graph()
        del files["onnx/vision_model.onnx"]
    with serve_hub() as hub, pytest.MonkeyPatch.context() as patch:
        use_hub(patch, hub, folder)
        hub.add("acme/tiny", files)
        return load("hub:acme/tiny")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """An empty Hub that everything asks, with an empty cache in ``tmp_path / "home"``."""
    with serve_hub() as served:
        use_hub(monkeypatch, served, tmp_path / "home")
        yield served


@pytest.fixture(scope="session", params=[*names(), *OWN, *ON_THE_HUB])
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """Every embedder that Sosie can make."""
    if request.param in ON_THE_HUB:
        return _open_from_hub(request.param, tmp_path_factory.mktemp("hub"))
    if request.param in OWN:
        return _open_own(request.param, tmp_path_factory.mktemp("networks"))
    return load_once(request.param)


@pytest.fixture(scope="session")
def bundled() -> Callable[[str], Embedder]:
    """A bundled embedder by name, opened once for all tests."""
    return load_once
