"""Questions to a catalog: photos become queries, and queries get answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from PIL import Image

from sosie.catalog.by_words import encoder_or_none, encoder_to_steer
from sosie.catalog.options import Crop, SearchOptions, check_k
from sosie.catalog.reading import item_record
from sosie.catalog.resources import Resources
from sosie.embedders.base import Embedder
from sosie.errors import ImageError, ItemNotFound, SosieError, UsageError
from sosie.filters import WhereLike, bind
from sosie.filters.order import SortOrder, order_from
from sosie.images.crop import Box, box_of, crop
from sosie.images.query import QueryImage, load_query, query_name
from sosie.indexing.remote import with_pictures
from sosie.knowledge.knowledge import Knowledge
from sosie.searching.answer import to_results
from sosie.searching.continuing import go_on, more_matches
from sosie.searching.identify import Identification, vote
from sosie.searching.photos import BATCH, Done, Photos, ask_photos
from sosie.searching.pipeline import Request, SearchPipeline, Steering
from sosie.searching.places import SearchPlace
from sosie.searching.query import Query, Questioner
from sosie.searching.reasons import SIDE, Reasons
from sosie.searching.regions import ProductInPhoto, search_regions
from sosie.searching.remembering import PhotoMemory
from sosie.searching.views import CLOSER, WHOLE
from sosie.searching.words import answer_steered, answer_stored, steer
from sosie.sources.base import Source
from sosie.support.batches import in_order
from sosie.support.timing import Stopwatch
from sosie.types import SearchResult, Words

Outcome = TypeVar("Outcome")


def answer_pictures(resources: Resources, images: Sequence[QueryImage], options: SearchOptions) -> SearchResult:
    """One answer for several pictures of one product."""
    if not images:
        raise UsageError("no picture was given: expected at least one")
    watch = Stopwatch()
    pipeline, request = _open_pipeline(resources, options, watch)
    [result] = pipeline.search([images], replace(request, goes_on=True), watch)
    return succeeded(result)


def answer_regions(resources: Resources, image: QueryImage, options: SearchOptions) -> list[ProductInPhoto]:
    """Every product in a photo that is verified, each with its place and an answer of its own."""
    if options.words is not None:
        raise UsageError("words were given to a search for all products in a photo; leave them out")
    return search_regions(*_open_pipeline(resources, options, Stopwatch()), image)


def answer_each_picture(
    resources: Resources, images: Iterable[QueryImage], options: SearchOptions
) -> Iterator[SearchResult | ImageError]:
    """An answer for each picture, in order, in batches on every core; an ``ImageError`` stands in for its answer."""
    stream = iter(images)
    first = list(itertools.islice(stream, BATCH))
    pipeline, request = _open_pipeline(resources, options, Stopwatch(), in_batches=len(first) == BATCH)
    batches = in_order(
        itertools.chain(first, stream),
        lambda batch: pipeline.search([[image] for image in batch], request, Stopwatch()),
        BATCH,
    )
    for result in itertools.chain.from_iterable(itertools.chain.from_iterable(batches)):
        yield result if isinstance(result, ImageError) else succeeded(result)


def _open_pipeline(
    resources: Resources, options: SearchOptions, watch: Stopwatch, in_batches: bool = False
) -> tuple[SearchPipeline, Request]:
    """The way of a query by the manifest as it stands now, and what is wanted of it.

    A single query gets every core; ``in_batches`` gives each batch one.
    """
    with watch.stage("open"):
        store, knowledge = resources.store, resources.knowledge
        refuse_uncalibrated(options.min_probability, knowledge, resources.uri)
        bound = bind(options.where, knowledge.manifest.attributes)
        load = resources.embedder_for_batches if in_batches else resources.embedder_of
        embedder = load(knowledge.manifest)
    words = options.words
    steering = None if words is None else Steering(words, encoder_to_steer(resources, knowledge))
    order = chosen_order(options.sort, knowledge)
    request = Request(options.k, bound, region_of(options.crop), options.min_probability, steering, order)
    return SearchPipeline(store, knowledge, questioner_of(resources, knowledge, embedder)), request


def answer_similar(
    resources: Resources, item_id: str, k: int, where: WhereLike, words: Words | None = None, sort: str | None = None
) -> SearchResult:
    """The k other products most like an item, which words may steer."""
    check_k(k)
    watch = Stopwatch()
    store, knowledge = resources.store, resources.knowledge
    bound = bind(where, knowledge.manifest.attributes)
    order = chosen_order(sort, knowledge)
    name = knowledge.generations.active if words is None else knowledge.generations.own
    with watch.stage("read"):
        record = item_record(store, item_id, (name,))
    if name not in record.vectors:
        raise ItemNotFound(f"item {item_id!r} has no vector {name}; index its picture again")
    vector = record.vectors[name]
    with watch.stage("search"):
        if words is None:
            answer = answer_stored(store, name, vector, k, bound, record.product_id)
        else:
            own = steer(vector, words, encoder_to_steer(resources, knowledge))
            answer = answer_steered(store, knowledge, own, k, bound, record.product_id)
    with watch.stage("join"):
        shown = item_id if words is None else f"{item_id} + {words.name}"
        [result] = to_results([answer], store, knowledge.manifest, [shown], k, order=order)
        asked = vector if words is None else own
        begin = SearchPlace(shown, str(bound), 0, b"", generation=name, vector=asked, sort=sort)
        result = go_on(result, begin.without(record.product_id), k)
    return replace(result, timings=watch.seconds)


def answer_more(resources: Resources, cursor: str, k: int) -> SearchResult:
    """The next k matches of a search, from the place where an answer ended."""
    check_k(k)
    watch = Stopwatch()
    place = SearchPlace.from_text(cursor)
    with watch.stage("open"):
        store, knowledge = resources.store, resources.knowledge
        refuse_uncalibrated(place.min_probability, knowledge, resources.uri)
        encoder = encoder_or_none(resources, knowledge) if place.text else None
    with watch.stage("search"):
        result = more_matches(store, knowledge, place, k, encoder)
    return replace(result, timings=watch.seconds)


def identify_picture(
    resources: Resources, image: QueryImage, by: str, k: int, where: WhereLike, region: Crop
) -> Identification:
    """Which value of the attribute ``by`` the k nearest items vote for."""
    store, knowledge = resources.store, resources.knowledge
    check_k(k)
    store.facets([by], limit=1)
    bound = bind(where, knowledge.manifest.attributes)
    own = query_of(resources, knowledge, image, region).vector[np.newaxis]
    generations = knowledge.generations
    [hits] = store.search(generations.active, generations.asked(own), k, bound)
    return vote(hits, by, query_name(image))


def draw_explanation(
    resources: Resources, image: QueryImage, result: SearchResult, region: Crop, most: int
) -> Image.Image:
    """A picture that says why the first ``most`` matches of an answer were found; RGB."""
    side = SIDE if region is None else None
    picture = crop_to_region(load_query(resources.with_bytes(image), resources.limits, side), region)
    knowledge = resources.knowledge
    embedder = resources.embedder_of(knowledge.manifest)
    return Reasons(resources.store, knowledge, embedder, resources.limits).draw(picture, result, most)


def query_of(resources: Resources, knowledge: Knowledge, image: QueryImage, region: Crop) -> Query:
    """The query that a picture asks; ``ImageError`` for one that cannot be used."""
    questioner = questioner_of(resources, knowledge, resources.embedder_of(knowledge.manifest))
    [query] = questioner.queries([[image]], region_of(region), Stopwatch())
    return succeeded(query)


def ask_source(
    resources: Resources,
    knowledge: Knowledge,
    source: Source,
    then: Callable[[Photos], Done],
    workers: int | None,
    memory: PhotoMemory | None = None,
) -> Iterator[Done]:
    """What ``then`` makes of each batch of a source's photos."""
    stream = with_pictures(source, resources.options.fetch, resources.options.world)
    questioner = questioner_of(resources, knowledge, resources.embedder_for_batches(knowledge.manifest))
    return ask_photos(stream, questioner, then, workers, memory)


