"""Converts pixels with any color profile to sRGB."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_MODE_OF_SPACE = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK", b"Lab ": "LAB"}
_INVISIBLE = 2
"""A profile that changes no color by more than this, in steps of 0..255, counts as sRGB."""


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture, mode L, RGB, CMYK or LAB, as RGB in sRGB. A broken or unsuitable profile is ignored."""
    mode = _MODE_OF_SPACE.get(profile[16:20]) if profile else None
    if picture.mode == "L" and mode == "RGB":
        picture = picture.convert("RGB")
    transform = _to_srgb(profile, mode) if profile and mode == picture.mode else None
    if transform is None:
        return _without_profile(picture)
    return ImageCms.applyTransform(picture, transform) or picture


def _without_profile(picture: Image.Image) -> Image.Image:
    if picture.mode != "LAB":
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    return ImageCms.applyTransform(picture, _lab_to_srgb()) or picture


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


@lru_cache(maxsize=8)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from a profile to sRGB; None if the profile is broken or changes nothing visible."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        return None if mode in ("L", "RGB") and _changes_nothing(transform, mode) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 36, 3)
    sample = Image.fromarray(cube).convert(mode)
    changed = np.asarray(ImageCms.applyTransform(sample, transform), np.int16)
    return bool(np.abs(changed - np.asarray(sample.convert("RGB"), np.int16)).max() <= _INVISIBLE)
