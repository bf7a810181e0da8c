"""The demo's catalog: product pictures on white, and the table that describes them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFilter

from sosie.demo.products import PRODUCTS, VIEWS, Product

Progress: TypeAlias = Callable[[int, int], None]

PICTURE_SIZE = 512
COLUMNS = ("item_id", "product_id", "image", "title", "brand", "type", "color", "price", "links")
_SHOP = "https://shop.example/products"
_QUALITY = 90


def draw_catalog(folder: Path, progress: Progress | None = None) -> Path:
    """Draw the pictures of the demo's products into ``folder`` and return the path of its ``catalog.csv``.

    The pictures are the same at every call. ``progress`` is called with the number of finished pictures and of all
    pictures. ``OSError`` if the folder cannot be written.
    """
    pictures = folder / "catalog"
    pictures.mkdir(parents=True, exist_ok=True)
    views = list(_views())
    for done, (product, view) in enumerate(views, start=1):
        shop_picture(product, view).save(pictures / _file_name(product, view), quality=_QUALITY)
        if progress is not None:
            progress(done, len(views))
    return _write_table(folder / "catalog.csv", views)


def shop_picture(product: Product, view: int) -> Image.Image:
    """The picture ``view`` (from 0) of a product: on white, over a soft shadow, RGB, 512 × 512 pixels."""
    cutout = product.draw(VIEWS[view], PICTURE_SIZE)
    ground = Image.new("RGB", cutout.size, "white")
    ground.paste((96, 98, 108), mask=_shadow(cutout))
    ground.paste(cutout, mask=cutout)
    return ground


def _shadow(cutout: Image.Image) -> Image.Image:
    left, _, right, bottom = cutout.getchannel("A").getbbox() or (0, 0, 1, 1)
    quarter = Image.new("L", (cutout.width // 4, cutout.height // 4))
    flat = (left / 4 + 3, bottom / 4 - 5, right / 4 - 3, bottom / 4 + 2)
    ImageDraw.Draw(quarter).ellipse(flat, fill=120)
    return quarter.filter(ImageFilter.GaussianBlur(3)).resize(cutout.size, Image.Resampling.BILINEAR)


def _views() -> Iterator[tuple[Product, int]]:
    for product in PRODUCTS:
        for view in range(product.views):
            yield product, view


def _file_name(product: Product, view: int) -> str:
    return f"{product.product_id}-{view + 1}.jpg"


def _write_table(path: Path, views: list[tuple[Product, int]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(_row(product, view) for product, view in views)
    return path


def _row(product: Product, view: int) -> list[str]:
    image = f"catalog/{_file_name(product, view)}"
    shop = f"{_SHOP}/{product.product_id}"
    attributes = [product.title, product.brand, product.type, product.color, f"{product.price:.2f}", shop]
    return [f"{product.product_id}-{view + 1}", product.product_id, image, *attributes]
