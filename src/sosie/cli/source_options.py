"""Options for reading a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sosie.cli.options import columns_option, parse_columns

if TYPE_CHECKING:
    from sosie.sources.base import Source

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--label", metavar="LABEL", help="iMaterialist JSON: only this label."),
    click.option(
        "--images", "images", multiple=True, metavar="DIR", type=click.Path(),
        help="Folder of the pictures that the source names; repeat it for several folders.",
    ),
    columns_option,
    click.option(
        "--type", "types", multiple=True, metavar="NAME=TYPE",
        help="Table: read this column as number, text, boolean or list.",
    ),
    click.option("--sheet-name", metavar="NAME", help="Spreadsheet: read this sheet, not the first with a table."),
    click.option(
        "--product-from-folder", is_flag=True, help="Folder or archive: pictures of one sub-folder are one product."
    ),
)  # fmt: skip


_PARAMETERS = ("label", "images", "columns", "types", "sheet_name", "product_from_folder")
"""Names of the parameters that ``source_options`` adds."""


def source_options(command: Command) -> Command:
    """``--label``, ``--images``, ``--column``, ``--type``, ``--sheet-name`` and ``--product-from-folder``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def source_opener(keywords: dict[str, Any]) -> Callable[[str | Path], Source]:
    """Returns a function that opens a source with the options; it can be pickled. Removes them from ``keywords``."""
    from sosie.sources.opening import open_source

    label, images, columns, types, sheet, by_folder = (keywords.pop(name) for name in _PARAMETERS)
    return partial(
        open_source,
        label=label,
        images_dir=[Path(folder).absolute() for folder in images] or None,
        columns=parse_columns(columns),
        types=_parse_types(types),
        sheet=sheet,
        product_from_folder=by_folder,
    )


def _parse_types(types: Sequence[str]) -> Mapping[str, str]:
    pairs = [assignment.rpartition("=") for assignment in types]
    for name, equals, kind in pairs:
        if not (name and equals and kind):
            raise click.BadParameter(f"{kind!r}: expected NAME=TYPE, for instance price=number", param_hint="--type")
    return {name: kind for name, _, kind in pairs}
