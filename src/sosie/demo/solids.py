"""Boxes in space, and their faces as a camera sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image

from sosie.demo.canvas import Canvas, Pose
from sosie.demo.outlines import Points
from sosie.demo.warp import brightened

Face: TypeAlias = Literal["front", "side", "top"]

_CAMERA_DISTANCE = 260.0
_BRIGHTNESS = {"front": 0.0, "side": -0.24, "top": 0.12}


@dataclass(frozen=True, slots=True)
class Cuboid:
    """A box around the middle of the picture, in units of a hundredth of its width."""

    width: float
    height: float
    depth: float

    def face(self, face: Face, pose: Pose) -> Points:
        """The corners of a face, shape (4, 2), from its upper left clockwise, seen in perspective.

        ``side`` is the side face that is visible in the pose.
        """
        x, y, z = self.width / 2, self.height / 2, self.depth / 2
        corners = {
            "front": [(-x, -y, -z), (x, -y, -z), (x, y, -z), (-x, y, -z)],
            "top": [(-x, -y, z), (x, -y, z), (x, -y, -z), (-x, -y, -z)],
            "side": [(-x, -y, z), (-x, -y, -z), (-x, y, -z), (-x, y, z)],
        }[face]
        if face == "side" and pose.yaw < 0:
            corners = [(x, -y, -z), (x, -y, z), (x, y, z), (x, y, -z)]
        return projected(np.array(corners), pose)

    def draw(self, canvas: Canvas, prints: dict[Face, Image.Image]) -> None:
        """Draw the three visible faces with their designs (RGBA)."""
        for face in ("top", "side", "front"):
            canvas.place(brightened(prints[face], _BRIGHTNESS[face]), self.face(face, canvas.pose))


def projected(corners: Points, pose: Pose) -> Points:
    """Project points in space, shape (n, 3), to the picture: shape (n, 2). The z axis points away from the camera."""
    a, b = np.radians(pose.yaw), np.radians(pose.pitch)
    x = corners[:, 0] * np.cos(a) - corners[:, 2] * np.sin(a)
    z = corners[:, 0] * np.sin(a) + corners[:, 2] * np.cos(a)
    y, depth = corners[:, 1] * np.cos(b) - z * np.sin(b), corners[:, 1] * np.sin(b) + z * np.cos(b)
    nearness = _CAMERA_DISTANCE / (_CAMERA_DISTANCE + depth)
    return np.stack([50 + x * nearness, 50 + y * nearness], axis=1)
