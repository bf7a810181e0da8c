"""The transform against the published formulas of the reference processors, written out here with Pillow and NumPy."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sosie.embedders.hub.preprocessor import read_transform
from sosie.errors import EmbedderUnavailable
from sosie.images.transform import pixels_of
from support.pictures import draw_picture

Array = npt.NDArray[np.float64]
CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
IMAGENET_MEAN, IMAGENET_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
HALF = [0.5, 0.5, 0.5]
CLIP = {"image_processor_type": "CLIPImageProcessor"}
SIZES = [(301, 207), (97, 333), (1201, 333), (50, 37), (224, 224), (225, 1023), (641, 1203)]


def normalized(picture: Image.Image, mean: list[float], std: list[float], factor: float = 1 / 255) -> Array:
    values: Array = (np.asarray(picture, np.float64) * factor - mean) / std
    return values.transpose(2, 0, 1)


def shorter_side(picture: Image.Image, side: int, resample: int) -> Image.Image:
    short, long = sorted(picture.size)
    other = int(side * long / short)
    size = (side, other) if picture.width <= picture.height else (other, side)
    return picture.resize(size, Image.Resampling(resample))


def center(picture: Image.Image, side: int) -> Image.Image:
    array = np.asarray(picture)
    height, width = array.shape[:2]
    high, wide = max(height, side), max(width, side)
    black = np.zeros((high, wide, 3), np.uint8)
    top, left = math.ceil((high - height) / 2), math.ceil((wide - width) / 2)
    black[top : top + height, left : left + width] = array
    y, x = (height - side) // 2 + top, (width - side) // 2 + left
    return Image.fromarray(black[y : y + side, x : x + side])


def squashed(picture: Image.Image, side: int, resample: int) -> Image.Image:
    return picture.resize((side, side), Image.Resampling(resample))


WITNESSES: dict[str, tuple[dict[str, Any], Any]] = {
    "CLIP": (CLIP, lambda p: normalized(center(shorter_side(p, 224, 3), 224), CLIP_MEAN, CLIP_STD)),
    "CLIP of old, bare numbers": (
        {"feature_extractor_type": "CLIPFeatureExtractor", "size": 240, "crop_size": 224, "resample": 1},
        lambda p: normalized(center(shorter_side(p, 240, 1), 224), CLIP_MEAN, CLIP_STD),
    ),
    "cut larger than the picture": (
        CLIP | {"size": {"shortest_edge": 201}, "crop_size": {"height": 224, "width": 224}},
        lambda p: normalized(center(shorter_side(p, 201, 3), 224), CLIP_MEAN, CLIP_STD),
    ),
    "MobileCLIP, neither mean nor deviation": (
        CLIP | {"do_normalize": False, "resample": 2},
        lambda p: normalized(center(shorter_side(p, 224, 2), 224), [0, 0, 0], [1, 1, 1]),
    ),
    "SigLIP": (
        {"image_processor_type": "SiglipImageProcessor", "size": {"height": 224, "width": 224}, "resample": 3},
        lambda p: normalized(squashed(p, 224, 3), HALF, HALF),
    ),
    "ViT without a size": (
        {"image_processor_type": "ViTImageProcessorFast"},
        lambda p: normalized(squashed(p, 224, 2), HALF, HALF),
    ),
    "pixels of 0 to 255": (
        {"feature_extractor_type": "ViTFeatureExtractor", "size": 192, "do_rescale": False, "image_mean": [127] * 3,
         "image_std": [128] * 3},
        lambda p: normalized(squashed(p, 192, 2), [127] * 3, [128] * 3, factor=1),
    ),
    "DINOv2": (
        {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 256},
         "crop_size": {"height": 224, "width": 224}, "image_mean": IMAGENET_MEAN, "image_std": IMAGENET_STD},
        lambda p: normalized(center(shorter_side(p, 256, 3), 224), IMAGENET_MEAN, IMAGENET_STD),
    ),
    "ConvNeXt, small": (
        {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224}, "crop_pct": 0.875},
        lambda p: normalized(center(shorter_side(p, 256, 2), 224), IMAGENET_MEAN, IMAGENET_STD),
    ),
    "ConvNeXt, large": (
        {"image_processor_type": "ConvNextImageProcessor", "resample": 3},
        lambda p: normalized(squashed(p, 384, 3), IMAGENET_MEAN, IMAGENET_STD),
    ),
    "Jina": (
        {"image_processor_type": "JinaCLIPImageProcessor", "size": 224, "resize_mode": "shortest",
         "interpolation": "bicubic", "mean": CLIP_MEAN, "std": CLIP_STD},
        lambda p: normalized(center(shorter_side(p, 224, 3), 224), CLIP_MEAN, CLIP_STD),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WITNESSES)
def test_every_pixel_is_that_of_the_reference(name: str) -> None:
    settings, formula = WITNESSES[name]
    transform = read_transform(settings, name)
    for seed, size in enumerate(SIZES):
        picture = draw_picture(seed, size)
        ((pixels,),) = pixels_of([picture], [transform])
        expected = formula(picture)
        difference = np.abs(pixels - expected) * np.array(transform.std)[:, None, None]
        assert difference.max() < 0.01, (name, size)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "its kind is 'nothing'; expected CLIP"),
        ({"image_processor_type": "Siglip2ImageProcessor"}, "its kind is 'Siglip2'"),
        (CLIP | {"do_pad": True}, "do_pad is on"),
        (CLIP | {"do_resize": False}, "do_resize is off"),
        (CLIP | {"do_center_crop": False}, "without do_center_crop"),
        (CLIP | {"size": {"height": 224, "width": 192}}, "expected a square"),
        (CLIP | {"size": {"height": 256, "width": 256}}, "expected both alike|crop_size"),
        (CLIP | {"size": {"longest_edge": 224}}, "cannot be used"),
        (CLIP | {"size": {"shortest_edge": 224, "longest_edge": 500}}, "expected a number"),
        (CLIP | {"size": {"shortest_edge": 0}}, "shortest_edge is 0"),
        (CLIP | {"size": "large"}, "size is 'large'"),
        (CLIP | {"resample": 9}, "resample is 9"),
        (CLIP | {"image_std": [0, 1, 1]}, "expected numbers above 0"),
        (CLIP | {"rescale_factor": 0}, "rescale_factor is 0"),
        (CLIP | {"image_mean": [0.5]}, "expected three numbers"),
        (CLIP | {"image_mean": ["a", "b", "c"]}, "expected three numbers"),
        (CLIP | {"rescale_factor": "a"}, "cannot be used"),
    ],
)
def test_what_sosie_cannot_do_exactly_is_refused(settings: dict[str, Any], message: str) -> None:
    if settings.get("size") == {"height": 256, "width": 256}:
        settings = settings | {"crop_size": 224}
    with pytest.raises(EmbedderUnavailable, match=message):
        read_transform(settings, "settings")