def questioner_of(resources: Resources, knowledge: Knowledge, embedder: Embedder) -> Questioner:
    """What makes queries of photos for this catalog, with this embedder."""
    closer = WHOLE if resources.options.quick else CLOSER
    coded = knowledge.code_attribute is not None
    return Questioner(embedder, closer, knowledge.keeps_details, coded, resources.limits, resources.with_bytes)


def succeeded(outcome: Outcome | SosieError) -> Outcome:
    """The outcome, unless it is an error, which is raised."""
    if isinstance(outcome, SosieError):
        raise outcome
    return outcome


def refuse_uncalibrated(min_probability: float | None, knowledge: Knowledge, uri: str) -> None:
    """``UsageError`` where a probability is asked of a catalog that gives none."""
    if min_probability is not None and knowledge.calibration is None:
        raise UsageError(
            f"a probability of at least {min_probability} was asked for, and {uri} is not calibrated, so its "
            "matches have scores but no probabilities; calibrate it, or leave it out"
        )


def chosen_order(sort: str | None, knowledge: Knowledge) -> SortOrder | None:
    """The order that ``sort`` names, None where it names none; ``FilterError`` for an unknown attribute."""
    return None if sort is None else order_from(sort, knowledge.manifest.attributes)


def region_of(region: Crop) -> Box | None:
    """The region as a box, None for all of a picture."""
    return None if region is None else box_of(region)


def crop_to_region(picture: Image.Image, region: Crop) -> Image.Image:
    """The region of a picture, or all of it."""
    return picture if region is None else crop(picture, box_of(region))
