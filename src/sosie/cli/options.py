"""Options shared by several commands."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from sosie.catalog.options import WEIGHT
from sosie.catalog.remote.refusals import works_on_server
from sosie.embedders.runtime import DEVICE_VARIABLE, DEVICES
from sosie.images.limits import DEFAULT_LIMITS, Limits

STANDARD_OUTPUT = "-"
EMBEDDER_OPTIONS = "sosie.embedder_options"
WORKERS = (
    "Number of threads, by default one more than cores; with --ray, number of cores of the cluster, by default all."
)
"""The help of ``--workers``."""

Command = TypeVar("Command", bound=Callable[..., Any])


class NewFile(click.Path):
    """A file to write. Before the work begins, its folder is created and write access is checked.

    With ``or_output`` the path may be ``-``, for standard output.
    """

    def __init__(self, or_output: bool = False) -> None:
        super().__init__(dir_okay=False, writable=True)
        self._or_output = or_output

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The path; a usage error if the file cannot be written."""
        if self._or_output and value == STANDARD_OUTPUT:
            return STANDARD_OUTPUT
        path = str(super().convert(value, param, ctx))
        folder = Path(path).absolute().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.fail(f"cannot create the folder {str(folder)!r}: {error.strerror}; give another file", param, ctx)
        if not path or not os.access(folder, os.W_OK):
            self.fail(f"cannot write the file {path!r}: choose a writable folder", param, ctx)
        return path


def store_option(command: Command) -> Command:
    """``--store URI``, or the environment variable SOSIE_STORE. Mentions servers if the command supports them."""
    places = "a folder such as shop.sosie"
    if works_on_server(command.__name__.removesuffix("_command")):
        places += ", or a server such as http://host:8000"
    return click.option(
        "--store", "uri", metavar="URI", required=True, envvar="SOSIE_STORE", show_envvar=True,
        help=f"The store of the catalog: {places}.",
    )(command)  # fmt: skip


class _Stores(click.ParamType[str]):
    """A store. An environment variable may name several: ``shop=/data/shop.sosie archive=/data/old.sosie``."""

    name = "store"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """The stores. A path with spaces is not split."""
        return re.split(r"\s+(?=[\w.-]+=)", rv.strip())


def stores_option(command: Command) -> Command:
    """``--store [NAME=]URI``, repeatable."""
    return click.option(
        "--store", "uris", metavar="[NAME=]URI", required=True, multiple=True, type=_Stores(), envvar="SOSIE_STORE",
        show_envvar=True,
        help="The store of the catalog: a folder such as shop.sosie. Repeat it, with names, for several catalogs.",
    )(command)  # fmt: skip


def store_option_or_none(command: Command) -> Command:
    """``--store URI`` of a command that also works without a store."""
    return click.option(
        "--store", "uri", metavar="URI", envvar="SOSIE_STORE", show_envvar=True,
        help="The store of the catalog: a folder such as shop.sosie, or a server such as http://host:8000.",
    )(command)  # fmt: skip


def json_option(command: Command) -> Command:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(command)


def k_option(command: Command) -> Command:
    """``-k N``."""
    return click.option("-k", "k", type=int, default=10, show_default=True, help="Number of products to return.")(
        command
    )


def where_option(command: Command) -> Command:
    """``--where CONDITION``, repeatable."""
    return click.option(
        "--where", "where", multiple=True, metavar="CONDITION",
        help="Only products with brand=Acme, type=Shoes,Boots (one of them), brand!=Acme, 'price<20', "
        "'has price', 'not brand=Acme', 'brand=Acme or price<20'. If it is repeated, all conditions must be met.",
    )(command)  # fmt: skip


def sort_option(text: str) -> Callable[[Command], Command]:
    """``--sort ATTRIBUTE``."""
    return click.option("--sort", metavar="ATTRIBUTE", help=f"Sort by an attribute: {text}")


def crop_option(command: Command) -> Command:
    """``--crop X,Y,W,H``."""
    return click.option("--crop", metavar="X,Y,W,H", help="Use only this region: pixels, or fractions of the picture.")(
        command
    )


def sort_matches_option(command: Command) -> Command:
    """``--sort ATTRIBUTE`` for the matches of an answer."""
    return sort_option(
        "price, or -price for the highest first. In a search by picture, the products stay the same. In a search by "
        "words, all products that match are sorted."
    )(command)


def search_options(command: Command) -> Command:
    """Adds the options of ``SearchOptions``; the command takes them as ``**searching``."""
    for option in (words_options, min_probability_option, crop_option, sort_matches_option, where_option, k_option):
        command = option(command)
    return command


