"""Perceptual hashes of pictures by imagededup, in a Python of its own, for ``duplicates.py``."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

LEAST_DISTANCE = 10
"""imagededup's own border: pictures whose hashes differ in at most so many of 64 bits are duplicates."""

METHODS = ("PHash", "DHash", "AHash", "WHash")
CODE = """
import json, sys
from imagededup import methods
paths = sys.stdin.read().split("\\n")
hashes = {name: [getattr(methods, name)(verbose=False).encode_image(path) for path in paths] for name in sys.argv[1:]}
print(json.dumps(hashes))
"""
Bits = npt.NDArray[np.uint8]


def hashes_of(python: str, pictures: Mapping[str, Sequence[Image.Image]]) -> dict[str, dict[str, Bits]]:
    """For each method and group of pictures the hashes, shape (pictures, 64); ``python`` starts one with imagededup."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, group in enumerate(pictures.values()):
            for place, picture in enumerate(group):
                paths.append(Path(folder) / f"{number}-{place}.png")
                picture.save(paths[-1])
        command = [*shlex.split(python), "-c", CODE, *METHODS]
        given = "\n".join(map(str, paths))
        ran = subprocess.run(command, input=given, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    ends = np.cumsum([len(group) for group in pictures.values()])[:-1]
    return {
        method: dict(zip(pictures, np.split(np.stack(list(map(_bits, texts))), ends), strict=True))
        for method, texts in json.loads(ran.stdout.splitlines()[-1]).items()
    }


def distances(these: Bits, those: Bits) -> npt.NDArray[np.int64]:
    """In how many bits each differs from each, shape (these, those)."""
    return np.asarray((these[:, None] != those[None]).sum(axis=2), np.int64)


def _bits(text: str) -> Bits:
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8))
