"""Reads a transform from ``preprocessor_config.json``, with the meaning that Hugging Face Transformers gives it.

Pillow resizes 8-bit pixels, and the center is taken. Then pixels are multiplied by ``rescale_factor``, ``image_mean``
is subtracted, and the result is divided by ``image_std`` (source: the documented parameters of the image processors in
Hugging Face Transformers). A missing key has the default of its kind of processor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sosie.errors import EmbedderUnavailable
from sosie.types import JSON, Transform

RESAMPLINGS: tuple[Literal["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"], ...] = (
    "nearest", "lanczos", "bilinear", "bicubic", "box", "hamming",
)  # fmt: skip
"""Resampling filters by Pillow's numbers."""
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)
Triple = tuple[float, float, float]
UNSUPPORTED = ("do_pad", "do_center_pad", "do_flip_channel_order", "do_reduce_labels", "do_splitting")
MAX_SIDE = 4096


@dataclass(frozen=True, slots=True)
class Kind:
    """Defaults of a kind of processor. ``number`` is the meaning of a size that is a single number."""

    size: int
    number: Literal["shortest_edge", "square"]
    resampling: int
    mean: Triple
    std: Triple
    cuts: bool = False
    crop_pct: float | None = None


_CLIP = Kind(224, "shortest_edge", 3, CLIP_MEAN, CLIP_STD, cuts=True)
_VIT = Kind(224, "square", 2, HALF, HALF)
KINDS: Mapping[str, Kind] = {
    "CLIP": _CLIP,
    "ChineseCLIP": _CLIP,
    "Bit": _CLIP,
    "JinaCLIP": _CLIP,
    "MobileCLIP": Kind(256, "shortest_edge", 2, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), cuts=True),
    "ViT": _VIT,
    "Siglip": Kind(224, "square", 3, HALF, HALF),
    "DINOv3ViT": Kind(224, "square", 2, IMAGENET_MEAN, IMAGENET_STD),
    "ConvNext": Kind(384, "shortest_edge", 2, IMAGENET_MEAN, IMAGENET_STD, crop_pct=224 / 256),
}
"""Kinds by name, without ``ImageProcessor``, ``ImageProcessorFast`` or ``FeatureExtractor``."""


def read_transform(settings: Mapping[str, JSON], source: str) -> Transform:
    """The transform that a preprocessor's settings describe; ``EmbedderUnavailable`` for unsupported settings."""
    try:
        kind = _kind(settings)
        _refuse_unsupported(settings)
        geometry = _geometry(settings, kind)
        mean, std = _normalization(settings, kind)
        resampling = RESAMPLINGS[_resampling(settings, kind)]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise EmbedderUnavailable(f"{source} cannot be used: {error}; name another network") from error
    return Transform(mean=mean, std=std, resampling=resampling, reduce=False, **geometry)


def _kind(settings: Mapping[str, JSON]) -> Kind:
    name = settings.get("image_processor_type") or settings.get("feature_extractor_type") or "nothing"
    for ending in ("Fast", "ImageProcessor", "FeatureExtractor"):
        name = name.removesuffix(ending)
    if name not in KINDS:
        raise ValueError(f"its kind is {name!r}; expected {', '.join(KINDS)}")
    return KINDS[name]


def _refuse_unsupported(settings: Mapping[str, JSON]) -> None:
    for key in UNSUPPORTED:
        if settings.get(key):
            raise ValueError(f"{key} is on, which Sosie does not support")
    if settings.get("do_resize") is False:
        raise ValueError("do_resize is off, so that pictures would keep their own sizes; expected a network with one")


def _geometry(settings: Mapping[str, JSON], kind: Kind) -> dict[str, Any]:
    size = settings.get("size", kind.size)
    shortest = _shortest_edge(size, settings, kind)
    if kind.crop_pct is not None and shortest is not None:
        if shortest >= 384:
            return {"size": shortest, "geometry": "squash"}
        return _cut(int(shortest / settings.get("crop_pct", kind.crop_pct)), shortest)
    cuts = settings.get("do_center_crop", kind.cuts)
    crop = _square(settings.get("crop_size", shortest or size), "crop_size") if cuts else None
    if shortest is not None:
        if crop is None:
            raise ValueError(f"size is {size!r} without do_center_crop, so that pictures would keep their shapes")
        return _cut(shortest, crop)
    side = _square(size, "size")
    if crop not in (None, side):
        raise ValueError(f"size is {size!r} and crop_size {crop}; expected both alike, or a shortest_edge")
    return {"size": side, "geometry": "squash"}


def _cut(shorter_side: int, size: int) -> dict[str, Any]:
    return {"size": size, "geometry": "cut", "shorter_side": shorter_side}


def _shortest_edge(size: JSON, settings: Mapping[str, JSON], kind: Kind) -> int | None:
    """The length of the shorter side after resizing; None if the picture is resized to a square."""
    if isinstance(size, Mapping):
        if "shortest_edge" not in size:
            return None
        if "longest_edge" in size:
            raise ValueError(f"size is {size!r}; expected a number, shortest_edge, or height and width")
        return _side(size["shortest_edge"], "shortest_edge")
    squashed = settings.get("resize_mode") == "squash" or kind.number == "square"
    return None if squashed or isinstance(size, list) else _side(size, "size")


def _square(size: JSON, name: str) -> int:
    both = [size["height"], size["width"]] if isinstance(size, Mapping) else size
    sides = both if isinstance(both, list) else [both]
    if len(set(sides)) != 1:
        raise ValueError(f"{name} is {size!r}; expected a square")
    return _side(sides[0], name)


def _side(value: JSON, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_SIDE:
        raise ValueError(f"{name} is {value!r}; expected a whole number from 1 to {MAX_SIDE}")
    return value


def _resampling(settings: Mapping[str, JSON], kind: Kind) -> int:
    named = settings.get("interpolation")
    value = settings.get("resample", RESAMPLINGS.index(named) if named in RESAMPLINGS else kind.resampling)
    if value not in range(len(RESAMPLINGS)):
        raise ValueError(f"resample is {value!r}; expected a number of Pillow's from 0 to {len(RESAMPLINGS) - 1}")
    return int(value)


def _normalization(settings: Mapping[str, JSON], kind: Kind) -> tuple[Triple, Triple]:
    """Mean and standard deviation for values of 0 to 255: the settings' values divided by their factor."""
    factor = settings.get("rescale_factor", 1 / 255) if settings.get("do_rescale", True) else 1.0
    mean, std = (0.0,) * 3, (1.0,) * 3
    if settings.get("do_normalize", True):
        mean = _triple(settings.get("image_mean", settings.get("mean", kind.mean)), "image_mean")
        std = _triple(settings.get("image_std", settings.get("std", kind.std)), "image_std")
    if not (factor > 0 and min(std) > 0):
        raise ValueError(f"rescale_factor is {factor!r} and image_std {std!r}; expected numbers above 0")
    return _scaled(mean, factor), _scaled(std, factor)


def _scaled(values: Triple, factor: float) -> Triple:
    red, green, blue = (float(value) / factor for value in values)
    return red, green, blue


def _triple(values: JSON, name: str) -> Triple:
    if isinstance(values, int | float):
        values = [values] * 3
    if len(values) != 3 or not all(isinstance(value, int | float) for value in values):
        raise ValueError(f"{name} is {values!r}; expected three numbers")
    return tuple(values)
