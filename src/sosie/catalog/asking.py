"""Questions to a catalog: photos become queries, and queries get answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from sosie.catalog.options import Crop, SearchOptions
from sosie.catalog.reading import item_record
from sosie.catalog.resources import Resources
from sosie.embedders.base import Embedder
from sosie.errors import ItemNotFound, SosieError, UsageError
from sosie.filters import WhereLike, bind
from sosie.images.crop import box_of, crop
from sosie.images.query import QueryImage, load_query, query_name
from sosie.indexing.remote import with_pictures
from sosie.knowledge.calibrations import calibration_of
from sosie.knowledge.codes import code_attribute
from sosie.knowledge.details import keeps_details
from sosie.knowledge.generations import generations_of
from sosie.searching.answer import Answer, Candidate, to_result
from sosie.searching.identify import Identification, vote
from sosie.searching.photos import Done, Photos, ask_photos
from sosie.searching.query import Query, Questioner
from sosie.searching.ranking import check_k
from sosie.searching.reasons import SIDE, Reasons
from sosie.searching.searcher import answer_now
from sosie.searching.views import CLOSER, WHOLE
from sosie.sources.base import Source
from sosie.support.timing import Stopwatch
from sosie.types import EMBEDDING, Manifest, SearchResult


def answer_pictures(resources: Resources, images: Sequence[QueryImage], options: SearchOptions) -> SearchResult:
    """One answer for several pictures of one product."""
    if not images:
        raise UsageError("no picture was given: expected at least one")
    watch = Stopwatch()
    with watch.stage("open"):
        store, manifest = resources.store, resources.store.manifest
        refuse_uncalibrated(options.min_probability, manifest, resources.uri)
        bound = bind(options.where, manifest.attributes)
    query = query_of(resources, images, options.crop, watch)
    with watch.stage("search"):
        answer = answer_now(store, query, options.k, bound)
    with watch.stage("join"):
        named = " + ".join(map(query_name, images))
        result = to_result(answer, store, manifest, named, options.k, options.min_probability)
    return replace(result, timings=watch.seconds)


def answer_similar(resources: Resources, item_id: str, k: int, where: WhereLike) -> SearchResult:
    """The k other products most like an item."""
    check_k(k)
    watch = Stopwatch()
    store, manifest = resources.store, resources.store.manifest
    name = manifest.active[EMBEDDING]
    with watch.stage("read"):
        record = item_record(store, item_id, (name,))
    if name not in record.vectors:
        raise ItemNotFound(f"item {item_id!r} has no vector {name}; index its picture again")
    with watch.stage("search"):
        bound = bind(where, manifest.attributes)
        [hits] = store.search(name, record.vectors[name][np.newaxis], k + 1, bound, distinct="product_id")
        others = tuple(Candidate(hit) for hit in hits if hit.record.product_id != record.product_id)
    with watch.stage("join"):
        result = to_result(Answer(others), store, manifest, item_id, k, None)
    return replace(result, timings=watch.seconds)


def identify_picture(
    resources: Resources, image: QueryImage, by: str, k: int, where: WhereLike, region: Crop
) -> Identification:
    """Which value of the attribute ``by`` the k nearest items vote for."""
    store, manifest = resources.store, resources.store.manifest
    check_k(k)
    store.facets([by], limit=1)
    bound = bind(where, manifest.attributes)
    own = query_of(resources, [image], region, Stopwatch()).vector[np.newaxis]
    generations = generations_of(manifest)
    [hits] = store.search(generations.active, generations.asked(own), k, bound)
    return vote(hits, by, query_name(image))


def draw_explanation(
    resources: Resources, image: QueryImage, result: SearchResult, region: Crop, most: int
) -> Image.Image:
    """A picture that says why the first ``most`` matches of an answer were found; RGB."""
    side = SIDE if region is None else None
    picture = crop_to_region(load_query(resources.with_bytes(image), resources.limits, side), region)
    return Reasons(resources.store, resources.embedder, resources.limits).draw(picture, result, most)


def query_of(resources: Resources, images: Sequence[QueryImage], region: Crop, watch: Stopwatch) -> Query:
    """The query that these pictures of one product ask; ``ImageError`` for one that cannot be used."""
    with watch.stage("open"):
        questioner = questioner_of(resources, resources.embedder)
    with watch.stage("decode"):
        needed = questioner.shorter_side if region is None else None
        pictures = [
            crop_to_region(load_query(resources.with_bytes(image), resources.limits, needed), region)
            for image in images
        ]
        seen = questioner.see(pictures)
    with watch.stage("embed"):
        [query] = questioner.embed([seen])
    if isinstance(query, SosieError):
        raise query
    with watch.stage("details"):
        _ = [shot.details for shot in query.shots if questioner.detailed]
    return query


def ask_source(
    resources: Resources, source: Source, then: Callable[[Photos], Done], workers: int | None
) -> Iterator[Done]:
    """What ``then`` makes of each batch of a source's photos."""
    stream = with_pictures(source, resources.options.fetch, resources.options.world)
    questioner = questioner_of(resources, resources.embedder_for_indexing())
    return ask_photos(stream, questioner, resources.limits, then, workers)


def questioner_of(resources: Resources, embedder: Embedder) -> Questioner:
    """What makes queries of photos for this catalog, with this embedder."""
    manifest = resources.store.manifest
    closer = WHOLE if resources.options.quick else CLOSER
    return Questioner(embedder, closer, keeps_details(manifest), code_attribute(manifest) is not None)


def refuse_uncalibrated(min_probability: float | None, manifest: Manifest, uri: str) -> None:
    """``UsageError`` where a probability is asked of a catalog that gives none."""
    if min_probability is not None and calibration_of(manifest) is None:
        raise UsageError(
            f"a probability of at least {min_probability} was asked for, and {uri} is not calibrated, so its "
            "matches have scores but no probabilities; calibrate it, or leave it out"
        )


def crop_to_region(picture: Image.Image, region: Crop) -> Image.Image:
    """The region of a picture, or all of it."""
    return picture if region is None else crop(picture, box_of(region))
