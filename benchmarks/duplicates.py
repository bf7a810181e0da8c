"""How many edited copies are found, by edit, and how many pairs of different products are taken for copies.

    PYTHONPATH=src:benchmarks python benchmarks/duplicates.py [--hashes COMMAND]

Each edited copy is compared, alone, with all catalog pictures (eshop and grocery). It counts as found if its original
is among its candidates and is confirmed. False pairs are counted over all candidates among the catalog pictures.
``--hashes`` starts a Python that has imagededup (which needs PyTorch), and measures its hashes instead.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from grocery import FOLDER, read_photos
from hashes import LEAST_DISTANCE, METHODS, distances, hashes_of
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps
from report import table, write_section

from sosie.details.kept import extract_stored_details, unpack_details
from sosie.duplicates.candidates import DEFAULT_SETTINGS
from sosie.duplicates.looks import ComparablePicture, prepare_picture, square_of
from sosie.duplicates.pairs import find_copy_overlay
from sosie.duplicates.signature import signature
from sosie.embedders.base import Embedder
from sosie.embedders.registry import DEFAULT, load
from sosie.images.decode import decode
from sosie.images.transform import encode_thumbnail, pixels_of
from sosie.types import Vectors

ESHOP = FOLDER.parent / "eshop_catalog"
STEP = 3
Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hashes", metavar="COMMAND", help="a Python with imagededup")
    given = parser.parse_args()
    paths = [*sorted(ESHOP.glob("*.webp")), *read_photos("catalogue").paths]
    pictures, embedder = [decode(path.read_bytes()) for path in paths], load(DEFAULT, threads=1)
    if given.hashes:
        command = "PYTHONPATH=src:benchmarks python benchmarks/duplicates.py --hashes COMMAND"
        write_section("Duplicates by the hashes of imagededup", command, by_hashes(given.hashes, pictures))
        return
    held = Held(embedder, pictures)
    body = [
        f"{len(pictures)} catalog pictures, every {STEP}rd edited; candidates by `{embedder.spec.name}`.",
        table(["edit", "candidate", "found"], [row(name, pictures, held) for name in EDITS]),
        false_pairs(held, paths),
    ]
    write_section("Duplicates", "PYTHONPATH=src:benchmarks python benchmarks/duplicates.py", "\n\n".join(body))


def by_hashes(python: str, pictures: list[Image.Image]) -> str:
    """How many of the edited copies imagededup's hashes find, and how many pairs of different products they report."""
    hashes = hashes_of(python, {"": pictures} | {name: edited(name, pictures) for name in EDITS})
    originals = np.arange(0, len(pictures), STEP)
    rows = [
        [name, *(f"{(distances(own[name], own[''])[np.arange(len(originals)), originals] <= LEAST_DISTANCE).mean():.2f}"
                 for own in hashes.values())]
        for name in EDITS
    ]  # fmt: skip
    pairs = np.triu_indices(len(pictures), 1)
    false = {name: int((distances(own[""], own[""])[pairs] <= LEAST_DISTANCE).sum()) for name, own in hashes.items()}
    counts = ", ".join(f"{name} {number}" for name, number in false.items())
    return "\n\n".join(
        [
            f"The same pictures and edits as under *Duplicates*; found means: differs in at most {LEAST_DISTANCE} of "
            "64 bits, imagededup's own threshold.",
            table(["edit", *METHODS], rows),
            f"Of {len(pairs[0]):,} pairs of different products they take for copies: {counts}.",
        ]
    )


class Held:
    """The catalog's vectors, signatures and looks."""

    def __init__(self, embedder: Embedder, pictures: list[Image.Image]) -> None:
        self.embedder, self.thumbnails = embedder, [small(picture) for picture in pictures]
        self.vectors = embedded(embedder, self.thumbnails)
        self.signatures = np.stack([signature(square_of(thumbnail)) for thumbnail in self.thumbnails])
        self.looks = [look(picture) for picture in pictures]

    def candidates(self, thumbnails: list[Image.Image]) -> np.ndarray:
        """True where a thumbnail is compared with a catalog picture, shape (thumbnails, pictures)."""
        settings = DEFAULT_SETTINGS
        signatures = np.stack([signature(square_of(thumbnail)) for thumbnail in thumbnails])
        return among(
            embedded(self.embedder, thumbnails) @ self.vectors.T, settings.nearest, settings.least_cosine
        ) | among(signatures @ self.signatures.T, settings.nearest_turned, settings.least_turned)


def among(cosines: Vectors, k: int, least: float) -> np.ndarray:
    return np.asarray((cosines >= np.sort(cosines, axis=1)[:, [-k]]) & (cosines >= least))


def embedded(embedder: Embedder, pictures: list[Image.Image]) -> Vectors:
    batches = [pictures[start : start + 16] for start in range(0, len(pictures), 16)]
    return np.concatenate([embedder.embed(pixels_of(batch, embedder.spec.transforms)) for batch in batches])


def look(picture: Image.Image) -> ComparablePicture:
    """The picture with its details, as a store keeps them."""
    return prepare_picture(small(picture), unpack_details(extract_stored_details(picture).sealed))


def small(picture: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(encode_thumbnail(picture))).convert("RGB")


def edited(name: str, pictures: list[Image.Image]) -> list[Image.Image]:
    """Every ``STEP``-th picture, edited."""
    random = np.random.default_rng(11)
    return [EDITS[name](picture, random) for picture in pictures[::STEP]]


