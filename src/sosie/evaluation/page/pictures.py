"""Small pictures as data URIs, for a self-contained page."""

from __future__ import annotations

import base64
import io

from PIL import Image

from sosie.errors import ImageError
from sosie.evaluation.relevance import BY_PRODUCT
from sosie.filters import Condition, Where
from sosie.images.decode import Limits
from sosie.images.query import load_query
from sosie.images.transform import encode_thumbnail
from sosie.stores.base import Store
from sosie.types import THUMBNAIL

SIDE = 160


class PagePictures:
    """The pictures of queries, items and products as data URIs, each made once; None if there is no picture."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._items: dict[str, str | None] = {}
        self._products: dict[str, str | None] = {}

    def of_file(self, path: str) -> str | None:
        """The picture in a file."""
        try:
            return _data_uri(load_query(path, self._limits, shorter_side=SIDE))
        except ImageError:
            return None

    def of_item(self, item_id: str) -> str | None:
        """The stored thumbnail of an item."""
        if item_id not in self._items:
            records = self._store.get([item_id], (THUMBNAIL,))
            kept = records[0].blobs.get(THUMBNAIL) if records else None
            self._items[item_id] = _data_uri(Image.open(io.BytesIO(kept))) if kept else None
        return self._items[item_id]

    def of_product(self, product_id: str) -> str | None:
        """The thumbnail of a product's first item."""
        if product_id not in self._products:
            same = Where((Condition(BY_PRODUCT, "=", (product_id,)),))
            first = next(iter(self._store.scan(same)), None)
            self._products[product_id] = self.of_item(first.item_id) if first else None
        return self._products[product_id]


def _data_uri(picture: Image.Image) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(encode_thumbnail(picture, SIDE)).decode("ascii")
