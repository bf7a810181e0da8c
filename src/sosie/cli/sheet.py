"""Answers drawn as a picture: ``--sheet FILE.png``."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.cli.options import NewFile
from sosie.errors import ItemNotFound
from sosie.types import Match, SearchResult

if TYPE_CHECKING:
    from PIL import Image

    from sosie.catalog import Catalog
    from sosie.images.query import QueryImage
    from sosie.remote.catalog import RemoteCatalog


def sheet_option(command: click.decorators.FC) -> click.decorators.FC:
    """``--sheet FILE.png``."""
    return click.option("--sheet", type=NewFile(), metavar="FILE.png", help="Draw the answers into this picture.")(
        command
    )


def draw_sheet(
    path: str, catalog: Catalog | RemoteCatalog, queries: Sequence[QueryImage], answers: Sequence[SearchResult]
) -> None:
    """Draw every query beside its matches."""
    from sosie.images.decode import Limits
    from sosie.images.query import load_query
    from sosie.sheets import contact_sheet

    drawn = [
        (
            load_query(query, Limits(), shorter_side=512),
            answer,
            [_thumbnail(catalog, match) for match in answer.matches],
        )
        for query, answer in zip(queries, answers, strict=True)
    ]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(drawn).save(path, "PNG")


def _thumbnail(catalog: Catalog | RemoteCatalog, match: Match) -> Image.Image | None:
    from PIL import Image

    try:
        return Image.open(io.BytesIO(catalog.thumbnail(match.item_id)))
    except ItemNotFound:
        return None
