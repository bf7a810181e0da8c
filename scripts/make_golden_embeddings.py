"""Makes tests/embedders/golden/*.npy: unit vectors of two drawn pictures by each bundled network, half precision.

python scripts/make_golden_embeddings.py

Run it, and say why in the commit, only when new numbers are meant: a new network, or another transform.
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from sosie.embedders.bundled import NETWORKS  # noqa: E402
from sosie.embedders.registry import load  # noqa: E402
from support.pixels import draw_pixels  # noqa: E402

for name in NETWORKS:
    embedder = load(name)
    vectors = embedder.embed(draw_pixels(embedder.spec, seeds=range(2)))
    np.save(ROOT / f"tests/embedders/golden/{name}.npy", vectors.astype(np.float16))
