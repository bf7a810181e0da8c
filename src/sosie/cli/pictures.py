"""Writes pictures to files in the format of their ending."""

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
"""Most pixels of a side in each format. PNG has no limit."""

_QUALITY = 92
"""Quality of JPEG and WebP, of 100, at which small letters stay readable."""


class NewPicture(NewFile):
    """A picture file to write, with an ending of ``FORMATS``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The path; a usage error if its ending is not in ``FORMATS`` or the file cannot be written."""
        if Path(str(value)).suffix.lower() not in FORMATS:
            self.fail(f"{str(value)!r}: expected a file that ends in {', '.join(FORMATS)}", param, ctx)
        return super().convert(value, param, ctx)


def save_picture(path: str, picture: Image.Image) -> None:
    """Writes an RGB picture in the format of the file's ending, creates folders if needed, and prints the path.

    ``UsageError`` if the picture has more pixels than the format can hold.
    """
    target = Path(path)
    kind = FORMATS[target.suffix.lower()]
    if max(picture.size) > LARGEST.get(kind, max(picture.size)):
        width, height = picture.size
        raise UsageError(f"the picture has {width} × {height} pixels, more than {kind} can hold: use a .png file")
    target.parent.mkdir(parents=True, exist_ok=True)
    picture.save(target, kind, quality=_QUALITY)
    click.echo(escape_for_terminal(f"wrote {path}"), err=True)
