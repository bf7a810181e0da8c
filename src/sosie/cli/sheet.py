"""Draws results as a picture: ``--sheet FILE``."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sosie.cli.pictures import NewPicture, save_picture
from sosie.errors import ItemNotFound
from sosie.types import Match, SearchResult

if TYPE_CHECKING:
    from PIL import Image

    from sosie.catalog import CatalogProtocol
    from sosie.images.query import QueryImage


def sheet_option(command: click.decorators.FC) -> click.decorators.FC:
    """``--sheet FILE``."""
    return click.option(
        "--sheet", type=NewPicture(), metavar="FILE", help="Draw the results into this picture: .png, .jpg or .webp."
    )(command)


def draw_sheet(
    path: str, catalog: CatalogProtocol, queries: Sequence[QueryImage], answers: Sequence[SearchResult]
) -> None:
    """Draw every query beside its matches."""
    from sosie.images.decode import Limits
    from sosie.images.query import load_query
    from sosie.sheets.sheet import contact_sheet

    drawn = [
        (
            load_query(query, Limits(), shorter_side=512),
            answer,
            [_thumbnail(catalog, match) for match in answer.matches],
        )
        for query, answer in zip(queries, answers, strict=True)
    ]
    save_picture(path, contact_sheet(drawn))


def _thumbnail(catalog: CatalogProtocol, match: Match) -> Image.Image | None:
    from PIL import Image

    try:
        return Image.open(io.BytesIO(catalog.thumbnail(match.item_id)))
    except ItemNotFound:
        return None
