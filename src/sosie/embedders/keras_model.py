"""Networks of ``keras.applications``; the only module that imports Keras, with TensorFlow, JAX or torch.

``keras:NAME``                       the network without its top, maps averaged, with the weights that Keras downloads
``keras:NAME?weights=PATH``          the same with weights of your own
``keras:MobileNetV2.reference``      pixels as the reference makes them, to compare with vectors of an old index

The conversion of pixels is determined by calling Keras's own ``preprocess_input``, which is a linear map of every
channel, with or without an exchange of red and blue. The picture is padded, as for the bundled networks.

The reference squashes pictures by nearest neighbor and feeds MobileNetV2 in Caffe's convention, blue first and the mean
taken off, though it was trained on −1 to 1; its distance is that of vectors that are not of unit length.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from inspect import isfunction
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from sosie.embedders.vectors import check_pixel_arrays, to_unit_length
from sosie.errors import EmbedderError, EmbedderUnavailable, UnknownEmbedder
from sosie.types import EmbedderSpec, Pixels, Transform, Vectors

PREFIX = "keras:"
REFERENCE = ".reference"
WEIGHTS = "?weights="
BATCH_SIZE = 16
CAFFE_MEAN = (123.68, 116.779, 103.939)
"""Means of red, green and blue, in Caffe's convention."""

SIZES = {
    "EfficientNetB1": 240, "EfficientNetB2": 260, "EfficientNetB3": 300, "EfficientNetB4": 380, "EfficientNetB5": 456,
    "EfficientNetB6": 528, "EfficientNetB7": 600, "EfficientNetV2B1": 240, "EfficientNetV2B2": 260,
    "EfficientNetV2B3": 300, "EfficientNetV2S": 384, "EfficientNetV2M": 480, "EfficientNetV2L": 480,
    "InceptionV3": 299, "InceptionResNetV2": 299, "NASNetLarge": 331, "Xception": 299,
}  # fmt: skip
"""Sides of the networks' training pictures, in pixels; 224 for other networks."""
USUAL_SIZE = 224


@dataclass(frozen=True, slots=True)
class KerasName:
    """A network of ``keras.applications``, whether it uses the reference's pixels, and a file with weights."""

    network: str
    reference: bool = False
    weights: Path | None = None

    @classmethod
    def parse(cls, name: str) -> KerasName:
        """Parses a name. Whether the network exists is checked when it is opened."""
        network, _, weights = name.removeprefix(PREFIX).partition(WEIGHTS)
        path = Path(weights).expanduser().resolve() if weights else None
        return cls(network.removesuffix(REFERENCE), network.endswith(REFERENCE), path)

    def __str__(self) -> str:
        weights = "" if self.weights is None else f"{WEIGHTS}{self.weights}"
        return f"{PREFIX}{self.network}{REFERENCE if self.reference else ''}{weights}"


class KerasEmbedder:
    """A network of ``keras.applications``, opened when its spec is first used."""

    batch_size = BATCH_SIZE

    def __init__(self, name: KerasName) -> None:
        self._name = name
        self._opening = Lock()
        self._opened: tuple[Any, _Convention] | None = None

    @cached_property
    def spec(self) -> EmbedderSpec:
        """The identity: a hash of the weights and of the order of channels; the file does not matter."""
        model, convention = self._open()
        digest = hashlib.sha256(b"bgr" if convention.blue_first else b"rgb")
        for weight in model.get_weights():
            digest.update(np.ascontiguousarray(weight, np.float32).tobytes())
        size = SIZES.get(self._name.network, USUAL_SIZE)
        mean, std = convention.mean, convention.std
        transform = Transform(size, mean, std, geometry="pad", resampling="bicubic")
        if self._name.reference:
            transform = Transform(size, mean, std, resampling="nearest", reduce=False)
        return EmbedderSpec(str(self._name), digest.hexdigest(), int(model.output_shape[-1]), (transform,))

    def embed(self, pixels: Sequence[Pixels]) -> Vectors:
        """See ``Embedder.embed``."""
        (pictures,) = check_pixel_arrays(pixels, self.spec)
        if len(pictures) == 0:
            return np.empty((0, self.spec.dim), np.float32)
        model, convention = self._open()
        ordered = pictures[:, ::-1] if convention.blue_first else pictures
        try:
            answer = model(np.ascontiguousarray(ordered.transpose(0, 2, 3, 1)), training=False)
        except Exception as error:
            raise EmbedderError(f"{self._name} failed on {len(pictures)} pictures: {error}") from error
        features = import_module("keras.ops").convert_to_numpy(answer)
        return to_unit_length(np.asarray(features, np.float32), str(self._name))

    def _open(self) -> tuple[Any, _Convention]:
        with self._opening:
            if self._opened is None:
                self._opened = _open(self._name)
            return self._opened


