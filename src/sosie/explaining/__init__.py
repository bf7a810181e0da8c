"""Why a match was found, as a picture: points that agree, or the region that carries the similarity."""

from sosie.explaining.agreement import draw_agreement
from sosie.explaining.sides import Embed, ItemSide, QuerySide

__all__ = ["Embed", "ItemSide", "QuerySide", "draw_agreement"]
