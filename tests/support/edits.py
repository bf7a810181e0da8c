"""Edits that a copy of a picture may have gone through."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from sosie.images.transform import encode_thumbnail

Edit = Callable[[Image.Image], Image.Image]
_TURN = Image.Transpose


def other_hue(picture: Image.Image) -> Image.Image:
    bands = np.array(picture.convert("HSV"))
    bands[..., 0] += 90
    return Image.fromarray(bands, "HSV").convert("RGB")


def badge(picture: Image.Image) -> Image.Image:
    marked = picture.copy()
    ImageDraw.Draw(marked).ellipse((4, 4, picture.width // 3, picture.height // 3), fill="red")
    return marked


EDITS: dict[str, Edit] = {
    "resized": lambda picture: picture.resize((150, 150)),
    "squashed": lambda picture: picture.resize((200, 130)),
    "turned 90": lambda picture: picture.transpose(_TURN.ROTATE_270),
    "turned 180": lambda picture: picture.transpose(_TURN.ROTATE_180),
    "turned 270": lambda picture: picture.transpose(_TURN.ROTATE_90),
    "mirrored": lambda picture: picture.transpose(_TURN.FLIP_LEFT_RIGHT),
    "cropped": lambda picture: picture.crop((40, 20, 360, 340)),
    "recoloured": other_hue,
    "covered": badge,
    "bordered": lambda picture: ImageOps.expand(picture, 30, "navy"),
    "turned 90, mirrored, cropped": lambda picture: (
        ImageOps.mirror(picture).transpose(_TURN.ROTATE_270).crop((30, 30, 370, 370))
    ),
}


def small(picture: Image.Image) -> Image.Image:
    """The picture as a store's thumbnail shows it."""
    return Image.open(io.BytesIO(encode_thumbnail(picture))).convert("RGB")
