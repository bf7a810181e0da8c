"""How fast real photos are indexed, beside the reference recipe and beside what the machine allows.

    PYTHONPATH=src:benchmarks python benchmarks/indexing.py --keras ENV/bin/python

``--keras`` names a Python that has TensorFlow and Pillow, in an environment of its own; without it the reference is
left out. Every figure is the median of several runs, taken in turn, so that a change of the machine's speed meets all.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from grocery import FOLDER, read_photos
from report import table, write_section

import sosie
from sosie.cores import usable_cores
from sosie.embedders.registry import load
from sosie.images.decode import decode
from sosie.images.transform import shorter_side_needed, thumbnail, to_pixels

EMBEDDER = "mobilenet_v2"
ALONE = 160
BY_KERAS = 60
ROUNDS = 3

KERAS = """
import sys, time, numpy as np
from PIL import Image
import tensorflow as tf
from tensorflow.keras.applications.imagenet_utils import preprocess_input
network = tf.keras.applications.MobileNetV2(include_top=False, pooling="avg", weights=None, input_shape=(224, 224, 3))
paths = sys.stdin.read().split("\\n")
def features(path):
    pixels = np.asarray(Image.open(path).convert("RGB").resize((224, 224)), np.float32)[np.newaxis]
    return network.predict(preprocess_input(pixels.copy()), verbose=0)
features(paths[0])
began = time.perf_counter()
for path in paths:
    features(path)
print(len(paths) / (time.perf_counter() - began))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", help="a Python with TensorFlow, for the reference recipe")
    keras = parser.parse_args().keras
    work: dict[str, Callable[[], float]] = {"network": _network, "decode": _decode, "thumbnail": _thumbnail}
    work["sosie"] = _sosie
    if keras:
        work["reference"] = lambda: _reference(keras)
    figures: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, measure in work.items():
            figures[name].append(measure())
    _write({name: statistics.median(values) for name, values in figures.items()})


def _write(median: dict[str, float]) -> None:
    cores = usable_cores()
    alone = {name: median[name] for name in ("network", "decode", "thumbnail")}
    allowed = cores / sum(alone.values())
    parts = " + ".join(f"{seconds * 1000:.1f} ms {name}" for name, seconds in alone.items())
    rows = [
        ("`sosie index`, MobileNetV2", f"{median['sosie']:.1f}", "1.00"),
        (f"what {cores} cores allow: {cores} ÷ ({parts})", f"{allowed:.1f}", f"{median['sosie'] / allowed:.2f}"),
    ]
    if "reference" in median:
        ratio = median["sosie"] / median["reference"]
        rows.append(("reference recipe: Keras, one picture a `predict`", f"{median['reference']:.1f}", f"{ratio:.1f}"))
    text = (
        f"All {len(_photos())} labelled shop-floor photos into a new local store, medians of {ROUNDS} rounds in turn. "
        "Each stage alone runs on one core with one thread, decode with the resize to the network's input."
    )
    body = f"{text}\n\n{table(['work', 'pictures a second', 'sosie ÷ this'], rows)}"
    write_section("Indexing", "PYTHONPATH=src:benchmarks python benchmarks/indexing.py --keras ENV/bin/python", body)


def _photos() -> list[Path]:
    return [path for name in ("shopfloor_train", "shopfloor_val") for path in read_photos(name).paths]


def _sample() -> list[bytes]:
    photos = _photos()
    return [path.read_bytes() for path in photos[:: len(photos) // ALONE][:ALONE]]


def _sosie() -> float:
    """Pictures a second of a whole run, from the source to the closed store."""
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        with sosie.open(f"{scratch}/shop.sosie", embedder=EMBEDDER) as catalog:
            done = sum(catalog.index(FOLDER / f"shopfloor_{name}.csv").added for name in ("train", "val"))
        return done / (time.perf_counter() - began)


def _network() -> float:
    """Seconds of one core for one picture."""
    embedder = load(EMBEDDER, threads=1)
    [transform] = embedder.spec.transforms
    batch = np.zeros((embedder.batch_size, 3, transform.size, transform.size), np.float32)
    embedder.embed([batch])
    return _seconds_each(lambda: embedder.embed([batch]), ALONE // embedder.batch_size) / embedder.batch_size


def _decode() -> float:
    transforms = load(EMBEDDER).spec.transforms
    files = iter(_sample())
    side = shorter_side_needed(transforms)
    return _seconds_each(lambda: to_pixels(decode(next(files), shorter_side=side), transforms), ALONE)


def _thumbnail() -> float:
    pictures = iter([decode(data) for data in _sample()])
    return _seconds_each(lambda: thumbnail(next(pictures)), ALONE)


def _seconds_each(once: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        once()
    return (time.perf_counter() - began) / times


def _reference(python: str) -> float:
    """Pictures a second of the reference's recipe: random weights, since the speed is asked, in its own process."""
    paths = "\n".join(str(path) for path in _photos()[:BY_KERAS])
    done = subprocess.run([python, "-c", KERAS], input=paths, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