def open_keras(name: str) -> KerasEmbedder:
    """The embedder of a name that begins with ``keras:``, opened, and run once as a check."""
    embedder = KerasEmbedder(KerasName.parse(name))
    _ = embedder.spec
    return embedder


@dataclass(frozen=True, slots=True)
class _Convention:
    """How pixels of 0 to 255 are converted: (v − mean) / std for red, green and blue, then perhaps blue first."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    blue_first: bool


def _open(name: KerasName) -> tuple[Any, _Convention]:
    applications = _import_applications()
    make: Any = getattr(applications, name.network, None)
    if not isfunction(make):
        raise UnknownEmbedder(_unknown(name.network, applications))
    if name.weights is not None and not name.weights.is_file():
        raise EmbedderUnavailable(f"there is no file {name.weights}; expected weights of keras.applications")
    size = SIZES.get(name.network, USUAL_SIZE)
    try:
        model = make(
            include_top=False, pooling="avg", input_shape=(size, size, 3),
            weights=None if name.weights else "imagenet",
        )  # fmt: skip
        if name.weights:
            model.load_weights(str(name.weights))
    except Exception as error:
        raise EmbedderUnavailable(
            f"{name} cannot be opened: {error}; check the network, or give the weights with ?weights=PATH"
        ) from error
    if name.reference:
        return model, _Convention(CAFFE_MEAN, (1.0, 1.0, 1.0), blue_first=True)
    return model, _convention_of(import_module(make.__module__).preprocess_input)


def _import_applications() -> Any:
    if "KERAS_BACKEND" not in os.environ:
        backends = [backend for backend in ("tensorflow", "jax", "torch") if find_spec(backend)]
        if backends:
            os.environ["KERAS_BACKEND"] = backends[0]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        return import_module("keras.applications")
    except ImportError as error:
        raise EmbedderUnavailable(
            f"networks of Keras need Keras 3 with TensorFlow, JAX or torch ({error}): pip install 'sosie[keras]'"
        ) from error


def _convention_of(preprocess: Any) -> _Convention:
    """The convention of a function, determined by converting black and full red, green and blue."""
    colors = np.concatenate([np.zeros((1, 3)), np.eye(3) * 255]).astype(np.float32)
    answers = np.asarray(preprocess(colors.reshape(4, 1, 1, 3).copy()), np.float64).reshape(4, 3)
    moved = answers[1:] - answers[0]
    places = np.abs(moved).argmax(axis=1)
    factors = moved[range(3), places] / 255
    mean = -answers[0][places] / factors
    return _Convention(_triple(mean), _triple(1 / factors), blue_first=bool(places[0] == 2))


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(np.float32(value)) for value in values)
    return red, green, blue


def _unknown(network: str, applications: Any) -> str:
    networks = [name for name, value in vars(applications).items() if isfunction(value)]
    near = get_close_matches(network, networks, n=3) or networks[:5]
    return f"keras.applications has no {network!r}; did you mean {' or '.join(near)}?"
