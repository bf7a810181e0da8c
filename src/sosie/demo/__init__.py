"""Draws a small shop for demonstrations: a catalog, and photos by its customers."""

from sosie.demo.catalog import draw_catalog
from sosie.demo.photos import draw_customer_photos

__all__ = ["draw_catalog", "draw_customer_photos"]
