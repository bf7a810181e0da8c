"""Write what details are packed and summed up by: src/sosie/details/quantizer.npz and aggregator.npz.

    PYTHONPATH=src:benchmarks python scripts/make_details_codebooks.py

Learned from shop-floor photos of other people's groceries and from planar photos made of them; no catalog that
anything is measured on is seen. Takes some minutes; the same numbers come out again.
"""

import numpy as np
import numpy.typing as npt
from grocery import read_photos
from PIL import Image
from planar_photos import photographs

from sosie.details.aggregate import SHIPPED as AGGREGATOR
from sosie.details.aggregate import Aggregator
from sosie.details.base import ExtractionSettings
from sosie.details.extract import extract
from sosie.details.quantizing import SHIPPED as QUANTIZER
from sosie.details.quantizing import WORDS, Quantizer

PARTS, PART_DIMS = 21, 4
VLAD_WORDS, VLAD_DIMS, WORD_DIMS = 64, 32, 16
FIELDS = ("mean", "rotation", "words", "centers", "axes")
DESCRIPTORS = 100_000
STEP = 6
SETTINGS = ExtractionSettings(points=600, side=480, contrast=0.02)
"""As all details were made when these files were."""

Matrix = npt.NDArray[np.float32]


def main() -> None:
    """Make the photos, extract their details, learn and write both files."""
    paths = read_photos("shopfloor_train").paths
    shown, grounds = ([Image.open(path).convert("RGB") for path in paths[first::STEP]] for first in (3, 1))
    photos = [photo.picture for _, photo in photographs(shown, grounds, each=1, seed=1)]
    write(np.concatenate([extract(picture, SETTINGS).descriptors for picture in shown + photos]))


def write(descriptors: Matrix) -> None:
    """Learn from descriptors, shape (n, 128)."""
    rng = np.random.default_rng(0)
    descriptors = descriptors[rng.choice(len(descriptors), min(DESCRIPTORS, len(descriptors)), replace=False)]
    mean = descriptors.mean(axis=0)
    axes = principal_axes(descriptors - mean)
    write_quantizer(quantizer_of(descriptors, mean, axes[:, : PARTS * PART_DIMS]))
    write_aggregator(aggregator_of(descriptors, mean, axes[:, :VLAD_DIMS]))


def principal_axes(rows: Matrix) -> Matrix:
    """Orthonormal columns, those along which the rows vary most first."""
    _, vectors = np.linalg.eigh(rows.T @ rows)
    return np.asarray(vectors[:, ::-1], np.float32)


def quantizer_of(descriptors: Matrix, mean: Matrix, axes: Matrix) -> Quantizer:
    """Words for each part of the turned descriptors."""
    turned = (descriptors - mean) @ axes
    return Quantizer(mean, axes, np.stack([words_of(turned[:, part::PARTS], WORDS) for part in range(PARTS)]))


def words_of(rows: Matrix, count: int, rounds: int = 15) -> Matrix:
    """Centers by Lloyd's algorithm, shape (count, width)."""
    words = rows[np.random.default_rng(0).choice(len(rows), count, replace=False)]
    for _ in range(rounds):
        nearest = (rows @ words.T - 0.5 * (words**2).sum(axis=1)).argmax(axis=1)
        counts = np.bincount(nearest, minlength=count)[:, None]
        sums = np.stack([np.bincount(nearest, column, minlength=count) for column in rows.T], axis=1)
        words = np.where(counts > 0, sums / np.maximum(counts, 1), words).astype(np.float32)
    return words


def aggregator_of(descriptors: Matrix, mean: Matrix, rotation: Matrix) -> Aggregator:
    """Words, the center of the descriptors nearest to each, and the axes along which they differ most from it."""
    words = words_of((descriptors - mean) @ rotation, VLAD_WORDS)
    plain = Aggregator(mean, rotation, words, np.zeros((VLAD_WORDS, 128), np.float32), np.zeros((0, 0, 0), np.float32))
    nearest = plain.nearest(descriptors)
    groups = [descriptors[nearest == word] - mean for word in range(VLAD_WORDS)]
    centers = np.stack([group.mean(axis=0) for group in groups])
    axes = np.stack([axes_of(group - center) for group, center in zip(groups, centers, strict=True)])
    return Aggregator(mean, rotation, words, centers, axes)


def axes_of(rest: Matrix) -> Matrix:
    """The ``WORD_DIMS`` main axes, each shortened by the root of the spread along it."""
    axes = principal_axes(rest)[:, :WORD_DIMS]
    return np.asarray(axes / np.sqrt((rest @ axes).std(axis=0)), np.float32)


def write_quantizer(quantizer: Quantizer) -> None:
    """In half precision."""
    parts = {name: getattr(quantizer, name).astype(np.float16) for name in ("mean", "axes", "words")}
    np.savez_compressed(QUANTIZER, **parts)
    print(QUANTIZER.name, QUANTIZER.stat().st_size, "bytes")


def write_aggregator(aggregator: Aggregator) -> None:
    """In half precision."""
    parts = {name: getattr(aggregator, name).astype(np.float16) for name in FIELDS}
    np.savez_compressed(AGGREGATOR, **parts)
    print(AGGREGATOR.name, AGGREGATOR.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
