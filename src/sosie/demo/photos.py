"""Photos by the demo's customers: some products as a phone shows them, and two that are not in the catalog."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from sosie.demo.canvas import Pose
from sosie.demo.catalog import Progress
from sosie.demo.outlines import moved, smooth
from sosie.demo.products import PRODUCTS, UNLISTED_PRODUCTS, Product
from sosie.demo.surfaces import SURFACES, noise
from sosie.demo.warp import homography

WIDTH, HEIGHT = 720, 960
COLUMNS = ("image", "product_id")
_QUALITY = 60
_ORIENTATION_TAG, _ROTATED_LEFT = 0x0112, 8
_SHARE = 0.88
_SKIN = (214, 164, 134)


@dataclass(frozen=True, slots=True)
class PhotoConditions:
    """Conditions of a photo. ``warmth`` and ``exposure`` change the light: 0 is neutral, ±1 is strong."""

    product_id: str
    surface: str
    pose: Pose
    warmth: float = 0.0
    exposure: float = 0.0
    blur: float = 0.8
    thumb: bool = False
    sideways: bool = False


_SHOTS: tuple[PhotoConditions, ...] = (
    PhotoConditions("halden-earl-grey", "wood", Pose(34, 22, -9), 0.5, -0.2),
    PhotoConditions("ridge-stripe-mug", "cloth", Pose(10, 16, 6, mirrored=True), 0.3, 0.1),
    PhotoConditions("strada-runner-blue", "carpet", Pose(0, 0, -14), -0.4, 0.2),
    PhotoConditions("morgen-berry-crunch", "stone", Pose(-28, 12, 8), 0.2, -0.3, thumb=True),
    PhotoConditions("lumo-globe-lamp", "shelf", Pose(0, 0, 3), 0.8, -0.3),
    PhotoConditions("fizz-cherry-cola", "wood", Pose(-20, 0, 12), -0.2, 0.3, 1.2),
    PhotoConditions("kita-breton-shirt", "carpet", Pose(0, 0, 17), 0.4, 0.0),
    PhotoConditions("papier-above-the-peaks", "cloth", Pose(-18, 30, -16), -0.5, -0.1),
    PhotoConditions("orel-field-watch", "stone", Pose(0, 0, 28), 0.3, 0.2),
    PhotoConditions("kontor-espresso", "shelf", Pose(0, 0, -5), 0.6, -0.2, sideways=True),
    PhotoConditions("volta-robot-one", "carpet", Pose(0, 0, -12, mirrored=True), -0.3, 0.1, 1.4),
    PhotoConditions("verger-marmalade", "wood", Pose(26, 0, -7), 0.4, 0.2, thumb=True),
    PhotoConditions("gooal-match-ball", "carpet", Pose(0, 0, 40), -0.5, 0.0),
    PhotoConditions("frutta-cherry", "stone", Pose(-30, 18, -6), 0.1, -0.4),
    PhotoConditions("nordic-day-pack", "wood", Pose(0, 0, 10), 0.5, 0.2, thumb=True),
    PhotoConditions("lind-mint-fresh", "carpet", Pose(30, 0, -34), -0.6, -0.5, 2.0, thumb=True),
    PhotoConditions("noir-sea-salt", "cloth", Pose(-38, 34, 52), 0.6, -0.4, 1.8),
    PhotoConditions("carla-travel-bag", "cloth", Pose(0, 0, -8), 0.2, -0.1),
)
_UNLISTED_SHOTS: tuple[PhotoConditions, ...] = (
    PhotoConditions("unknown-umbrella", "wood", Pose(0, 0, 12), 0.3, 0.0),
    PhotoConditions("unknown-bananas", "stone", Pose(0, 0, -10), -0.2, 0.2),
)


def draw_customer_photos(folder: Path, progress: Progress | None = None) -> Path:
    """Draw the customers' photos into ``folder``, and return the path of its ``photos.csv``.

    The table has the columns ``image`` and ``product_id``, which is empty for products that the catalog lacks. The
    photos are the same at every call. ``OSError`` if the folder cannot be written.
    """
    pictures = folder / "photos"
    pictures.mkdir(parents=True, exist_ok=True)
    products = {product.product_id: product for product in PRODUCTS + UNLISTED_PRODUCTS}
    shots = _SHOTS + _UNLISTED_SHOTS
    rows = []
    for number, shot in enumerate(shots, start=1):
        name = f"photos/photo-{number:02d}.jpg"
        _save(customer_photo(products[shot.product_id], shot, seed=number), shot, folder / name)
        rows.append((name, "" if shot in _UNLISTED_SHOTS else shot.product_id))
        if progress is not None:
            progress(number, len(shots))
    return _write_table(folder / "photos.csv", rows)


def customer_photo(product: Product, shot: PhotoConditions, seed: int) -> Image.Image:
    """The upright photo of a product, RGB, 720 × 960 pixels."""
    rng = np.random.default_rng(seed)
    scene = SURFACES[shot.surface](WIDTH, HEIGHT, rng)
    cutout = _before_the_camera(product.draw(replace(shot.pose, scale=_SHARE), WIDTH), rng)
    corner = (int(rng.integers(-36, 36)), (HEIGHT - WIDTH) // 2 + int(rng.integers(-30, 60)))
    scene.paste(Image.new("RGB", cutout.size, (24, 20, 22)), _offset(corner, 16, 22), _cast_shadow(cutout))
    scene.paste(cutout, corner, cutout)
    if shot.thumb:
        _hold(scene, rng)
    return _developed(scene, shot, rng)


def _before_the_camera(cutout: Image.Image, rng: np.random.Generator) -> Image.Image:
    side = cutout.width
    corners = np.array([(0, 0), (side, 0), (side, side), (0, side)], np.float64)
    pulled = corners + rng.uniform(-0.06, 0.06, (4, 2)) * side + (corners - side / 2) * -0.06
    data = homography(pulled, corners)
    return cutout.transform(cutout.size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC)


def _offset(corner: tuple[int, int], dx: int, dy: int) -> tuple[int, int]:
    return corner[0] + dx, corner[1] + dy


def _cast_shadow(cutout: Image.Image) -> Image.Image:
    small = cutout.getchannel("A").reduce(4).filter(ImageFilter.GaussianBlur(4))
    return small.point(lambda value: value * 0.55).resize(cutout.size, Image.Resampling.BILINEAR)


def _hold(scene: Image.Image, rng: np.random.Generator) -> None:
    layer = Image.new("L", scene.size)
    finger = smooth([(-80, 300), (-78, 60), (-56, -30), (0, -66), (56, -30), (78, 60), (80, 300)])
    outline = moved(finger, WIDTH * rng.uniform(0.12, 0.24), HEIGHT * 0.84, 1.0, rng.uniform(18, 34))
    ImageDraw.Draw(layer).polygon([float(v) for v in outline.ravel()], fill=255)
    soft = layer.filter(ImageFilter.GaussianBlur(2))
    shadow = ImageChops.offset(layer, 14, 10).filter(ImageFilter.GaussianBlur(14)).point(lambda value: value * 0.4)
    scene.paste((30, 22, 20), mask=shadow)
    rounding = layer.filter(ImageFilter.GaussianBlur(26)).point(lambda value: max(0, value - 128) * 2)
    skin = ImageOps.colorize(rounding, (158, 104, 82), _SKIN)
    scene.paste(skin, mask=soft)


def _developed(scene: Image.Image, shot: PhotoConditions, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(scene.filter(ImageFilter.GaussianBlur(shot.blur)), np.float32) / 255
    balance = np.array([1 + 0.14 * shot.warmth, 1.0, 1 - 0.2 * shot.warmth], np.float32)
    lamp = 0.92 + 0.14 * noise(WIDTH, HEIGHT, (2, 2), rng)
    exposed = pixels * balance * (lamp * 1.6 ** (0.5 * shot.exposure))[..., None]
    grain = rng.normal(0, 0.018, pixels.shape).astype(np.float32)
    return Image.fromarray(((exposed + grain) * 255).clip(0, 255).astype(np.uint8))


def _save(photo: Image.Image, shot: PhotoConditions, path: Path) -> None:
    exif = Image.Exif()
    if shot.sideways:
        photo = photo.transpose(Image.Transpose.ROTATE_270)
        exif[_ORIENTATION_TAG] = _ROTATED_LEFT
    photo.save(path, quality=_QUALITY, exif=exif)


def _write_table(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(rows)
    return path
