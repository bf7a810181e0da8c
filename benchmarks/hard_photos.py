"""Photos of printed goods as a phone takes them in a room: labels on bottles, flat things seen small, in bad light.

Every photo is 640 × 640 pixels: the catalog picture on a cylinder or flat, before a photo of clothes, at a distance,
turned and tilted, with a stripe of glare, partly hidden, dark or bright, moved or out of focus, as a JPEG of quality 30
to 70. The same seed gives the same photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from planar_photos import SIDE, as_jpeg, filled

FOCAL = 1.1 * SIDE

Pixels = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Protocol:
    """Ranges from which each photo draws.

    ``arc`` is half of the angle that the label covers, in degrees, 0 for a flat thing; ``length`` that of its longer
    side in pixels of the photo; ``yaw``, ``tilt`` and ``roll`` are the largest angles; ``light`` a factor of
    brightness, ``blur`` the standard deviation in pixels, ``hidden`` the share that something stands before.
    """

    arc: tuple[float, float] = (0, 0)
    length: tuple[float, float] = (180, 420)
    yaw: float = 20.0
    tilt: float = 20.0
    roll: float = 15.0
    light: tuple[float, float] = (0.35, 1.2)
    blur: tuple[float, float] = (0.4, 1.6)
    hidden: tuple[float, float] = (0.0, 0.25)


PROTOCOLS = {
    "bottles": Protocol(arc=(50, 85), yaw=35),
    "flat, small": Protocol(length=(110, 240), tilt=35, yaw=35),
    "flat, dark and moved": Protocol(tilt=35, yaw=35, light=(0.15, 0.5), blur=(1.2, 2.6)),
    "jars": Protocol(arc=(30, 60), length=(140, 300), yaw=25, roll=180),
}


def photographs(
    pictures: Sequence[Image.Image], grounds: Sequence[Image.Image], protocol: Protocol, seed: int
) -> Iterator[Image.Image]:
    """A photo of every picture, each before one of the grounds, and partly behind another."""
    dice = np.random.default_rng(seed)
    for picture in pictures:
        scene, cover = (filled(grounds[row]) for row in dice.integers(0, len(grounds), 2))
        yield _photograph(np.asarray(picture.convert("RGB")), scene, cover, protocol, dice)


def _photograph(
    label: Pixels, scene: Pixels, cover: Pixels, protocol: Protocol, dice: np.random.Generator
) -> Image.Image:
    length, arc = dice.uniform(*protocol.length), np.radians(dice.uniform(*protocol.arc))
    across, down, facing = _texture_positions(label.shape[1] / label.shape[0], arc, length, protocol, dice)
    height, width = label.shape[:2]
    soft = _softened(label, max(height, width) / length)
    shown = cv2.remap(
        soft, across * (width - 1), down * (height - 1), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    on_label = ((across >= 0) & (across <= 1) & (down >= 0) & (down <= 1)).astype(np.float32)
    shade = (np.clip(facing, 0, 1) ** 0.6)[..., np.newaxis]
    photo = _blend(scene.astype(np.float32), shown * shade + _glare(facing, across, dice)[..., np.newaxis], on_label)
    photo = _blend(photo, cover.astype(np.float32), _hiding(on_label, dice.uniform(*protocol.hidden), dice))
    photo = cv2.GaussianBlur(photo * dice.uniform(*protocol.light), (0, 0), dice.uniform(*protocol.blur))
    noisy = photo + dice.normal(0, 4, photo.shape)
    return as_jpeg(noisy.clip(0, 255).astype(np.uint8), int(dice.integers(30, 70)))


def _texture_positions(
    ratio: float, arc: float, length: float, protocol: Protocol, dice: np.random.Generator
) -> tuple[Plane, Plane, Plane]:
    """For each pixel its place on the label in shares of width and height, and how far it faces the camera."""
    width, height = ratio / max(ratio, 1), 1 / max(ratio, 1)
    roll, tilt, yaw = (np.radians(dice.uniform(-most, most)) for most in (protocol.roll, protocol.tilt, protocol.yaw))
    rotation = _about(2, roll) @ _about(0, tilt) @ _about(1, 0.0 if arc else yaw)
    distance = FOCAL / length
    radius = width / (2 * arc) if arc else 0.0
    room = max(0.0, (SIDE - length) / 2 / FOCAL * distance)
    center = np.array([*dice.uniform(-room, room, 2), distance + radius])
    v, u = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    rays = np.stack([(u - SIDE / 2) / FOCAL, (v - SIDE / 2) / FOCAL, np.ones_like(u)], axis=-1) @ rotation
    x, y, z = np.moveaxis(rays, -1, 0)
    ox, oy, oz = -center @ rotation
    if not arc:
        far = -oz / z
        hit_x, hit_y, facing = ox + far * x, oy + far * y, -z / np.linalg.norm(rays, axis=-1)
        return _shares(hit_x / width, hit_y / height, np.abs(facing))
    a, b, c = x * x + z * z, x * ox + z * oz, ox * ox + oz * oz - radius * radius
    discriminant = b * b - a * c
    far = (-b - np.sqrt(np.maximum(discriminant, 0))) / a
    hit_x, hit_y, hit_z = ox + far * x, oy + far * y, oz + far * z
    angle = np.where(discriminant > 0, np.arctan2(hit_x, -hit_z) - yaw, np.inf)
    facing = -(hit_x * x + hit_z * z) / radius / np.linalg.norm(rays, axis=-1)
    return _shares(angle / (2 * arc), hit_y / height, facing)


def _shares(across: Matrix, down: Matrix, facing: Matrix) -> tuple[Plane, Plane, Plane]:
    far = np.nan_to_num(np.clip(across + 0.5, -2, 3), nan=3), np.nan_to_num(np.clip(down + 0.5, -2, 3), nan=3)
    return far[0].astype(np.float32), far[1].astype(np.float32), np.nan_to_num(facing).astype(np.float32)


def _about(axis: int, angle: float) -> Matrix:
    return np.asarray(cv2.Rodrigues(angle * np.eye(3)[axis])[0], np.float64)


def _softened(label: Pixels, shrunk: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(label, (0, 0), 0.5 * shrunk) if shrunk > 1 else label, np.uint8)


def _glare(facing: Plane, across: Plane, dice: np.random.Generator) -> Plane:
    """A soft white stripe from top to bottom."""
    at, wide = dice.uniform(0.1, 0.9), dice.uniform(0.02, 0.1)
    return np.asarray(255 * dice.uniform(0, 0.8) * np.exp(-(((across - at) / wide) ** 2)) * (facing > 0), np.float32)


def _hiding(on_label: Plane, share: float, dice: np.random.Generator) -> Plane:
    """Where something stands before the label: all beyond a line, with this share of it."""
    angle = dice.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    along = columns * np.cos(angle) + rows * np.sin(angle)
    if share <= 0 or not (on_label > 0).any():
        return np.zeros((SIDE, SIDE), np.float32)
    return (along > np.quantile(along[on_label > 0], 1 - share)).astype(np.float32)


def _blend(under: Plane, over: Plane, share: Plane) -> Plane:
    return np.asarray(under + (over - under) * share[..., np.newaxis], np.float32)
