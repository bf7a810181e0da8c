"""A made-up shop in vector space: products with a look; photos add the shop floor and noise along few directions."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class World:
    """Unit vectors of photos and of one catalog picture a product, with their products."""

    photos: np.ndarray
    products: np.ndarray
    gallery: np.ndarray
    gallery_products: np.ndarray


def make_world(products=40, photos_each=12, dim=48, noise=1.2, shift=1.5, seed=0) -> World:
    """Products differ along all directions; photos vary strongly along a third of them, and share a shift."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(products, dim))
    names = np.array([f"product{number:03d}" for number in range(products)])
    nuisance = np.linalg.qr(rng.normal(size=(dim, dim)))[0][:, : dim // 3]
    offset = shift * rng.normal(size=dim) / np.sqrt(dim) * 4
    labels = np.repeat(np.arange(products), photos_each)
    wobble = noise * 2.5 * rng.normal(size=(len(labels), dim // 3)) @ nuisance.T
    photos = looks[labels] + offset + wobble + 0.3 * rng.normal(size=(len(labels), dim))
    return World(_unit(photos), names[labels], _unit(looks + 0.3 * rng.normal(size=looks.shape)), names)


def _unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