def words_options(command: Command) -> Command:
    """``--text WORDS``, ``--minus WORDS`` and ``--weight W``."""
    text = click.option("--text", metavar="WORDS", help="Words to search for, alone or beside the picture.")
    minus = click.option("--minus", default="", metavar="WORDS", help="Words to avoid.")
    weight = click.option(
        "--weight", type=click.FloatRange(0, 1), default=WEIGHT, show_default=True, metavar="W",
        help="Weight of the words beside a picture.",
    )  # fmt: skip
    return text(minus(weight(command)))


def refuse_lone_weight(text: str | None) -> None:
    """Raises wrong usage if ``--weight`` is given without words."""
    given = click.get_current_context().get_parameter_source("weight")
    if text is None and given is not ParameterSource.DEFAULT:
        raise click.UsageError("--weight was given without words to weigh: give --text, too")


def min_probability_option(command: Command) -> Command:
    """``--min-probability P``."""
    return click.option(
        "--min-probability",
        type=click.FloatRange(0, 1),
        metavar="P",
        help="Only matches with at least this probability.",
    )(command)


def output_option(command: Command) -> Command:
    """``--output FILE``."""
    return click.option("--output", type=NewFile(), metavar="FILE", help="Also write the results to this JSON file.")(
        command
    )


def columns_option(command: Command) -> Command:
    """``--column ROLE=NAME``, repeatable; ``parse_columns`` reads it."""
    return click.option(
        "--column", "columns", multiple=True, metavar="ROLE=NAME",
        help="Table: the column of a role: item_id, product_id, image, links, title, brand, price, currency, category, "
        "gtin, availability or description. Usual names are recognized.",
    )(command)  # fmt: skip


def workers_option(command: Command) -> Command:
    """``--workers N``."""
    return click.option("--workers", type=click.IntRange(1, 256), help=WORKERS)(command)


def device_option(command: Command) -> Command:
    """``--device NAME``: the default device of this process and its child processes."""
    return click.option(
        "--device", type=click.Choice(DEVICES), envvar=DEVICE_VARIABLE, show_envvar=True, expose_value=False,
        callback=_use_device, help="Device of the network; auto: a CUDA GPU if ONNX Runtime has one, else the CPU.",
    )(command)  # fmt: skip


def _use_device(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        os.environ[DEVICE_VARIABLE] = value


def embedder_options(command: Command) -> Command:
    """``--embedder NAME`` and ``--embedder-option KEY=VALUE``. The command takes a name that includes the options."""
    name = click.option(
        "--embedder", metavar="NAME", callback=_with_options,
        help="The network of a new store: `sosie embedders` lists names.",
    )  # fmt: skip
    options = click.option(
        "--embedder-option", "embedder_options", multiple=True, metavar="KEY=VALUE", is_eager=True, expose_value=False,
        help="hub: networks: output=NAME, pooling=none|cls|mean, template='a photo of {}'. Repeat it.",
        callback=_keep_options,
    )  # fmt: skip
    return name(options(command))


def _keep_options(context: click.Context, parameter: click.Parameter, value: Sequence[str]) -> None:
    context.meta[EMBEDDER_OPTIONS] = value


def _with_options(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    options = context.meta.get(EMBEDDER_OPTIONS, ())
    if not options:
        return value
    if value is None:
        raise click.UsageError("--embedder-option needs an --embedder")
    from sosie.embedders.hub.address import with_options

    return with_options(value, options)


def max_pixels_option(command: Command) -> Command:
    """``--max-pixels N``; the command takes it as ``limits``."""
    return click.option(
        "--max-pixels", "limits", type=click.IntRange(1), default=DEFAULT_LIMITS.max_pixels, show_default=True,
        metavar="N", callback=lambda context, parameter, value: Limits(max_pixels=value),
        help="Refuse pictures with more pixels; a server also has its own limit.",
    )(command)  # fmt: skip


def quick_option(command: Command) -> Command:
    """``--quick``."""
    return click.option(
        "--quick", is_flag=True,
        help="Use only the whole photo, not also its center: four times as fast, less accurate.",
    )(command)  # fmt: skip


def parse_columns(columns: Sequence[str]) -> dict[str, str] | None:
    """The given pairs of role and name; None if there are none."""
    pairs = [column.partition("=") for column in columns]
    for role, equals, name in pairs:
        if not (role and equals and name):
            raise click.BadParameter(
                f"{role!r}: expected ROLE=NAME, for instance image=picture_url", param_hint="--column"
            )
    return {role: name for role, _, name in pairs} or None
