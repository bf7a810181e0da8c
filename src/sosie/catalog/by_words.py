"""Searches a catalog in a store by words."""

from __future__ import annotations

import logging
from dataclasses import replace

from sosie.catalog.options import SearchOptions
from sosie.catalog.resources import Resources
from sosie.embedders.base import TextEncoder
from sosie.errors import EmbedderError, UsageError
from sosie.filters import bind
from sosie.filters.order import order_from
from sosie.knowledge.knowledge import Knowledge
from sosie.searching.answer import to_results
from sosie.searching.continuing import go_on
from sosie.searching.places import SearchPlace
from sosie.searching.words import answer_words
from sosie.support.timing import Stopwatch
from sosie.types import SearchResult

logger = logging.getLogger("sosie.catalog")


def answer_text(resources: Resources, options: SearchOptions) -> SearchResult:
    """Searches by the words in the options."""
    words = options.words
    if words is None:
        raise UsageError("no words were given: expected text")
    watch = Stopwatch()
    with watch.stage("open"):
        store, knowledge = resources.store, resources.knowledge
        bound = bind(options.where, knowledge.manifest.attributes)
        order = None if options.sort is None else order_from(options.sort, knowledge.manifest.attributes)
        encoder = encoder_or_none(resources, knowledge)
    with watch.stage("search"):
        answer = answer_words(store, knowledge, words, encoder, options.k, bound, order)
    with watch.stage("join"):
        [result] = to_results([answer], store, knowledge.manifest, [words.name], options.k, order=order)
        begin = SearchPlace(
            query=words.name, where=str(bound), rank=0, products=b"", sort=options.sort, text=words.text,
            minus=words.minus,
        )  # fmt: skip
        result = go_on(result, begin, options.k)
    return replace(result, timings=watch.seconds)


def encoder_to_steer(resources: Resources, knowledge: Knowledge) -> TextEncoder:
    """The text encoder of the store's embedder; ``UsageError`` if it has none."""
    encoder = resources.text_encoder(knowledge.manifest)
    if encoder is None:
        raise UsageError(
            "words beside a picture need a network with a text encoder, and this catalog was filled by "
            f"{knowledge.manifest.embedder.name}, which has none: search by the words alone, or by the picture alone"
        )
    return encoder


def encoder_or_none(resources: Resources, knowledge: Knowledge) -> TextEncoder | None:
    """The text encoder; None if there is none or it cannot be opened, because full text works without one."""
    try:
        return resources.text_encoder(knowledge.manifest)
    except EmbedderError as error:
        logger.warning("words are searched in titles and other texts only: %s", error)
        return None
