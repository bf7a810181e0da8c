"""How fast vectors come out of picture files: the reference's recipe, bare ONNX Runtime, Sosie, and other libraries.

    PYTHONPATH=src:benchmarks python benchmarks/extraction.py [--keras COMMAND] [--torch COMMAND]

Each way is a process of its own with one thread, on the same photos. The commands start a Python that has the others'
libraries, such as ``env PYTHONPATH=build/keras python``: TensorFlow and Keras for ``--keras``; PyTorch, torchvision,
imagededup, and DeepImageSearch 2.5 with timm for ``--torch``. Without a command, its rows say so.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from typing import NamedTuple

from grocery import read_photos
from report import table, write_section

PHOTOS = 120
ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3",
}  # fmt: skip
TIMED = """
import json, sys, time
paths = sys.stdin.read().split("\\n")
work(paths[:8])
began, worked = time.perf_counter(), time.process_time()
work(paths)
print(json.dumps([time.perf_counter() - began, time.process_time() - worked]))
"""
KERAS = """
import numpy as np, tensorflow as tf
from PIL import Image
from tensorflow.keras.applications.imagenet_utils import preprocess_input
network = tf.keras.applications.MobileNetV2(include_top=False, pooling="avg", weights=None, input_shape=(224, 224, 3))
def pixels(path):
    return np.asarray(Image.open(path).convert("RGB").resize((224, 224)), np.float32)
"""
ONE_BY_ONE = """
def work(paths):
    for path in paths:
        network.predict(preprocess_input(pixels(path)[np.newaxis].copy()), verbose=0)
"""
IN_BATCHES = """
def work(paths):
    network.predict(preprocess_input(np.stack([pixels(path) for path in paths])), batch_size=8, verbose=0)
"""
RUNTIME = """
import numpy as np, onnxruntime
from PIL import Image
from sosie.embedders.bundled import WEIGHTS
settings = onnxruntime.SessionOptions()
settings.intra_op_num_threads = settings.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(WEIGHTS / "mobilenet_v2.onnx", settings, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
def pixels(path):
    picture = Image.open(path).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)
    return np.asarray(picture, np.float32).transpose(2, 0, 1) / 127.5 - 1
def work(paths):
    for start in range(0, len(paths), 8):
        session.run(None, {name: np.stack([pixels(path) for path in paths[start : start + 8]])})
"""
SOSIE = """
from pathlib import Path
from sosie.embedders.registry import load
from sosie.images.decode import decode
from sosie.images.transform import pixels_of, shorter_side_needed
embedder = load(NETWORK, threads=1)
transforms = embedder.spec.transforms
side = shorter_side_needed(transforms)
def work(paths):
    for start in range(0, len(paths), embedder.batch_size):
        part = paths[start : start + embedder.batch_size]
        pictures = [decode(Path(path).read_bytes(), shorter_side=side) for path in part]
        embedder.embed(pixels_of(pictures, transforms))
"""
TORCHVISION = """
import torch, torchvision
from PIL import Image
torch.set_num_threads(1)
network = torchvision.models.mobilenet_v2(weights=None).features.eval()
change = torchvision.transforms.Compose([torchvision.transforms.Resize((224, 224)), torchvision.transforms.ToTensor()])
def work(paths):
    with torch.no_grad():
        for start in range(0, len(paths), 8):
            part = paths[start : start + 8]
            network(torch.stack([change(Image.open(path).convert("RGB")) for path in part])).mean((2, 3))
"""
IMAGEDEDUP = """
import torch, torchvision
from imagededup.methods import CNN
from imagededup.utils.models import CustomModel, MobilenetV3
torch.set_num_threads(1)
network = torchvision.models.mobilenet_v3_small(weights=None).eval()
network = torch.nn.Sequential(network.features, network.avgpool, torch.nn.Flatten())
cnn = CNN(verbose=False, model_config=CustomModel("random", network, MobilenetV3.transform))
def work(paths):
    for path in paths:
        cnn.encode_image(path)
