"""The search pipeline from pictures to results, in batches. A single search is a batch of one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from sosie.embedders.base import TextEncoder
from sosie.errors import SosieError
from sosie.filters import Where
from sosie.filters.order import SortOrder
from sosie.images.crop import Box
from sosie.images.query import QueryImage, query_name
from sosie.knowledge.knowledge import Knowledge
from sosie.searching.ahead import Ahead, VerifiedItems
from sosie.searching.answer import Answer, to_results
from sosie.searching.continuing import go_on
from sosie.searching.places import SearchPlace
from sosie.searching.query import PreparedPictures, Query, QueryMaker, Shot
from sosie.searching.searcher import Searcher, answer_queries
from sosie.searching.words import answer_steered, steer
from sosie.stores.base import Store
from sosie.support.cores import IDLE_CORES
from sosie.support.timing import Stopwatch
from sosie.types import SearchResult, Words

if TYPE_CHECKING:
    from sosie.support.visual_words import WordsQuery


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Steering:
    """Words that change a search by pictures, and the text encoder for them."""

    words: Words
    encoder: TextEncoder


@dataclass(frozen=True, slots=True)
class Request:
    """The settings of a search for ``k`` products that pass ``where``.

    - ``crop``: the region of each picture to search by.
    - ``steering``: words that change what is searched for. Then only the embedding is used, and there are no
      probabilities, because the wanted product is not the product in the picture.
    - ``order``: sorts the matches of each answer.
    - ``goes_on``: results have a cursor for the next matches.
    """

    k: int
    where: Where | None = None
    crop: Box | None = None
    min_probability: float | None = None
    steering: Steering | None = None
    order: SortOrder | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class SearchPipeline:
    """Searches a store by photos. The manifest stays as it was at the start."""

    store: Store
    knowledge: Knowledge
    questioner: QueryMaker

    def search(
        self, batch: Sequence[Sequence[QueryImage]], request: Request, watch: Stopwatch
    ) -> list[SearchResult | SosieError]:
        """Returns a result, or an error, for each query. A query has one or more pictures of the same product.

        Each result's ``timings`` are its share of the batch's time.
        """
        queries, answers = self._answered(batch, request, watch)
        answerable = [query for query in queries if isinstance(query, Query)]
        words = [] if request.steering is None else [request.steering.words.name]
        names = [
            " + ".join([*map(query_name, images), *words])
            for images, query in zip(batch, queries, strict=True)
            if isinstance(query, Query)
        ]
        results = iter(self._results(answers, answerable, names, request, watch, len(batch)))
        return [next(results) if isinstance(query, Query) else query for query in queries]

    def _answered(
        self, batch: Sequence[Sequence[QueryImage]], request: Request, watch: Stopwatch
    ) -> tuple[list[Query | SosieError], list[Answer]]:
        """The query of each product, or an error, and the answers to the queries.

        With an idle core, details are extracted while the network runs.
        """
        if not self.questioner.detailed or request.steering is not None:
            queries = self.questioner.queries(batch, request.crop, watch)
            return queries, self._answers(queries, request, watch)
        prepared = self.questioner.prepare_each(batch, request.crop, watch)
        shots = [each.shots for each in prepared if isinstance(each, PreparedPictures)]
        with (
            IDLE_CORES.lent(sum(map(len, shots))) as idle,
            ThreadPoolExecutor(max(1, idle), thread_name_prefix="sosie-details") as pool,
        ):
            if len(shots) == 1:
                ahead = self._look_ahead(shots[0], request, pool)
                if not idle:
                    _await(ahead.verified, watch)
                queries = self.questioner.embed_prepared(prepared, watch)
                _await(ahead.hits, watch)
                queries = [replace(query, ahead=ahead) if isinstance(query, Query) else query for query in queries]
            else:
                flat = list(itertools.chain.from_iterable(shots))
                words = [pool.submit(_words_of, shot) for shot in flat] if idle else []
                queries = self.questioner.embed_prepared(prepared, watch)
                _finish(flat, words, watch)
            return queries, self._answers(queries, request, watch)

    def _look_ahead(self, shots: tuple[Shot, ...], request: Request, pool: ThreadPoolExecutor) -> Ahead:
        """Starts to find candidates by the details of a single query, and to verify the first of them."""

        def verify() -> VerifiedItems:
            return Searcher(self.store, self.knowledge).verify_ahead(shots, hits.result())

        hits = pool.submit(lambda: Searcher(self.store, self.knowledge).find_ahead(shots, request.where))
        return Ahead(hits, pool.submit(verify))

    def _answers(self, queries: Sequence[Query | SosieError], request: Request, watch: Stopwatch) -> list[Answer]:
        answerable = [query for query in queries if isinstance(query, Query)]
        steering = request.steering
        if steering is not None:
            with watch.stage("search"):
                steered = [steer(query.vector, steering.words, steering.encoder) for query in answerable]
                return [answer_steered(self.store, self.knowledge, own, request.k, request.where) for own in steered]
        with watch.stage("search"):
            return answer_queries(self.store, self.knowledge, answerable, request.k, request.where)

    def _results(
        self,
        answers: Sequence[Answer],
        queries: Sequence[Query],
        names: Sequence[str],
        request: Request,
        watch: Stopwatch,
        size: int,
    ) -> list[SearchResult]:
        with watch.stage("join"):
            results = to_results(
                answers, self.store, self.knowledge.manifest, names, request.k, request.min_probability, request.order
            )
            if request.goes_on:
                results = [
                    go_on(result, self._place(query, result, request), request.k)
                    for query, result in zip(queries, results, strict=True)
                ]
        timings = {stage: seconds / size for stage, seconds in watch.seconds.items()}
        return [replace(result, timings=timings) for result in results]

    def _place(self, query: Query, result: SearchResult, request: Request) -> SearchPlace:
        """The place from which a search by a photo continues, before its first match."""
        steering = request.steering
        return SearchPlace(
            query=result.query,
            where=str(request.where or ""),
            rank=0,
            products=b"",
            generation=self.knowledge.generations.own,
            vector=query.vector if steering is None else steer(query.vector, steering.words, steering.encoder),
            is_judged=steering is None,
            verdict=result.verdict,
            min_probability=request.min_probability,
            sort=None if request.order is None else request.order.text,
        )


def _words_of(shot: Shot) -> WordsQuery:
    return shot.words


def _await(future: Future[T], watch: Stopwatch) -> None:
    """Waits without raising: the search that needs the result raises the error."""
    with watch.stage("details"):
        wait([future])


def _finish(shots: Sequence[Shot], words: Sequence[Future[WordsQuery]], watch: Stopwatch) -> None:
    """Waits for visual words, and computes those that no thread has begun, the last ones first."""
    with watch.stage("details"):
        for shot, future in reversed([*zip(shots, words, strict=False)]):
            if future.cancel():
                _words_of(shot)
        for future in words:
            if not future.cancelled():
                future.result()
        for shot in shots[len(words) :]:
            _words_of(shot)
