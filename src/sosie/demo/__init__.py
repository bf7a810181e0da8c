"""A small shop that draws itself: a catalogue, and photos that its customers took."""

from sosie.demo.catalogue import draw_catalogue
from sosie.demo.photos import draw_customer_photos

__all__ = ["draw_catalogue", "draw_customer_photos"]
