"""Searches a catalog in a store by pictures."""

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
from sosie.searching.photos import BATCH, Done, Photos, process_photos
from sosie.searching.pipeline import Request, SearchPipeline, Steering
from sosie.searching.places import SearchPlace
from sosie.searching.query import Query, QueryMaker
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
    """Searches by several pictures of one product."""
    if not images:
        raise UsageError("no picture was given: expected at least one")
    watch = Stopwatch()
    pipeline, request = _open_pipeline(resources, options, watch)
    [result] = pipeline.search([images], replace(request, goes_on=True), watch)
    return raise_if_error(result)


def answer_regions(resources: Resources, image: QueryImage, options: SearchOptions) -> list[ProductInPhoto]:
    """Finds every verified product in a photo, each with its region and its own answer."""
    if options.words is not None:
        raise UsageError("words were given to a search for all products in a photo; leave them out")
    return search_regions(*_open_pipeline(resources, options, Stopwatch()), image)


def answer_pictures_one_by_one(
    resources: Resources, images: Iterable[QueryImage], options: SearchOptions
) -> Iterator[SearchResult | ImageError]:
    """Searches by each picture, in order, in batches on every core. An unusable picture gives an ``ImageError``."""
    stream = iter(images)
    first = list(itertools.islice(stream, BATCH))
    pipeline, request = _open_pipeline(resources, options, Stopwatch(), in_batches=len(first) == BATCH)
    batches = in_order(
        itertools.chain(first, stream),
        lambda batch: pipeline.search([[image] for image in batch], request, Stopwatch()),
        BATCH,
    )
    for result in itertools.chain.from_iterable(itertools.chain.from_iterable(batches)):
        yield result if isinstance(result, ImageError) else raise_if_error(result)


def _open_pipeline(
    resources: Resources, options: SearchOptions, watch: Stopwatch, in_batches: bool = False
) -> tuple[SearchPipeline, Request]:
    """Creates the pipeline for the current manifest, and the request.

    A single query may use every core. With ``in_batches`` each batch uses one core.
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
    return SearchPipeline(store, knowledge, query_maker_of(resources, knowledge, embedder)), request


def answer_similar(
    resources: Resources, item_id: str, k: int, where: WhereLike, words: Words | None = None, sort: str | None = None
) -> SearchResult:
    """Searches for the k products most similar to an item; ``words`` can steer the search."""
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
        query_vector = vector if words is None else own
        begin = SearchPlace(shown, str(bound), 0, b"", generation=name, vector=query_vector, sort=sort)
        result = go_on(result, begin.without(record.product_id), k)
    return replace(result, timings=watch.seconds)


def answer_more(resources: Resources, cursor: str, k: int) -> SearchResult:
    """The next k matches of a search. ``cursor`` is the place where an answer ended."""
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
    """Classifies a picture by the attribute ``by`` of its k nearest items."""
    store, knowledge = resources.store, resources.knowledge
    check_k(k)
    store.facets([by], limit=1)
    bound = bind(where, knowledge.manifest.attributes)
    own = query_of(resources, knowledge, image, region).vector[np.newaxis]
    generations = knowledge.generations
    [hits] = store.search(generations.active, generations.query_vectors(own), k, bound)
    return vote(hits, by, query_name(image))


def draw_explanation(
    resources: Resources, image: QueryImage, result: SearchResult, region: Crop, most: int
) -> Image.Image:
    """Draws an explanation of the first ``most`` matches of an answer; RGB."""
    from sosie.searching.reasons import SIDE, ExplanationDrawer

    side = SIDE if region is None else None
    picture = crop_to_region(load_query(resources.with_bytes(image), resources.limits, side), region)
    knowledge = resources.knowledge
    embedder = resources.embedder_of(knowledge.manifest)
    return ExplanationDrawer(resources.store, knowledge, embedder, resources.limits).draw(picture, result, most)


def query_of(resources: Resources, knowledge: Knowledge, image: QueryImage, region: Crop) -> Query:
    """The query for a picture; ``ImageError`` if it cannot be used."""
    query_maker = query_maker_of(resources, knowledge, resources.embedder_of(knowledge.manifest))
    [query] = query_maker.queries([[image]], region_of(region), Stopwatch())
    return raise_if_error(query)


def process_source(
    resources: Resources,
    knowledge: Knowledge,
    source: Source,
    then: Callable[[Photos], Done],
    workers: int | None,
    memory: PhotoMemory | None = None,
) -> Iterator[Done]:
    """The results of ``then`` for each batch of a source's photos."""
    stream = with_pictures(source, resources.options.fetch, resources.options.world)
    query_maker = query_maker_of(resources, knowledge, resources.embedder_for_batches(knowledge.manifest))
    return process_photos(stream, query_maker, then, workers, memory)


def query_maker_of(resources: Resources, knowledge: Knowledge, embedder: Embedder) -> QueryMaker:
    """The query maker for this catalog and embedder."""
    closer = WHOLE if resources.options.quick else CLOSER
    coded = knowledge.code_attribute is not None
    return QueryMaker(embedder, closer, knowledge.keeps_details, coded, resources.limits, resources.with_bytes)


def raise_if_error(outcome: Outcome | SosieError) -> Outcome:
    """Returns the outcome, or raises it if it is an error."""
    if isinstance(outcome, SosieError):
        raise outcome
    return outcome


def refuse_uncalibrated(min_probability: float | None, knowledge: Knowledge, uri: str) -> None:
    """Raises ``UsageError`` for ``min_probability`` if the catalog has no probabilities."""
    if min_probability is not None and knowledge.calibration is None:
        raise UsageError(
            f"min_probability is {min_probability}, but {uri} is not calibrated, so its matches have no "
            "probabilities; calibrate it, or omit min_probability"
        )


def chosen_order(sort: str | None, knowledge: Knowledge) -> SortOrder | None:
    """The order that ``sort`` names, None without ``sort``; ``FilterError`` for an unknown attribute."""
    return None if sort is None else order_from(sort, knowledge.manifest.attributes)


def region_of(region: Crop) -> Box | None:
    """The region as a box; None for the whole picture."""
    return None if region is None else box_of(region)


def crop_to_region(picture: Image.Image, region: Crop) -> Image.Image:
    """The region of a picture, or the whole picture."""
    return picture if region is None else crop(picture, box_of(region))
