"""Which geometry and which resampling the bundled networks should have, measured on every fourth train photo alone.

    PYTHONPATH=src:benchmarks python benchmarks/transforms.py

Nearly all of these photos are square, and so is every catalog picture, which hides what a geometry does to tall and
wide products. So each transform is also measured on catalog pictures with their white border cut away, as many
shops keep them, and on photos cut to 7 : 10, as a phone takes them.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from grocery import Change, Photos, embed_photos, hits_at, read_photos
from PIL import Image, ImageChops
from report import table, write_section

from sosie.embedders.registry import JOINS, load
from sosie.types import Vectors

WHITE = 239
PARTS = JOINS["trio"].split("+")
STEP = 4
TRANSFORMS: dict[str, dict[str, Any]] = {
    "squash, bicubic": {"geometry": "squash", "resampling": "bicubic"},
    "pad, bicubic": {"geometry": "pad", "resampling": "bicubic"},
    "crop 0.875, bicubic": {"geometry": "crop", "crop_share": 0.875, "resampling": "bicubic"},
    "squash, bilinear": {"geometry": "squash", "resampling": "bilinear"},
}
SITUATIONS = ("as they are", "catalog trimmed", "photos 7 : 10", "both")


def cut_border(picture: Image.Image) -> Image.Image:
    dark = ImageChops.invert(picture.convert("L")).point(lambda value: 255 * (value > 255 - WHITE))
    return picture.crop(dark.getbbox())


def cut_sides(picture: Image.Image) -> Image.Image:
    left = round(picture.width * 0.15)
    return picture.crop((left, 0, picture.width - left, picture.height))


def measure(options: dict[str, Any]) -> list[list[str]]:
    """Hit rate@1 by network (and all of them joined), in the order of ``SITUATIONS``."""
    embedder = load("trio", threads=1)
    transforms = [replace(transform, **options) for transform in embedder.spec.transforms]
    photos, catalog = read_photos("shopfloor_train", step=STEP), read_photos("catalogue")

    def embed(pictures: Photos, change: Change | None) -> list[Vectors]:
        vectors = embed_photos(embedder, pictures, transforms, change)
        parts = np.split(vectors * np.sqrt(len(PARTS)), len(PARTS), axis=1)
        return [*parts, vectors]

    galleries = [embed(catalog, None), embed(catalog, cut_border)]
    queries = [embed(photos, None), embed(photos, cut_sides)]
    pairs = [(query, gallery) for query in queries for gallery in galleries]
    return [
        [f"{hits_at(1, query[part], photos, gallery[part], catalog).mean():.3f}" for query, gallery in pairs]
        for part in range(len(PARTS) + 1)
    ]


def main() -> None:
    rows = []
    for label, options in TRANSFORMS.items():
        for name, rates in zip([*PARTS, "trio"], measure(options), strict=True):
            rows.append([label, name, *rates])
        print(label, *rows[-1][2:], flush=True)
    command = "PYTHONPATH=src:benchmarks python benchmarks/transforms.py"
    body = (
        f"Hit rate@1 of every fourth train photo, 660 in all.\n\n{table(['transform', 'embedder', *SITUATIONS], rows)}"
    )
    write_section("Transforms of the embedders", command, body)


if __name__ == "__main__":
    main()
