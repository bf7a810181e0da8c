"""The way of a query: what runs in which stage of the clock, and whose time is whose."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sosie.details import extract as extraction
from sosie.details.base import Details, ExtractionSettings, no_details
from sosie.errors import ImageError
from sosie.images.crop import Box
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching import query as querying
from sosie.searching.pipeline import Request, SearchPipeline
from sosie.searching.query import QueryMaker
from sosie.stores.exact import ExactStore
from sosie.support.timing import Stopwatch
from sosie.types import Pixels, SearchResult, Vectors
from support.catalogs import drawn_item, filled_store, photo
from support.embedders import GridEmbedder

WORK = {("decode", "load"), ("embed", "embed"), ("search", "nearest"), ("join", "views")}


class RecordingStopwatch(Stopwatch):
    """Notes which work is done in which stage."""

    def __init__(self) -> None:
        super().__init__()
        self.work: set[tuple[str | None, str]] = set()
        self._stage: str | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        before, self._stage = self._stage, name
        with super().stage(name):
            yield
        self._stage = before

    def watched(self, what: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, noted with the stage that it runs in."""

        def noted(*given: Any, **named: Any) -> Any:
            self.work.add((self._stage, what))
            return call(*given, **named)

        return noted


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ExactStore:
    folder: Path = tmp_path_factory.mktemp("pictures")
    return filled_store([drawn_item(folder, product) for product in range(4)])


def pipeline_over(store: ExactStore) -> SearchPipeline:
    return SearchPipeline(store, knowledge_of(store.manifest), QueryMaker(GridEmbedder(), detailed=True))


def test_every_stage_is_named_for_the_work_that_is_done_in_it(
    store: ExactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, pipeline = RecordingStopwatch(), pipeline_over(store)
    monkeypatch.setattr(querying, "load_query", watch.watched("load", querying.load_query))
    monkeypatch.setattr(GridEmbedder, "embed", watch.watched("embed", GridEmbedder.embed))
    monkeypatch.setattr(store, "search", watch.watched("nearest", store.search))
    monkeypatch.setattr(store, "facets", watch.watched("views", store.facets))
    [result] = pipeline.search([[photo(1, 0)]], Request(3), watch)
    assert isinstance(result, SearchResult)
    assert watch.work == WORK
    assert set(result.timings) == {"details", *(stage for stage, _ in WORK)}


def test_details_are_extracted_while_the_network_runs(store: ExactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    began, overlapping = threading.Event(), []

    def extract_noted(picture: Image.Image, _: ExtractionSettings) -> Details:
        began.set()
        return no_details(picture.size)

    def embed_noted(embedder: GridEmbedder, pixels: Sequence[Pixels]) -> Vectors:
        overlapping.append(began.wait(timeout=60))
        return embed(embedder, pixels)

    embed = GridEmbedder.embed
    monkeypatch.setattr("sosie.support.cores.usable_cores", lambda: 2)
    monkeypatch.setattr(extraction, "extract", extract_noted)
    monkeypatch.setattr(GridEmbedder, "embed", embed_noted)
    pipeline_over(store).search([[photo(1, 0)], [photo(2, 0)]], Request(3), Stopwatch())
    assert set(overlapping) == {True}


def test_the_timings_of_a_batch_add_up_to_its_time(store: ExactStore) -> None:
    watch = Stopwatch()
    results = pipeline_over(store).search([[photo(1, 0)], [photo(2, 0)], [photo(3, 0)]], Request(2), watch)
    for stage, seconds in watch.seconds.items():
        shares = [result.timings[stage] for result in results if isinstance(result, SearchResult)]
        assert sum(shares) == pytest.approx(seconds)
        assert shares == [shares[0]] * 3


def test_one_bad_picture_keeps_its_error_and_costs_no_other_its_answer(store: ExactStore, tmp_path: Path) -> None:
    batch = [[photo(1, 0)], [tmp_path / "missing.jpg"], [photo(3, 0)]]
    first, bad, last = pipeline_over(store).search(batch, Request(1), Stopwatch())
    assert isinstance(bad, ImageError)
    products = [result.matches[0].product_id for result in (first, last) if isinstance(result, SearchResult)]
    assert products == ["p001", "p003"]


def test_a_region_of_the_picture_is_searched(store: ExactStore) -> None:
    wide = Image.new("RGB", (400, 200), "white")
    wide.paste(photo(2, 0).resize((200, 200)), (200, 0))
    [result] = pipeline_over(store).search([[wide]], Request(1, crop=Box(0.5, 0.0, 0.5, 1.0)), Stopwatch())
    assert isinstance(result, SearchResult)
    assert result.matches[0].product_id == "p002"
