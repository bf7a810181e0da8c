"""Whole graphs in int8: what they cost in quality, and what they gain in time.

    PYTHONPATH=src:benchmarks:scripts python benchmarks/int8.py ../shared/models [NAME ...]

Static quantization by ONNX Runtime: per channel, activations in uint8, their ranges taken from real pictures of clothes
and household goods. Photos and catalog of groceries, one view, looks alone. Needs the package onnx.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort  # type: ignore[import-untyped]
from exact_pictures import DATA, rows_of
from grocery import hits_at, read_photos
from onnxruntime.quantization import (  # type: ignore[import-untyped]
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process  # type: ignore[import-untyped]
from pack_weights import NETWORKS as ORIGINALS
from pack_weights import drop_head
from report import table, write_section

from sosie.embedders.bundled import NETWORKS
from sosie.images.decode import decode
from sosie.images.transform import pixels_of
from sosie.types import Pixels, Transform, Vectors

AT_ONCE, REPEATS = 2, 12
SETS = {"train, every fourth": ("shopfloor_train", 4), "val": ("shopfloor_val", 1)}
LEARNED_FROM = {"clothing": 60, "jsk_objects": 6}
"""Folders with pictures, and every how many of them."""


class Ranges(CalibrationDataReader):  # type: ignore[misc]
    """The pictures from which the ranges of activations are taken."""

    def __init__(self, transform: Transform) -> None:
        self._rest = self._pictures(transform)

    def _pictures(self, transform: Transform) -> Iterator[dict[str, Pixels]]:
        for folder, step in LEARNED_FROM.items():
            for row in rows_of(f"{folder}/catalog.csv")[::step]:
                yield {"input": pixels(DATA / folder / row["image"], transform)}

    def get_next(self) -> dict[str, Pixels] | None:
        return next(self._rest, None)


def main() -> None:
    originals, names = Path(sys.argv[1]), sys.argv[2:] or [*NETWORKS]
    rows = []
    for name in names:
        rows.append([name, *measure(name, originals)])
        print(*rows[-1], flush=True)
    columns = ("network", *SETS, "mean cosine", "least cosine", "ms", "ms in int8", "MB")
    write_section(
        "Graphs in int8",
        "PYTHONPATH=src:benchmarks:scripts python benchmarks/int8.py ../shared/models",
        "Hit rate@1 in float32 → int8, one view, looks alone. *ms*: processor time of a picture, one thread.\n\n"
        + table(columns, rows),
    )


def measure(name: str, originals: Path) -> list[str]:
    transform = NETWORKS[name].transform
    with tempfile.TemporaryDirectory() as folder:
        whole, narrow = quantized(originals / ORIGINALS[name], transform, Path(folder))
        sessions = [opened(whole), opened(narrow)]
        size = narrow.stat().st_size / 1e6
    catalog = read_photos("catalogue")
    galleries = [embedded(session, catalog.paths, transform) for session in sessions]
    rates, cosines = [], []
    for table_name, step in SETS.values():
        photos = read_photos(table_name, step)
        vectors = [embedded(session, photos.paths, transform) for session in sessions]
        hits = [
            hits_at(1, own, photos, gallery, catalog).mean() for own, gallery in zip(vectors, galleries, strict=True)
        ]
        rates.append(f"{hits[0]:.3f} → {hits[1]:.3f}")
        cosines.append(np.einsum("nd,nd->n", *vectors))
    together = np.concatenate(cosines)
    times = [f"{milliseconds(session, transform):.1f}" for session in sessions]
    return [*rates, f"{together.mean():.4f}", f"{together.min():.4f}", *times, f"{size:.1f}"]


def quantized(original: Path, transform: Transform, folder: Path) -> tuple[Path, Path]:
    """The graph without its head, in float32 and in int8."""
    model = onnx.load(original)
    drop_head(model.graph)
    onnx.save(model, folder / "headless.onnx")
    quant_pre_process(folder / "headless.onnx", folder / "whole.onnx", skip_symbolic_shape=True)
    quantize_static(
        folder / "whole.onnx", folder / "narrow.onnx", Ranges(transform), quant_format=QuantFormat.QDQ,
        per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )  # fmt: skip
    return folder / "whole.onnx", folder / "narrow.onnx"


def opened(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def pixels(path: Path, transform: Transform) -> Pixels:
    return pixels_of([decode(path.read_bytes(), shorter_side=transform.size)], (transform,))[0]


def embedded(session: ort.InferenceSession, paths: tuple[Path, ...], transform: Transform) -> Vectors:
    rows = [session.run(["embedding"], {"input": pixels(path, transform)})[0] for path in paths]
    vectors = np.concatenate(rows)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def milliseconds(session: ort.InferenceSession, transform: Transform) -> float:
    draw = np.random.default_rng(0)
    batch = draw.normal(size=(AT_ONCE, 3, transform.size, transform.size)).astype(np.float32)
    return 1e3 / AT_ONCE * least(lambda: session.run(["embedding"], {"input": batch}))


def least(work: Callable[[], object]) -> float:
    """The fewest seconds of processor time that ``work`` took."""
    taken: list[float] = []
    for _ in range(REPEATS):
        start = time.thread_time()
        work()
        taken.append(time.thread_time() - start)
    return min(taken)


if __name__ == "__main__":
    main()
