"""Do heat maps point at what carries the similarity?

    python benchmarks/explaining.py

On shop-floor photos beside the clone, each against the catalog picture of its product: the share of the photo that a
map calls hottest is shown alone (insertion: the cosine should stay high) and hidden alone (deletion: it should fall),
means over shares of 0.15, 0.3 and 0.5; the figures of Petsiuk, Das and Saenko 2018, with the rest blurred.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from grocery import FOLDER, embed_photos, read_photos
from PIL import Image, ImageFilter
from report import table, write_section

from sosie.embedders import registry
from sosie.explaining import Embed, heat_map
from sosie.explaining.occlusion import DEFAULT_SETTINGS
from sosie.images.decode import decode
from sosie.images.transform import pixels_of
from sosie.types import Vectors

Plane = npt.NDArray[np.floating]
Method = Callable[[Embed, Image.Image, Vectors], Plane]
STEP, SIDE, SHARES = 60, DEFAULT_SETTINGS.side, (0.15, 0.3, 0.5)


def blend(picture: Image.Image, shown: Sequence[Plane]) -> list[Image.Image]:
    clear = np.asarray(picture, np.float32)
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(DEFAULT_SETTINGS.blur * SIDE)), np.float32)
    return [
        Image.fromarray((blurred + plane[..., None] * (clear - blurred)).round().astype(np.uint8)) for plane in shown
    ]


def one_patch_at_a_time(embed: Embed, picture: Image.Image, item: Vectors) -> Plane:
    """Falls of the cosine with one of 7 × 7 overlapping patches hidden (Zeiler and Fergus 2014), plus 1 pass."""
    x, y = (np.arange(length) / length for length in picture.size)
    middles = (np.arange(7) + 0.5) / 7
    across, down = (np.clip(0.5 - (np.abs(v - middles[:, None]) - 0.12) / 0.07, 0, 1) for v in (x, y))
    patches = (down[:, None, :, None] * across[None, :, None, :]).reshape(49, picture.height, picture.width)
    falls = embed([picture])[0] @ item - embed(blend(picture, list(1 - patches))) @ item
    return np.asarray(np.tensordot(falls, patches, axes=1) / patches.sum(axis=0))


def center(embed: Embed, picture: Image.Image, item: Vectors) -> Plane:
    x, y = (np.arange(length) / length - 0.5 for length in picture.size)
    return -np.hypot(x[None], y[:, None])


def chance(embed: Embed, picture: Image.Image, item: Vectors) -> Plane:
    fields = Image.fromarray(np.random.default_rng(1).random((5, 5)).astype(np.float32))
    return np.asarray(fields.resize(picture.size, Image.Resampling.BICUBIC))


METHODS: dict[str, Method] = {
    "dealt fields (`sosie.explaining`)": lambda *given: heat_map(*given).shares,
    "one patch at a time, 7 × 7": one_patch_at_a_time,
    "the center": center,
    "chance": chance,
}


def faithfulness(embed: Embed, picture: Image.Image, item: Vectors, heat: Plane) -> tuple[float, float]:
    """Insertion and deletion: mean cosines with only the hottest shares shown, and with only them hidden."""
    hot = [(heat >= np.quantile(heat, 1 - share)).astype(np.uint8) * 255 for share in SHARES]
    soft = [np.asarray(Image.fromarray(mask).filter(ImageFilter.GaussianBlur(5)), np.float32) / 255 for mask in hot]
    cosines = embed(blend(picture, [*soft, *(1 - mask for mask in soft)])) @ item
    return float(cosines[: len(SHARES)].mean()), float(cosines[len(SHARES) :].mean())


def main() -> None:
    network = registry.load("mobilenet_v2", threads=1)

    def embed(pictures: Sequence[Image.Image]) -> Vectors:
        return network.embed(pixels_of(pictures, network.spec.transforms))

    catalog, photos = read_photos("catalogue"), read_photos("shopfloor_train", STEP)
    items = dict(zip(catalog.products, embed_photos(network, catalog), strict=True))
    rows = []
    for name, method in METHODS.items():
        figures, began = [], time.process_time()
        for path, product in zip(photos.paths, photos.products, strict=True):
            picture = decode(path.read_bytes())
            picture.thumbnail((SIDE, SIDE))
            heat = method(embed, picture, items[product])
            figures.append(faithfulness(embed, picture, items[product], heat))
        insertion, deletion = np.mean(figures, axis=0)
        spent = (time.process_time() - began) / len(figures)
        rows.append((name, f"{insertion:.3f}", f"{deletion:.3f}", f"{insertion - deletion:.3f}", f"{spent:.2f}"))
        print(rows[-1], flush=True)
    photos_used = f"{len(photos.paths)} photos of {FOLDER.name}/shopfloor_train.csv, `mobilenet_v2`"
    columns = ("map", "insertion ↑", "deletion ↓", "difference ↑", "seconds")
    body = f"{photos_used}; seconds are of one core, judging included.\n\n{table(columns, rows)}"
    write_section("Heat maps", "python benchmarks/explaining.py", body)


if __name__ == "__main__":
    main()
