"""The bundled networks. NOTICE gives their origin, and ``scripts/pack_weights.py`` made the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sosie.embedders.onnx import OnnxEmbedder
from sosie.embedders.runtime import Device
from sosie.types import Transform

WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class Bundled:
    """A file of ``weights/``, a tag for its training data, and its transform."""

    file: str
    tag: str
    dim: int
    transform: Transform

    def open(self, name: str, threads: int | None = None, device: Device = "auto") -> OnnxEmbedder:
        """The embedder. Its weights are read on first use."""
        return OnnxEmbedder(name, WEIGHTS / self.file, self.transform, self.dim, threads=threads, device=device)


def _transform(size: int, mean: float, std: float) -> Transform:
    """A transform with the same ``mean`` and ``std`` for all channels; benchmarks/transforms.py gives the reasons."""
    return Transform(size, (mean, mean, mean), (std, std, std), geometry="pad", resampling="bicubic")


NETWORKS: Mapping[str, Bundled] = {
    "mobilenet_v2": Bundled("mobilenet_v2.onnx", "imagenet", 1280, _transform(224, 127.5, 127.5)),
    "efficientnet_lite0": Bundled("efficientnet_lite0.onnx", "imagenet", 1280, _transform(224, 127.0, 128.0)),
    "efficientnet_lite1": Bundled("efficientnet_lite1.onnx", "imagenet", 1280, _transform(240, 127.0, 128.0)),
    "efficientnet_lite2": Bundled("efficientnet_lite2.onnx", "imagenet", 1280, _transform(260, 127.0, 128.0)),
}
"""The bundled networks by name, fastest first."""
