import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from sosie.embedders.base import Embedder
from sosie.embedders.bundled import NETWORKS, WEIGHTS
from sosie.embedders.registry import names
from support.pixels import draw_pixels
from support.shared import shared

GOLDEN = Path(__file__).parent / "golden"
FINGERPRINTS = GOLDEN / "fingerprints.json"
ORIGINALS = {
    "mobilenet_v2": "mobilenetv2_1.0_224_imagenet_gap1280.onnx",
    "efficientnet_lite0": "efficientnet_lite0_224_imagenet_gap1280.onnx",
    "efficientnet_lite1": "efficientnet_lite1_240_imagenet_gap1280.onnx",
    "efficientnet_lite2": "efficientnet_lite2_260_imagenet_gap1280.onnx",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_packed_weights_agree_with_the_original(name: str, bundled: Callable[[str], Embedder]) -> None:
    original = onnxruntime.InferenceSession(shared(f"models/{ORIGINALS[name]}"), providers=["CPUExecutionProvider"])
    embedder = bundled(name)
    pixels = draw_pixels(embedder.spec, seeds=range(6))
    expected = original.run(["embedding"], {"input": pixels[0]})[0]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    cosines = (embedder.embed(pixels) * expected).sum(axis=1)
    assert cosines.min() >= 0.999


@pytest.mark.parametrize("name", NETWORKS)
def test_vectors_are_those_of_the_golden_file(name: str, bundled: Callable[[str], Embedder]) -> None:
    embedder = bundled(name)
    golden = np.load(GOLDEN / f"{name}.npy").astype(np.float32)
    vectors = embedder.embed(draw_pixels(embedder.spec, seeds=range(len(golden))))
    assert (vectors * golden).sum(axis=1).min() >= 0.9995


def test_every_file_of_weights_is_an_embedder_and_small() -> None:
    files = {path.name: path.stat().st_size for path in WEIGHTS.iterdir()}
    assert set(files) == {network.file for network in NETWORKS.values()}
    assert sum(files.values()) < 30_000_000


def test_fingerprints_stay_what_existing_stores_hold(bundled: Callable[[str], Embedder]) -> None:
    assert {name: bundled(name).spec.fingerprint for name in names()} == json.loads(FINGERPRINTS.read_text())
