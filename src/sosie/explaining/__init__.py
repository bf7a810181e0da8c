"""Why a match was found, as a picture: points that agree, or the region that carries the similarity."""

from sosie.explaining.agreement import draw_agreement
from sosie.explaining.heat import draw_heat_map
from sosie.explaining.occlusion import HeatMap, heat_map
from sosie.explaining.page import explain, explain_match
from sosie.explaining.sides import Embed, ItemSide, QuerySide

__all__ = [
    "Embed",
    "HeatMap",
    "ItemSide",
    "QuerySide",
    "draw_agreement",
    "draw_heat_map",
    "explain",
    "explain_match",
    "heat_map",
]
