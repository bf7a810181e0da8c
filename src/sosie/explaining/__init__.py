"""Pictures that explain a match: agreeing points, or the region that causes the similarity."""

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
