"""Makes src/sosie/embedders/weights/*.onnx from the original networks.

    python scripts/pack_weights.py ../shared/models

The originals are checked against their SHA256SUMS, a classifier head is dropped, and every weight is kept in half
precision with a Cast behind it, which ONNX Runtime computes once when it opens the file: half the size, no slower, and
within cosine 0.9999 of the original. Needs the package onnx.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).resolve().parents[1] / "src/sosie/embedders/weights"
OUTPUT = "embedding"
NETWORKS = {
    "mobilenet_v2": "mobilenetv2_1.0_224_imagenet_gap1280.onnx",
    "efficientnet_lite0": "efficientnet_lite0_224_imagenet_gap1280.onnx",
    "efficientnet_lite1": "efficientnet_lite1_240_imagenet_gap1280.onnx",
    "efficientnet_lite2": "efficientnet_lite2_260_imagenet_gap1280.onnx",
}


def main(originals: Path) -> None:
    """Pack every network of ``originals`` and say how large it became."""
    OUT.mkdir(exist_ok=True)
    for name, file in NETWORKS.items():
        check_sha256(originals / file)
        model = onnx.load(originals / file)
        drop_head(model.graph)
        halve_weights(model.graph)
        model.doc_string = f"{file}, packed for Sosie; origin and license in NOTICE"
        onnx.checker.check_model(model)
        packed = OUT / f"{name}.onnx"
        packed.write_bytes(model.SerializeToString(deterministic=True))
        print(f"{packed.name}: {(originals / file).stat().st_size:,} -> {packed.stat().st_size:,} bytes")


def check_sha256(path: Path) -> None:
    """Stop where the file is not the one that SHA256SUMS beside it names."""
    sums = dict(reversed(line.split()) for line in (path.parent / "SHA256SUMS").read_text().splitlines())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != sums.get(path.name):
        sys.exit(f"{path} has SHA-256 {digest}, SHA256SUMS says {sums.get(path.name)}: fetch it again")


def drop_head(graph: onnx.GraphProto) -> None:
    """Keep only what leads to the embedding."""
    needed = {OUTPUT}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.insert(0, node)
    replace(graph.node, kept)
    replace(graph.output, [output for output in graph.output if output.name == OUTPUT])
    replace(graph.initializer, [weight for weight in graph.initializer if weight.name in needed])


def halve_weights(graph: onnx.GraphProto) -> None:
    """Store every array in half precision and cast it back before its use; scalars stay."""
    weights, casts = [], []
    for weight in graph.initializer:
        if not weight.dims:
            weights.append(weight)
            continue
        half = numpy_helper.to_array(weight).astype(np.float16)
        weights.append(numpy_helper.from_array(half, f"{weight.name}_half"))
        casts.append(helper.make_node("Cast", [f"{weight.name}_half"], [weight.name], to=TensorProto.FLOAT))
    replace(graph.initializer, weights)
    replace(graph.node, casts + list(graph.node))


def replace(field, values) -> None:  # type: ignore[no-untyped-def]
    """Set a repeated field of a protobuf message."""
    values = list(values)
    del field[:]
    field.extend(values)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
