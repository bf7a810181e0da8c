"""How fast real photos are indexed, beside the reference recipe and beside what the machine allows.

    PYTHONPATH=src:benchmarks python benchmarks/indexing.py --keras ENV/bin/python

``--keras`` names a Python that has TensorFlow and Pillow, in an environment of its own; without it the reference is
left out. Every figure is the median of several runs, taken in turn, so that a change of the machine's speed meets all.
``--details`` writes the section on what details cost instead.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from grocery import FOLDER, read_photos
from report import table, write_section

import sosie
from sosie.embedders.registry import load
from sosie.images.decode import decode
from sosie.images.transform import encode_thumbnail, pixels_of, shorter_side_needed
from sosie.support.cores import usable_cores

EMBEDDER = "mobilenet_v2"
STAGES = ("network", "decode", "thumbnail")
ALONE = 160
BY_KERAS = 60
ROUNDS = 5

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


class Cost(NamedTuple):
    """Seconds of one picture: on the wall, and of processors."""

    wall: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", help="a Python with TensorFlow, for the reference recipe")
    parser.add_argument("--details", action="store_true", help="measure with and without details instead")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    if arguments.details:
        _write_details(arguments.rounds)
    else:
        _compare(arguments.keras, arguments.rounds)


def _compare(keras: str | None, rounds: int) -> None:
    work: dict[str, Callable[[], Cost]] = {"network": _network, "decode": _decode, "thumbnail": _thumbnail}
    work["sosie"] = _sosie
    if keras:
        work["reference"] = lambda: _reference(keras)
    costs: dict[str, list[Cost]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, measure in work.items():
            costs[name].append(measure())
    medians = {name: Cost(*map(statistics.median, zip(*several, strict=True))) for name, several in costs.items()}
    _write(medians, rounds)


def _write(median: dict[str, Cost], rounds: int) -> None:
    cores = usable_cores()
    alone = {name: median[name] for name in STAGES}
    rate = 1 / median["sosie"].wall
    allowed = cores / sum(cost.wall for cost in alone.values())
    parts = " + ".join(f"{cost.wall * 1000:.1f} ms {name}" for name, cost in alone.items())
    rows = [
        ("`sosie index`, MobileNetV2", f"{rate:.1f}", "1.00"),
        (f"what {cores} cores allow: {cores} ÷ ({parts})", f"{allowed:.1f}", f"{rate / allowed:.2f}"),
    ]
    if "reference" in median:
        recipe = 1 / median["reference"].wall
        rows.append(("reference recipe: Keras, one picture a `predict`", f"{recipe:.1f}", f"{rate / recipe:.1f}"))
    stages = sum(cost.processor for cost in alone.values())
    text = (
        f"All {len(_photos())} labeled shop-floor photos into a new local store (usable cores: {cores}), medians of "
        f"{rounds} rounds in turn. "
        "Each stage alone runs on one core with one thread, decode with the resize to the network's input. Processor "
        f"time, which other work on the machine changes less: {median['sosie'].processor * 1000:.2f} ms a picture for "
        f"all of it, start included, {stages * 1000:.2f} ms for the stages alone."
    )
    body = f"{text}\n\n{table(['work', 'pictures a second', 'sosie ÷ this'], rows)}"
    write_section("Indexing", "PYTHONPATH=src:benchmarks python benchmarks/indexing.py --keras ENV/bin/python", body)


def _write_details(rounds: int) -> None:
    kinds = {"without details": False, "with details": True}
    costs: dict[str, list[Cost]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, details in kinds.items():
            costs[name].append(_val(details))
    rows = []
    for name, several in costs.items():
        wall, processor = map(statistics.median, zip(*several, strict=True))
        shares = (f"{cores / processor:.1f}" for cores in (1, 2))
        rows.append((name, f"{1 / wall:.1f}", f"{1000 * processor:.1f}", *shares))
    columns = ["", "pictures a second", "processor ms a picture", "1 core ÷ that", "2 cores ÷ that"]
    text = (
        f"The {len(read_photos('shopfloor_val').paths)} photos of `shopfloor_val` into a new local store, "
        f"`{EMBEDDER}`, medians of {rounds} rounds in turn; usable cores: {usable_cores()}, beside other work. "
        "The last columns are what its cores would do if these pictures had them for themselves."
    )
    command = "PYTHONPATH=src:benchmarks python benchmarks/indexing.py --details"
    write_section("Indexing with details", command, f"{text}\n\n{table(columns, rows)}")


def _val(details: bool) -> Cost:
    def index() -> None:
        with sosie.open(f"{scratch}/shop.sosie", embedder=EMBEDDER) as catalog:
            catalog.index(FOLDER / "shopfloor_val.csv", details=details)

    with tempfile.TemporaryDirectory() as scratch:
        return _cost(index, 1, len(read_photos("shopfloor_val").paths))


def _photos() -> list[Path]:
    return [path for name in ("shopfloor_train", "shopfloor_val") for path in read_photos(name).paths]


def _sample() -> list[bytes]:
    photos = _photos()
    return [path.read_bytes() for path in photos[:: len(photos) // ALONE][:ALONE]]


def _sosie() -> Cost:
    """A whole run, from the source to the closed store."""

    def index_all() -> None:
        with sosie.open(f"{scratch}/shop.sosie", embedder=EMBEDDER) as catalog:
            for name in ("train", "val"):
                catalog.index(FOLDER / f"shopfloor_{name}.csv", details=False)

    with tempfile.TemporaryDirectory() as scratch:
        return _cost(index_all, 1, len(_photos()))


def _network() -> Cost:
    embedder = load(EMBEDDER, threads=1)
    [transform] = embedder.spec.transforms
    batch = np.zeros((embedder.batch_size, 3, transform.size, transform.size), np.float32)
    embedder.embed([batch])
    return _cost(lambda: embedder.embed([batch]), ALONE // embedder.batch_size, embedder.batch_size)


def _decode() -> Cost:
    transforms = load(EMBEDDER).spec.transforms
    files = iter(_sample())
    side = shorter_side_needed(transforms)
    return _cost(lambda: pixels_of([decode(next(files), shorter_side=side)], transforms), ALONE)


def _thumbnail() -> Cost:
    pictures = iter([decode(data) for data in _sample()])
    return _cost(lambda: encode_thumbnail(next(pictures)), ALONE)


def _cost(once: Callable[[], object], times: int, pictures: int = 1) -> Cost:
    """What a picture costs where each of so many calls is for so many pictures."""
    began, worked = time.perf_counter(), time.process_time()
    for _ in range(times):
        once()
    return Cost(*(spent / times / pictures for spent in (time.perf_counter() - began, time.process_time() - worked)))


def _reference(python: str) -> Cost:
    """The reference's recipe in a process of its own; its weights are random, as only speed is measured."""
    paths = "\n".join(str(path) for path in _photos()[:BY_KERAS])
    done = subprocess.run([python, "-c", KERAS], input=paths, capture_output=True, text=True, check=True)
    return Cost(1 / float(done.stdout.split()[-1]), math.nan)


if __name__ == "__main__":
    main()