"""
DEEPIMAGESEARCH = """
import contextlib, os, sys, tempfile, torch
os.chdir(tempfile.mkdtemp())
from PIL import Image
torch.set_num_threads(1)
with contextlib.redirect_stdout(sys.stderr):
    from DeepImageSearch import Search_Setup
    search = Search_Setup([], model_name="MODEL", pretrained=False)
def work(paths):
    for path in paths:
        search._extract(Image.open(path))
"""


class Way(NamedTuple):
    """A way to make vectors: which Python runs it, and its code, which defines ``work(paths)``."""

    python: str
    code: str


WAYS = {
    "Sosie, MobileNetV2": Way("", SOSIE.replace("NETWORK", '"mobilenet_v2"')),
    "Sosie, the default network": Way("", SOSIE.replace("NETWORK", '"duo"')),
    "bare ONNX Runtime, the same MobileNetV2, batches of 8": Way("", RUNTIME),
    "reference recipe: Keras MobileNetV2, one picture a `predict`": Way("keras", KERAS + ONE_BY_ONE),
    "Keras MobileNetV2, batches of 8": Way("keras", KERAS + IN_BATCHES),
    "torchvision MobileNetV2, batches of 8": Way("torch", TORCHVISION),
    "imagededup CNN, MobileNetV3 small (a fifth of MobileNetV2's work)": Way("torch", IMAGEDEDUP),
    "DeepImageSearch 2.5, its default VGG-19": Way("torch", DEEPIMAGESEARCH.replace("MODEL", "vgg19")),
    "DeepImageSearch 2.5, MobileNetV2": Way("torch", DEEPIMAGESEARCH.replace("MODEL", "mobilenetv2_100")),
}
ABSENT = """Not measured: DeepImageSearch 3 and img2vec-pytorch 1.0.2 need a newer PyTorch than Debian's 1.13, which was
used here; Towhee and SentenceTransformers fetch their networks from hubs that this machine cannot reach. The weights of
Keras, torchvision, imagededup and DeepImageSearch could not be fetched either: their networks have random weights,
which changes nothing about the time."""


def main() -> None:
    """Run all ways in turn, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keras", help="a Python with TensorFlow")
    parser.add_argument("--torch", help="a Python with PyTorch and the libraries above it")
    given = parser.parse_args()
    pythons = {"": sys.executable, "keras": given.keras, "torch": given.torch}
    rows, failed = [], []
    for name, way in WAYS.items():
        python = pythons[way.python]
        outcome = run(python, way.code) if python else f"no --{way.python} was given"
        print(name, outcome, flush=True)
        if isinstance(outcome, str):
            failed.append(f"Not measured: {name}: {outcome}")
        else:
            rows.append((name, outcome))
    base = rows[0][1]
    cells = [[name, f"{1000 * cost:.1f}", f"{1 / cost:.1f}", f"{cost / base:.2f}"] for name, cost in rows]
    columns = ["", "processor ms a picture", "pictures a second of one core", "of Sosie's time"]
    head = f"{PHOTOS} photos of `shopfloor_val`, from the file to the vector, one thread, after eight to warm up."
    command = "PYTHONPATH=src:benchmarks python benchmarks/extraction.py --keras COMMAND --torch COMMAND"
    write_section("Extraction", command, "\n\n".join([head, table(columns, cells), *failed, ABSENT]))


def run(python: str, code: str) -> float | str:
    """Seconds of processor time a picture, or the last line of what went wrong."""
    photos = read_photos("shopfloor_val").paths
    paths = "\n".join(str(path) for path in photos[:: len(photos) // PHOTOS][:PHOTOS])
    command = [*shlex.split(python), "-c", code + TIMED]
    ran = subprocess.run(command, input=paths, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    if ran.returncode:
        return (ran.stderr.strip().splitlines() or ["no message"])[-1]
    return float(json.loads(ran.stdout.splitlines()[-1])[1]) / PHOTOS


if __name__ == "__main__":
    main()