def row(name: str, pictures: list[Image.Image], held: Held) -> list[str]:
    copies, rows = edited(name, pictures), range(0, len(pictures), STEP)
    candidate = held.candidates([small(copy) for copy in copies])[np.arange(len(copies)), list(rows)]
    confirmed = [
        find_copy_overlay(held.looks[index], look(copy)) is not None for index, copy in zip(rows, copies, strict=True)
    ]
    missed = [index for index, ok in zip(rows, candidate & confirmed, strict=True) if not ok]
    cells = [name, f"{candidate.mean():.2f}", f"{(candidate & confirmed).mean():.2f}"]
    print(*cells, missed, flush=True)
    return cells


def false_pairs(held: Held, paths: list[Path]) -> str:
    """Candidates among different products that are taken for copies."""
    near = among(held.vectors @ held.vectors.T - 2 * np.eye(len(paths)), DEFAULT_SETTINGS.nearest, -1.0)
    near |= among(held.signatures @ held.signatures.T - 2 * np.eye(len(paths)), DEFAULT_SETTINGS.nearest_turned, -1.0)
    pairs = [(first, second) for first, second in np.argwhere(near | near.T) if first < second]
    tiny = [look(picture.resize((picture.width // 4, picture.height // 4))) for picture in held.thumbnails]
    false, false_tiny = (false_among(pairs, held.looks, right) for right in (held.looks, tiny))
    print(false, false_tiny, flush=True)
    return (
        f"Of {len(pairs)} pairs of different products {len(false)} were taken for copies, "
        f"and {len(false_tiny)} where one of them was made four times as small."
    )


def false_among(
    pairs: list[tuple[int, int]], left: list[ComparablePicture], right: list[ComparablePicture]
) -> list[tuple[int, int]]:
    return [pair for pair in pairs if find_copy_overlay(left[pair[0]], right[pair[1]])]


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def part(picture: Image.Image, share: float, rng: np.random.Generator) -> Image.Image:
    width, height = (int(side * share) for side in picture.size)
    left, top = (int(rng.integers(0, side + 1)) for side in (picture.width - width, picture.height - height))
    return picture.crop((left, top, left + width, top + height))


def color(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue


def hue(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    bands = np.array(picture.convert("HSV"))
    bands[..., 0] = (bands[..., 0].astype(int) + int(rng.integers(40, 216))) % 256
    return Image.fromarray(bands, "HSV").convert("RGB")


def badge(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    marked, side = picture.copy(), int(min(picture.size) * 0.3)
    draw = ImageDraw.Draw(marked)
    left, top = int(rng.choice([0, picture.width - side])), int(rng.choice([0, picture.height - side]))
    draw.ellipse((left, top, left + side, top + side), fill=color(rng))
    draw.text((left + side // 5, top + side // 3), "-30%", fill="white", font_size=max(8, side // 3))
    return marked


def banner(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    marked, top = picture.copy(), int(picture.height * 0.82)
    draw = ImageDraw.Draw(marked)
    draw.rectangle((0, top, picture.width, picture.height), fill=color(rng))
    draw.text((10, top + 5), "NEW IN STOCK", fill="white", font_size=max(8, picture.height // 9))
    return marked


def border(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.expand(picture, int(picture.width * 0.08), color(rng))


EDITS: dict[str, Change] = {
    "resized to 50 %": lambda p, _: p.resize((p.width // 2, p.height // 2)),
    "resized to 25 %": lambda p, _: p.resize((p.width // 4, p.height // 4)),
    "squashed to 3 : 4": lambda p, _: p.resize((150, 200)),
    "cropped to 80 %": lambda p, rng: part(p, 0.8, rng),
    "cropped to 60 %": lambda p, rng: part(p, 0.6, rng),
    "turned by 90°": lambda p, _: p.transpose(Image.Transpose.ROTATE_90),
    "turned by 180°": lambda p, _: p.transpose(Image.Transpose.ROTATE_180),
    "turned by 270°": lambda p, _: p.transpose(Image.Transpose.ROTATE_270),
    "turned by 5°, on white": lambda p, _: p.rotate(5, Image.Resampling.BICUBIC, fillcolor="white"),
    "mirrored": lambda p, _: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "other hue": hue,
    "gray": lambda p, _: p.convert("L").convert("RGB"),
    "more saturated, darker": lambda p, _: ImageEnhance.Brightness(ImageEnhance.Color(p).enhance(1.8)).enhance(0.8),
    "JPEG quality 30": lambda p, _: jpeg(p, 30),
    "JPEG quality 10": lambda p, _: jpeg(p, 10),
    "blurred": lambda p, _: p.filter(ImageFilter.GaussianBlur(p.width / 150)),
    "badge": badge,
    "banner": banner,
    "border": border,
    "mirrored, cropped to 85 %, JPEG quality 50": lambda p, rng: jpeg(
        part(p.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0.85, rng), 50
    ),
    "turned by 90°, badge": lambda p, rng: badge(p.transpose(Image.Transpose.ROTATE_90), rng),
    "turned by 270°, cropped to 85 %": lambda p, rng: part(p.transpose(Image.Transpose.ROTATE_270), 0.85, rng),
    "badge, JPEG quality 40": lambda p, rng: jpeg(badge(p, rng), 40),
    "other hue, badge": lambda p, rng: badge(hue(p, rng), rng),
    "border, resized to 50 %": lambda p, rng: border(p, rng).resize((p.width // 2, p.height // 2)),
}


if __name__ == "__main__":
    main()
