"""``sosie search`` and ``sosie similar``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from sosie.cli.answers import print_ids, print_results, results_to_csv
from sosie.cli.failures import NOTHING_DONE, WITH_REJECTIONS
from sosie.cli.form import Form, form_options
from sosie.cli.hints import why_empty
from sosie.cli.options import (
    device_option,
    k_option,
    max_pixels_option,
    output_option,
    quick_option,
    refuse_lone_weight,
    search_options,
    sort_matches_option,
    store_option,
    where_option,
    words_options,
)
from sosie.cli.output import dump, escape_for_terminal, results_to_dict, write_results
from sosie.cli.pictures import NewPicture, save_picture
from sosie.cli.sheet import draw_sheet, sheet_option
from sosie.errors import ImageError
from sosie.filters import WhereLike
from sosie.images.limits import Limits
from sosie.types import SearchResult

if TYPE_CHECKING:
    from sosie.catalog import CatalogProtocol
    from sosie.catalog.options import SearchOptions

DASH, STANDARD_INPUT = "-", "standard input"


@click.command("search")
@click.argument("images", nargs=-1, metavar="[IMAGE...]")
@store_option
@search_options
@click.option(
    "--all", "every", is_flag=True,
    help="For a photo of several products: give one result for each product that is recognized by its details.",
)  # fmt: skip
@click.option("--together", is_flag=True, help="All pictures show the same product: give one result for all of them.")
@quick_option
@max_pixels_option
@device_option
@form_options
@output_option
@sheet_option
@click.option(
    "--explain", type=NewPicture(), metavar="FILE",
    help="Draw an explanation of the first matches of one query: .png, .jpg or .webp.",
)  # fmt: skip
@click.option(
    "--next", "cursor", metavar="TEXT",
    help="Continue an earlier search with one photo: TEXT is the value of `next` in its JSON output.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 3 when a picture could not be read.")
def search_command(
    images: Sequence[str], uri: str, every: bool, together: bool, quick: bool, limits: Limits, form: Form,
    output: str | None, sheet: str | None, explain: str | None, cursor: str | None, strict: bool, **searching: Any,
) -> None:  # fmt: skip
    """Find the products most similar to each IMAGE (a file, a URL, or - for standard input), or products by words.

    Without a picture, words are searched for in titles, brands and other texts; typing errors are tolerated. A network
    with a text encoder also compares the words with the pictures. Words beside a picture change the search, and need
    such a network. The bundled networks have no text encoder.

    \b
    Examples:
      sosie search photo.jpg --store shop.sosie
      sosie search --text 'red trail shoe' --store shop.sosie
      sosie search photo.jpg --text 'but in blue' --weight 0.4 --minus leather --store shop.sosie
      sosie search front.jpg back.jpg --together --store shop.sosie
      sosie search shelf.jpg --all --store shop.sosie
      sosie search shelf.jpg --crop 0.2,0.1,0.5,0.8 --store shop.sosie
      sosie search photo.jpg --store shop.sosie --where type=Shoes,Boots --where 'price<80' --json
      sosie search https://shop.example/photo.jpg --store shop.sosie
      sosie search photo.jpg --store shop.sosie --explain why.png
      sosie search *.jpg --store shop.sosie --csv > answers.csv
      sosie search photo.jpg --store shop.sosie -k 50 --sort price
      sosie search photo.jpg --store shop.sosie --json > answer.json
      sosie search --next "$(jq -r .results[0].next answer.json)" --store shop.sosie
      cat photo.jpg | sosie search - --store shop.sosie --sheet answer.png
    """
    import sosie
    from sosie.catalog.options import SearchOptions

    _check(images, cursor, explain, sheet, together, searching)
    if every:
        _check_every(images, together or bool(explain or sheet), searching)
    options = SearchOptions(**searching)
    queries = [_read(image) for image in images]
    shown: list[str | bytes] = []
    read = len(images)
    with sosie.open(uri, quick=quick, limits=limits) as catalog:
        if cursor is not None:
            answers = [catalog.more(cursor, options.k)]
        elif not images:
            answers = [
                catalog.search_text(
                    searching["text"], options.k, where=options.where, minus=options.minus, sort=options.sort
                )
            ]
        elif every:
            shown, answers, read = _results_of_each_product(catalog, images, queries, options)
        elif together:
            shown = queries[:1]
            answers = [catalog.search_together(queries, options)]
        else:
            shown, answers = _readable_results(images, queries, _each_result(catalog, queries, options))
            read = len(answers)
        _report(answers, form, output)
        is_empty = _explain_if_empty(catalog, answers, options.where)
        if sheet and answers:
            draw_sheet(sheet, catalog, shown, answers)
        if explain and answers:
            save_picture(explain, catalog.explain(shown[0], answers[0], crop=options.crop))
    if not answers or is_empty:
        raise SystemExit(NOTHING_DONE)
    if strict and read < len(images):
        raise SystemExit(WITH_REJECTIONS)


@click.command("similar")
@click.argument("item_id")
@store_option
@k_option
@where_option
@sort_matches_option
@words_options
@form_options
@output_option
@sheet_option
def similar_command(
    item_id: str, uri: str, k: int, where: Sequence[str], sort: str | None, text: str | None, minus: str,
    weight: float, form: Form, output: str | None, sheet: str | None,
) -> None:  # fmt: skip
    """Find the other products most similar to the item ITEM_ID of the catalog.

    \b
    Example:
      sosie similar A-1001 --store shop.sosie --where brand!=Acme
    """
    import sosie

    refuse_lone_weight(text)
    with sosie.open(uri) as catalog:
        answer = catalog.similar(item_id, k, where=where, text=text, minus=minus, weight=weight, sort=sort)
        _report([answer], form, output)
        is_empty = _explain_if_empty(catalog, [answer], where)
        if sheet:
            draw_sheet(sheet, catalog, [catalog.thumbnail(item_id)], [answer])
    if is_empty:
        raise SystemExit(NOTHING_DONE)


def _check(
    images: Sequence[str], cursor: str | None, explain: str | None, sheet: str | None, together: bool,
    searching: Mapping[str, Any],
) -> None:  # fmt: skip
    """Refuses options that exclude each other."""
    if cursor is not None and (images or searching["text"]):
        raise click.UsageError("--next needs neither IMAGE nor --text: it continues an earlier search; leave them out")
    if not images and not searching["text"] and cursor is None:
        raise click.UsageError("nothing to search for: give an IMAGE or --text")
    if not images and (explain or sheet or searching["crop"]):
        raise click.UsageError("--explain, --sheet and --crop need a picture: give an IMAGE")
    if explain and len(images) > 1 and not together:
        raise click.UsageError("--explain takes one query: give one IMAGE, or several with --together")
    if images.count(DASH) > 1:
        raise click.UsageError("standard input holds one picture: give `-` only once")
    refuse_lone_weight(searching["text"])


def _check_every(images: Sequence[str], has_other_form: bool, searching: Mapping[str, Any]) -> None:
    """Raises ``UsageError`` for options that ``--all`` excludes."""
    if not images or has_other_form or searching["text"]:
        raise click.UsageError("--all needs an IMAGE, and does not go with --together, --text, --explain and --sheet")


def _read(image: str) -> str | bytes:
    if image != DASH:
        return image
    from sosie.images.query import NamedBytes

    return NamedBytes(sys.stdin.buffer.read() if sys.stdin else b"", STANDARD_INPUT)


def _each_result(
    catalog: CatalogProtocol, queries: Sequence[str | bytes], options: SearchOptions
) -> Iterable[SearchResult | ImageError]:
    """The result of each query. If there is only one, it also has ``next``, from which the search can continue."""
    if len(queries) > 1:
        return catalog.search_many(queries, options)
    try:
        return [catalog.search(queries[0], options)]
    except ImageError as error:
        return [error]


def _results_of_each_product(
    catalog: CatalogProtocol, images: Sequence[str], queries: Sequence[str | bytes], options: SearchOptions
) -> tuple[list[str | bytes], list[SearchResult], int]:
    """A result for each product in each photo, named by photo and region; and the number of readable photos.

    Each failure is reported at once.
    """
    shown: list[str | bytes] = []
    results: list[SearchResult] = []
    read = 0
    for image, query in zip(images, queries, strict=True):
        name = STANDARD_INPUT if image == DASH else image
        try:
            products = catalog.search_all(query, options)
        except ImageError as error:
            click.echo(escape_for_terminal(f"Error: {name}: {error}"), err=True)
            continue
        read += 1
        if not products:
            click.echo(escape_for_terminal(f"{name}: no product could be verified by its details"), err=True)
        shown.extend([query] * len(products))
        results.extend(replace(product.result, query=f"{name} at {product.region}") for product in products)
    return shown, results, read


def _readable_results(
    images: Sequence[str], queries: Sequence[str | bytes], answers: Iterable[SearchResult | ImageError]
) -> tuple[list[str | bytes], list[SearchResult]]:
    """The queries that could be read, and their results. Each failure is printed at once."""
    shown: list[str | bytes] = []
    results: list[SearchResult] = []
    for image, query, answer in zip(images, queries, answers, strict=True):
        if isinstance(answer, SearchResult):
            shown.append(query)
            results.append(answer)
        else:
            name = STANDARD_INPUT if image == DASH else image
            click.echo(escape_for_terminal(f"Error: {name}: {answer}"), err=True)
    return shown, results


def _explain_if_empty(catalog: CatalogProtocol, answers: Sequence[SearchResult], where: WhereLike) -> bool:
    """True if no result has a match. The likely reason is printed to standard error."""
    if not answers or any(answer.matches for answer in answers):
        return False
    click.echo(escape_for_terminal(why_empty(catalog, where)), err=True)
    return True


def _report(answers: Sequence[SearchResult], form: Form, output: str | None) -> None:
    if output:
        write_results(output, answers)
    if form == "json":
        click.echo(dump(results_to_dict(answers)))
    elif form == "csv":
        click.echo(results_to_csv(answers), nl=False)
    elif form == "ids":
        print_ids(answers)
    else:
        print_results(answers, verbose=form == "verbose")
