"""Opens ONNX graphs with ONNX Runtime, which no other module imports."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from sosie.errors import EmbedderError, EmbedderUnavailable, UsageError

Array: TypeAlias = npt.NDArray[Any]
Device: TypeAlias = Literal["auto", "cpu", "cuda", "coreml"]
DEVICES: tuple[Device, ...] = get_args(Device)
DEVICE_VARIABLE = "SOSIE_DEVICE"
"""The environment variable that chooses the device of ``auto``, in this process and its child processes."""

ERRORS_ONLY = 3
CPU = "CPUExecutionProvider"
PROVIDERS: Mapping[str, str] = {"cpu": CPU, "cuda": "CUDAExecutionProvider", "coreml": "CoreMLExecutionProvider"}
AUTOMATIC = "cuda"
"""The device that ``auto`` prefers to the CPU. Core ML is never chosen, because it may round to half precision."""

logger = logging.getLogger("sosie.embedders")


@dataclass(frozen=True, slots=True)
class Weights:
    """An ONNX graph, and its files of weights by their names in the graph."""

    graph: Path
    external: Mapping[str, Path] = field(default_factory=dict)

    def sha256(self, *choices: str) -> str:
        """The SHA-256, 64 hex digits, of all files and of the choices for reading the graph."""
        digest = hashlib.sha256()
        for path in (self.graph, *(self.external[name] for name in sorted(self.external))):
            try:
                with path.open("rb") as file:
                    while chunk := file.read(1 << 20):
                        digest.update(chunk)
            except OSError as error:
                raise EmbedderUnavailable(f"cannot read the weights {path}: {error.strerror}") from error
        for choice in choices:
            digest.update(choice.encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Tensor:
    """The name, element type (``float``, ``int64``) and shape of an input. A free dimension is a name or None."""

    name: str
    type: str
    shape: tuple[int | str | None, ...]

    @property
    def rank(self) -> int:
        """The number of dimensions."""
        return len(self.shape)


class Session:
    """An open graph. Several threads may call ``run`` at once."""

    def __init__(self, weights: Weights, threads: int, device: Device = "cpu") -> None:
        self.path = weights.graph
        self._session, self._run_options = _open(weights, threads, device)
        self.inputs = tuple(_tensor(node) for node in self._session.get_inputs())
        self.outputs = tuple(str(node.name) for node in self._session.get_outputs())
        self.on_cpu = self._session.get_providers()[0] == CPU

    def run(self, output: str, feeds: Mapping[str, Array]) -> Array:
        """An output for these inputs; ``EmbedderError`` if the graph fails."""
        try:
            return np.asarray(self._session.run([output], feeds, self._run_options)[0])
        except Exception as error:
            raise EmbedderError(f"{self.path} failed on an input: {error}") from error

    def blank(self, tensor: Tensor, count: int = 1) -> Array:
        """Zeros for an input that the output does not need."""
        shape = [size if isinstance(size, int) and size > 0 else count for size in tensor.shape]
        return np.zeros(shape, DTYPES[tensor.type])


DTYPES: Mapping[str, type[np.generic]] = {
    "float": np.float32,
    "float16": np.float16,
    "int64": np.int64,
    "int32": np.int32,
    "bool": np.bool_,
}
"""The element types that an input may have."""


def check_device(name: str) -> Device:
    """The device with this name; ``UsageError`` for another name."""
    for device in DEVICES:
        if device == name:
            return device
    raise UsageError(f"device is {name!r}; expected {', '.join(DEVICES[:-1])} or {DEVICES[-1]}")


def _tensor(node: Any) -> Tensor:
    return Tensor(node.name, str(node.type).removeprefix("tensor(").removesuffix(")"), tuple(node.shape))


def _open(weights: Weights, threads: int, device: Device) -> tuple[Any, Any]:
    # The runtime reads this only at import. Without it, the wheels would store a device id in the home folder and send
    # usage data.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights in other files would not be part of the fingerprint. The graph's file is given, not its folder, so that
    # they cannot be loaded.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights.graph))
    buffers = [np.memmap(path, np.uint8, "r") for path in weights.external.values()]
    if buffers:
        options.add_external_initializers_from_files_in_memory(
            list(weights.external), buffers, [buffer.nbytes for buffer in buffers]
        )
    run_options = onnxruntime.RunOptions()
    run_options.only_execute_path_to_fetches = True
    data = _read(weights.graph)
    try:
        session = onnxruntime.InferenceSession(data, options, providers=_providers(onnxruntime, device))
    except Exception as error:
        raise EmbedderUnavailable(_why_not_opened(weights.graph, str(error))) from error
    return session, run_options


def _providers(onnxruntime: Any, given: Device) -> Sequence[str]:
    device = check_device(os.environ.get(DEVICE_VARIABLE, given)) if given == "auto" else given
    wanted = PROVIDERS[AUTOMATIC if device == "auto" else device]
    if wanted in onnxruntime.get_available_providers():
        return [*dict.fromkeys((wanted, CPU))]
    if device != "auto":
        warn_of_missing_device(device, wanted)
    return [CPU]


@cache
def warn_of_missing_device(device: str, wanted: str) -> None:
    """Warns once a process, because a joined embedder opens several networks."""
    logger.warning("device %s was requested, but this ONNX Runtime has no %s: using the CPU", device, wanted)


def _read(graph: Path) -> bytes:
    try:
        return graph.read_bytes()
    except OSError as error:
        raise EmbedderUnavailable(f"cannot read the weights {graph}: {error.strerror}") from error


def _why_not_opened(graph: Path, reason: str) -> str:
    if "NOT_IMPLEMENTED" in reason:
        return (
            f"{graph} computes in a number type or with an operation that this ONNX Runtime does not have here "
            f"({reason.rpartition(' : ')[2]}): export it in float32, float16 or int8; weights alone may be bfloat16"
        )
    if "external data" in reason.lower():
        return (
            f"{graph} keeps its weights in another file, which is not there; expected {graph.name}_data or "
            f"{graph.name}.data beside it, or all in one file: onnx.save_model(onnx.load(path), new_path)"
        )
    return f"{graph} is not a network that ONNX Runtime can open: {reason}"
