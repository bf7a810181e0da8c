"""Write the visual words by which pictures with the same details are found: src/sosie/details/vocabulary.npz.

    PYTHONPATH=src:benchmarks:tests python scripts/make_visual_words.py

Learned from shop-floor photos (MIT), photos of clothes (CC0) and drawn prints, none of which is a catalog that anything
is measured on. Takes some minutes; the same numbers come out again on the same machine. A vocabulary that differs needs
another number in ``sosie.types.VISUAL_WORDS``: what stores keep of the old one cannot be compared with it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from grocery import FOLDER, read_photos
from make_details_codebooks import SETTINGS, words_of
from PIL import Image

from sosie.details.extract import extract
from sosie.details.vocabulary import SHIPPED, SIGNATURE_BITS, Vocabulary
from sosie.images.decode import decode
from support.textures import draw_print

BRANCHES = 128
SHORTER_SIDE = 480
GROCERY_STEP, CLOTHING_STEP = 6, 6
PRINTS = range(5000, 5100)
ROUNDS = 8

Matrix = npt.NDArray[np.float32]


def main() -> None:
    """Extract the details of the pictures, learn and write the file."""
    write(list(pictures_descriptors()))


def pictures_descriptors() -> Iterator[Matrix]:
    """The descriptors of each picture, shape (points, 128)."""
    grocery = read_photos("shopfloor_train").paths[1::GROCERY_STEP]
    clothing = sorted((FOLDER.parent / "clothing").glob("*.jpg"))[1::CLOTHING_STEP]
    for path in (*grocery, *clothing):
        yield extract(_opened(path), SETTINGS).descriptors
    for seed in PRINTS:
        yield extract(draw_print(seed), SETTINGS).descriptors


def write(descriptors: list[Matrix]) -> None:
    """Learn from the descriptors of each picture; centers are kept as bytes, in units of 1/127 of the largest."""
    vocabulary = learn(descriptors)
    unit = max(np.abs(vocabulary.words).max(), np.abs(vocabulary.branches).max()) / 127
    branches, words = (np.rint(part / unit).astype(np.int8) for part in (vocabulary.branches, vocabulary.words))
    parts = {"mean": vocabulary.mean, "turn": vocabulary.rotation, "weights": vocabulary.weights}
    kept = {name: part.astype(np.float16) for name, part in parts.items()}
    np.savez_compressed(SHIPPED, branches=branches, words=words, unit=np.float32(unit), **kept)
    print(SHIPPED.name, SHIPPED.stat().st_size, "bytes")


def learn(descriptors: list[Matrix]) -> Vocabulary:
    """A vocabulary with the weights that the same pictures suggest."""
    every = np.concatenate(descriptors)
    mean = every.mean(axis=0)
    rotation = random_axes(every - mean)
    turned = (every - mean) @ rotation
    branches, words = tree_of(turned)
    plain = Vocabulary(mean, rotation, branches, words, np.empty(0, np.float32))
    return Vocabulary(mean, rotation, branches, words, weights_of(plain, descriptors))


def random_axes(rows: Matrix) -> Matrix:
    """A random rotation of the main axes of the rows, so that every bit of a signature carries as much information."""
    _, vectors = np.linalg.eigh(np.cov(rows, rowvar=False))
    main = vectors[:, ::-1][:, :SIGNATURE_BITS]
    random, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((SIGNATURE_BITS, SIGNATURE_BITS)))
    return np.asarray(main @ random, np.float32)


def tree_of(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Centers of branches, and of the words within each."""
    branches = words_of(rows, BRANCHES, ROUNDS)
    nearest = (rows @ branches.T - 0.5 * (branches**2).sum(axis=1)).argmax(axis=1)
    return branches, np.stack([words_of(rows[nearest == branch], BRANCHES, ROUNDS) for branch in range(BRANCHES)])


def weights_of(vocabulary: Vocabulary, descriptors: list[Matrix]) -> Matrix:
    """The square of each word's inverse document frequency; a word of no picture counts like one of a single one."""
    pictures = np.zeros(BRANCHES**2)
    for rows in descriptors:
        pictures[np.unique(vocabulary.nearest(rows))] += 1
    return np.asarray(np.log(len(descriptors) / np.maximum(pictures, 1)) ** 2, np.float32)


def _opened(path: Path) -> Image.Image:
    return decode(path.read_bytes(), shorter_side=SHORTER_SIDE)


if __name__ == "__main__":
    main()
