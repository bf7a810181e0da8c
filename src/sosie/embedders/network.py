"""An ONNX file opened with ONNX Runtime on the CPU; the only place that imports the runtime."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.errors import EmbedderError, EmbedderUnavailable
from sosie.types import Pixels

Features: TypeAlias = npt.NDArray[np.float32]
"""What a network gives before it is brought to unit length: shape (n, dim), float32."""

ERRORS_ONLY = 3

PICTURES_A_THREAD = 2
"""More in one run would outgrow the caches of a core: eight take a sixth longer each (`benchmarks/batches.py`)."""


class Network:
    """One input, pictures of shape (n, 3, size, size), float32, and one output of shape (n, dim).

    ``output`` names the output to use, None means the first. ``threads`` work on one call; they sleep between calls,
    so that several callers share the cores. ``run`` may be called from several threads at once.
    """

    def __init__(self, weights: Path, size: int, output: str | None, threads: int) -> None:
        self._weights = weights
        self._session = _open_session(weights, threads)
        self._input = _check_input(self._session.get_inputs(), size, weights)
        self._output = _check_output([node.name for node in self._session.get_outputs()], output, weights)
        one_by_one = _takes_one_picture(self._input.shape[0], weights)
        self._at_once = 1 if one_by_one else PICTURES_A_THREAD * threads

    def run(self, pixels: Pixels) -> Features:
        """The network's answer for pictures of shape (n, 3, size, size), n ≥ 1; ``EmbedderError`` where it fails."""
        batches = [pixels[i : i + self._at_once] for i in range(0, len(pixels), self._at_once)]
        features = np.concatenate([self._run_batch(batch) for batch in batches])
        return np.ascontiguousarray(features, dtype=np.float32)

    def _run_batch(self, pixels: Pixels) -> npt.NDArray[Any]:
        try:
            features = np.asarray(self._session.run([self._output], {self._input.name: pixels})[0])
        except Exception as error:
            raise EmbedderError(f"{self._weights} failed on {len(pixels)} pictures: {error}") from error
        if features.ndim != 2 or len(features) != len(pixels):
            raise EmbedderError(
                f"output {self._output!r} of {self._weights} has shape {features.shape} for {len(pixels)} pictures; "
                "expected (n, dim): export the network with its pooling, or name another output in the JSON"
            )
        return features


def _open_session(weights: Path, threads: int) -> Any:
    # Read at import only: its wheels would keep a device id in the home folder and report to their maker.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights outside the file would escape the fingerprint; a file is no folder, so none are found there.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights))
    data = _read_weights(weights)
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise EmbedderUnavailable(_why_not_opened(weights, str(error))) from error


def _read_weights(weights: Path) -> bytes:
    try:
        return weights.read_bytes()
    except OSError as error:
        raise EmbedderUnavailable(f"cannot read the weights {weights}: {error.strerror}") from error


def _why_not_opened(weights: Path, reason: str) -> str:
    if "external data" in reason.lower():
        return (
            f"{weights} keeps its weights in another file; expected all in one: "
            "write it again with onnx.save_model(onnx.load(path), new_path)"
        )
    return f"{weights} is not a network that ONNX Runtime can open: {reason}"


def _check_input(inputs: Sequence[Any], size: int, weights: Path) -> Any:
    expected = f"expected one input of float32, shape (n, 3, {size}, {size})"
    found = ", ".join(f"{node.name}: {node.type} {tuple(node.shape)}" for node in inputs)
    shapes_fit = len(inputs) == 1 and _fits(inputs[0].shape[1:], (3, size, size))
    if shapes_fit and inputs[0].type == "tensor(float)":
        return inputs[0]
    hint = "; export it with channels first" if any(_fits(node.shape[3:], (3,)) for node in inputs) else ""
    raise EmbedderUnavailable(f"{weights} takes {found}; {expected}{hint}, and size in the JSON must agree")


def _fits(shape: Sequence[int | str | None], expected: tuple[int, ...]) -> bool:
    """Whether a shape, in which a free dimension is a name or None, can be the expected one."""
    return len(shape) == len(expected) and all(
        not isinstance(found, int) or found == wanted for found, wanted in zip(shape, expected, strict=True)
    )


def _check_output(names: Sequence[str], wanted: str | None, weights: Path) -> str:
    if wanted is not None and wanted not in names:
        raise EmbedderUnavailable(f"{weights} has no output {wanted!r}; expected one of {', '.join(names)}")
    return wanted or names[0]


def _takes_one_picture(batch: int | str | None, weights: Path) -> bool:
    if isinstance(batch, int) and batch != 1:
        raise EmbedderUnavailable(
            f"{weights} takes exactly {batch} pictures at once; expected a free batch size, or 1: export it again"
        )
    return batch == 1
