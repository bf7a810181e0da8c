"""Networks of a few numbers, written as ONNX files, that are right or wrong in one way each."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 8
SETTINGS = {"size": SIZE, "mean": [0, 0, 0], "std": [255, 255, 255]}


def write_network(
    path: Path,
    input_shape: Sequence[int | str] = ("n", 3, SIZE, SIZE),
    dim: int = 12,
    seed: int = 0,
    bias: float = 1.0,
    settings: Any = SETTINGS,
) -> Path:
    """A network that multiplies all pixels by a drawn matrix; outputs ``embedding`` and ``doubled`` of twice as many.

    ``settings`` is written beside it as JSON, unless it is None.
    """
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["pixels"], ["flat"]),
            helper.make_node("Gemm", ["flat", "matrix", "bias"], ["embedding"]),
            helper.make_node("Concat", ["embedding", "flat"], ["doubled"], axis=1),
        ],
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, input_shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("embedding", "doubled")],
        _weights(dim, seed, bias),
    )
    return write_model(path, graph, settings)


def write_pooling_network(path: Path, pooled: bool, settings: Any = SETTINGS) -> Path:
    """The mean color as an embedding, zero for black; without ``pooled`` the pixels come out as they went in."""
    nodes = [helper.make_node("Identity", ["pixels"], ["embedding"])]
    if pooled:
        nodes = [
            helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["embedding"]),
        ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ("n", 3, SIZE, SIZE))
    graph = helper.make_graph(nodes, "pool", [pixels], [helper.make_empty_tensor_value_info("embedding")])
    return write_model(path, graph, settings)


def write_in_other_types(path: Path, kind: str, dim: int = 12, settings: Any = SETTINGS) -> Path:
    """The network of ``write_network`` in ``int8`` (quantized and dequantized, as tools write it) or ``bfloat16``.

    ``bfloat16 weights`` are stored so and computed with in float32; plain ``bfloat16`` computes in it, too.
    """
    weights, bias = _weights(dim, 0, 1.0)
    matrix = numpy_helper.to_array(weights)
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ("n", 3, SIZE, SIZE))
    nodes = [helper.make_node("Flatten", ["pixels"], ["flat"])]
    if kind == "int8":
        scale = np.float32(np.abs(matrix).max() / 127)
        stored = numpy_helper.from_array(np.round(matrix / scale).astype(np.int8), "stored")
        scales = numpy_helper.from_array(scale, "scale"), numpy_helper.from_array(np.int8(0), "zero")
        nodes.append(helper.make_node("DequantizeLinear", ["stored", "scale", "zero"], ["matrix"]))
        more = [stored, *scales]
    else:
        rounded = (matrix.view(np.uint32) >> 16).astype(np.uint16)
        more = [helper.make_tensor("stored", TensorProto.BFLOAT16, matrix.shape, rounded.tobytes(), raw=True)]
        nodes.append(helper.make_node("Cast", ["stored"], ["matrix"], to=TensorProto.FLOAT))
        if kind == "bfloat16":
            nodes = [nodes[0], helper.make_node("Cast", ["flat"], ["narrow"], to=TensorProto.BFLOAT16)]
            nodes.append(helper.make_node("MatMul", ["narrow", "stored"], ["embedding"]))
    if kind != "bfloat16":
        nodes.append(helper.make_node("Gemm", ["flat", "matrix", "bias"], ["embedding"]))
        more.append(bias)
    graph = helper.make_graph(nodes, "tiny", [pixels], [helper.make_empty_tensor_value_info("embedding")], more)
    return write_model(path, graph, settings)


def write_model(path: Path, graph: onnx.GraphProto, settings: Any = SETTINGS, **options: Any) -> Path:
    """The graph as a file, and its settings beside it."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save_model(model, path, **options)
    if settings is not None:
        path.with_suffix(".json").write_text(json.dumps(settings))
    return path


def _weights(dim: int, seed: int, bias: float) -> list[onnx.TensorProto]:
    matrix = np.random.default_rng(seed).normal(size=(3 * SIZE * SIZE, dim)).astype(np.float32)
    return [
        numpy_helper.from_array(matrix, "matrix"),
        numpy_helper.from_array(np.full(dim, bias, np.float32), "bias"),
    ]
