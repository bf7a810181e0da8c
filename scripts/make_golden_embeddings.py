"""Makes tests/embedders/golden/: two drawn pictures as each bundled network sees them, and all fingerprints.

    python scripts/make_golden_embeddings.py

Run it, and say why in the commit, only when new numbers are meant: a new network, or another transform.
"""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from sosie.embedders.bundled import NETWORKS  # noqa: E402
from sosie.embedders.registry import load, names  # noqa: E402
from support.pixels import draw_pixels  # noqa: E402

FOLDER = ROOT / "tests/embedders/golden"
for name in NETWORKS:
    embedder = load(name)
    vectors = embedder.embed(draw_pixels(embedder.spec, seeds=range(2)))
    np.save(FOLDER / f"{name}.npy", vectors.astype(np.float16))
fingerprints = {name: load(name).spec.fingerprint for name in names()}
(FOLDER / "fingerprints.json").write_text(json.dumps(fingerprints, indent=2) + "\n")
