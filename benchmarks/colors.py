"""Color of the middle of a picture: a small histogram in CIE Lab, kept beside the vectors of quality.py."""

import numpy as np
from grocery import read_photos
from quality import CACHE

from sosie.adaptation.projection import unit
from sosie.images.decode import decode
from sosie.types import Vectors

SIDE = 64
BINS = (4, 8, 8)
RANGES = ((0.0, 100.0), (-60.0, 60.0), (-60.0, 60.0))


def colors(table: str) -> Vectors:
    """Square roots of the shares of each color in the center square of half the side, shape (n, 256), unit length."""
    file = CACHE / f"color-{table}.npy"
    if not file.exists():
        np.save(file, np.stack([_histogram(path.read_bytes()) for path in read_photos(table).paths]))
    return unit(np.sqrt(np.load(file)))


def _histogram(data: bytes) -> Vectors:
    picture = decode(data, shorter_side=SIDE).resize((SIDE, SIDE))
    middle = np.asarray(picture, dtype=np.float64)[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4].reshape(-1, 3)
    shares, _edges = np.histogramdd(_lab(middle / 255.0), bins=BINS, range=RANGES)
    return np.asarray(shares.ravel() / max(1.0, shares.sum()), dtype=np.float32)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB in 0..1 to CIE Lab under D65; IEC 61966-2-1 and CIE 15."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    scaled = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(scaled > 216 / 24389, np.cbrt(scaled), (24389 / 27 * scaled + 16) / 116)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
