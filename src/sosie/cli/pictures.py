"""Pictures that a command draws into a file, in the format of its ending."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sosie.cli.options import NewFile
from sosie.cli.output import escape_for_terminal
from sosie.errors import UsageError

if TYPE_CHECKING:
    from PIL import Image

FORMATS: Mapping[str, str] = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
LARGEST: Mapping[str, int] = {"JPEG": 65_500, "WEBP": 16_383}
"""Pixels of a side that a format can hold; PNG holds any."""

_QUALITY = 92
"""Of JPEG and WebP, of 100: small letters stay clear."""


class NewPicture(NewFile):
    """A picture to write: a file with an ending of ``FORMATS``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The path; wrong usage where its ending names no format, or no file can be written there."""
        if Path(str(value)).suffix.lower() not in FORMATS:
            self.fail(f"{str(value)!r}: name a file that ends in {', '.join(FORMATS)}", param, ctx)
        return super().convert(value, param, ctx)


def save_picture(path: str, picture: Image.Image) -> None:
    """Write an RGB picture in the format of the file's ending, folders made as needed, and say so.

    ``UsageError`` where it has more pixels than the format can hold.
    """
    target = Path(path)
    kind = FORMATS[target.suffix.lower()]
    if max(picture.size) > LARGEST.get(kind, max(picture.size)):
        width, height = picture.size
        raise UsageError(f"the picture has {width} × {height} pixels, more than {kind} can hold: name a .png")
    target.parent.mkdir(parents=True, exist_ok=True)
    picture.save(target, kind, quality=_QUALITY)
    click.echo(escape_for_terminal(f"wrote {path}"), err=True)
