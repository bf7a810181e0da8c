"""A user's own network: ``PATH``, an ONNX file, with ``PATH``'s name and the suffix ``.json`` beside it.

The network takes one input of float32 or float16, shape (n, 3, size, size) or (n, size, size, 3), RGB, and gives
(n, dim); n may be fixed. Weights may stand beside it, in files named ``PATH_data``, ``PATH.data`` or like ``PATH`` with
the suffix ``.data``. The JSON is an object::

    {
      "size": 224,                       required: the side of the input, in pixels
      "mean": [123.675, 116.28, 103.53], required: subtracted from R, G and B, which come in 0..255
      "std": [58.395, 57.12, 57.375],    required: then divides them
      "geometry": "squash",              or "crop" or "pad", as ``sosie.types.Transform`` says
      "crop_share": 1.0,                 of the shorter side, in (0, 1], for "crop"
      "resampling": "bilinear",          or "bicubic", "lanczos", "nearest", "box" or "hamming"
      "output": "embedding",             the name of the output to use; left out, the first
      "text": {"graph": "text.onnx"}     the text encoder: see ``sosie.embedders.model_file_text``
    }
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, get_args, get_type_hints

from sosie.embedders.base import TextEncoder
from sosie.embedders.model_file_text import TEXT_EXPECTED, files_beside, is_text_settings, open_text_file
from sosie.embedders.network import Reading
from sosie.embedders.onnx import OnnxEmbedder
from sosie.embedders.runtime import Device, Weights
from sosie.errors import EmbedderUnavailable
from sosie.types import JSON, Transform

REQUIRED = ("size", "mean", "std")
OPTIONAL = ("geometry", "crop_share", "resampling", "output", "text")
MAX_SIZE = 4096
CUT = "cut"
"""The geometry with an additional number. Only settings of networks themselves use it."""


def open_model_file(path: Path, threads: int | None = None, device: Device = "auto") -> ModelFileEmbedder:
    """The embedder in ``path``, opened, and run once as a check; ``EmbedderUnavailable`` on failure."""
    path = path.expanduser().resolve()
    if not path.is_file():
        raise EmbedderUnavailable(f"there is no file {path}; expected the ONNX file of a network")
    settings = _read_settings(path.with_suffix(".json"))
    text = settings.get("text")
    embedder = ModelFileEmbedder(
        f"onnx:{path}",
        Weights(path, files_beside(path)),
        _read_transform(settings),
        reading=Reading(settings.get("output")),
        threads=threads,
        device=device,
        text=None if text is None else partial(open_text_file, path.with_suffix(".json"), text, threads or 1, device),
    )
    _ = embedder.spec
    return embedder


class ModelFileEmbedder(OnnxEmbedder):
    """A user's own network. If its JSON has a text encoder, it is opened with the first words."""

    def __init__(
        self,
        name: str,
        weights: Weights,
        transform: Transform,
        *,
        reading: Reading,
        threads: int | None,
        device: Device,
        text: Callable[[], TextEncoder] | None,
    ) -> None:
        super().__init__(name, weights, transform, reading=reading, threads=threads, device=device)
        self._open_text = text
        self._opening_text = Lock()
        self._text: TextEncoder | None = None

    def open_text(self) -> TextEncoder | None:
        """The text encoder; None if the JSON has none. ``EmbedderUnavailable`` if it cannot be opened."""
        if self._open_text is None:
            return None
        with self._opening_text:
            if self._text is None:
                self._text = self._open_text()
            return self._text


def _read_settings(path: Path) -> Mapping[str, JSON]:
    expected = f"expected a JSON object with {', '.join(REQUIRED)} and, if wanted, {', '.join(OPTIONAL)}"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EmbedderUnavailable(f"cannot read {path}: {error.strerror}; {expected}") from error
    except ValueError as error:
        raise EmbedderUnavailable(f"{path} is not JSON: {error}; {expected}") from error
    if not isinstance(settings, dict):
        raise EmbedderUnavailable(f"{path} holds {settings!r:.60}; {expected}")
    missing = [key for key in REQUIRED if key not in settings]
    unknown = [key for key in settings if key not in REQUIRED + OPTIONAL]
    if missing or unknown:
        problems = [
            f"{', '.join(keys)} {problem}" for keys, problem in ((missing, "missing"), (unknown, "unknown")) if keys
        ]
        raise EmbedderUnavailable(f"{path}: {'; '.join(problems)}; {expected}")
    _check_values(settings, path)
    return settings


def _read_transform(settings: Mapping[str, JSON]) -> Transform:
    return Transform(
        size=settings["size"],
        mean=_read_color(settings["mean"]),
        std=_read_color(settings["std"]),
        geometry=settings.get("geometry", "squash"),
        crop_share=float(settings.get("crop_share", 1.0)),
        resampling=settings.get("resampling", "bilinear"),
    )


def _read_color(values: Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = values
    return (float(red), float(green), float(blue))


def _check_values(settings: Mapping[str, JSON], path: Path) -> None:
    choices = get_type_hints(Transform)
    checks = {
        "size": (_is_size, f"a whole number from 1 to {MAX_SIZE}"),
        "mean": (_is_color, "three finite numbers, for pixels of 0..255"),
        "std": (_is_spread, "three numbers of at least 1, for pixels of 0..255 (multiply values for 0..1 by 255)"),
        "crop_share": (_is_share, "a number above 0 and up to 1"),
        "output": (_is_name, "the name of an output"),
        "text": (is_text_settings, TEXT_EXPECTED),
    }
    for key, value in settings.items():
        if key in checks:
            fits, expected = checks[key]
            ok = fits(value)
        else:
            allowed = tuple(choice for choice in get_args(choices[key]) if choice != CUT)
            ok, expected = value in allowed, " or ".join(allowed)
        if not ok:
            raise EmbedderUnavailable(f"{path}: {key} is {value!r}; expected {expected}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_SIZE


def _is_color(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(_is_number, value))


def _is_spread(value: Any) -> bool:
    return _is_color(value) and min(value) >= 1


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 < value <= 1


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""
