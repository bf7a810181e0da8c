"""Streams of items: pictures as they arrive, alternatives, rejections, and an index that fetches on the way."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fetch.server import Request, Server, answer, late
from sosie.errors import UsageError
from sosie.images.fetch.ahead import in_background
from sosie.images.fetch.fetcher import FetchedPicture, Fetcher
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.fetch.reasons import Reason
from sosie.types import Item, Rejection
from support.pictures import draw_picture, encode

JPEG = encode(draw_picture(1))
FAST = FetchOptions(allow_private=True, rate=0, attempts=2, first_backoff=0.01)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(fallback=answer(200, JPEG), handlers={"/gone.jpg": answer(404)}) as running:
        yield running


def _item(item_id: str, *urls: str) -> Item:
    return Item(item_id, item_id, urls if len(urls) > 1 else urls[0])


def test_every_item_comes_out_once(server: Server) -> None:
    items = [_item(f"i{n}", server.url(f"/many{n}.jpg")) for n in range(200)]
    with Fetcher(FAST) as fetcher:
        fetched = list(fetcher.fetch_many(iter(items), look_ahead=30))
    assert sorted(entry[0].item_id for entry in fetched if isinstance(entry, tuple)) == sorted(i.item_id for i in items)
    assert {entry[1].data for entry in fetched if isinstance(entry, tuple)} == {JPEG}
    assert server.most_at_once["127.0.0.1"] <= FAST.per_host
    assert server.connections <= 2 * FAST.per_host, "connections are used again"


def test_files_and_rejections_pass_and_failures_are_named(server: Server) -> None:
    rejected = Rejection("r", "source", "no image")
    entries = [
        rejected,
        _item("file", "/pictures/x.jpg"),
        _item("second", server.url("/gone.jpg"), "mailto://nobody", server.url("/there.jpg")),
        _item("gone", server.url("/gone.jpg")),
        _item("ftp", "ftp://shop.example/x.jpg"),
    ]
    with Fetcher(FAST) as fetcher:
        fetched = list(fetcher.fetch_many(entries))
    assert rejected in fetched
    assert entries[1] in fetched
    [(item, picture)] = [entry for entry in fetched if isinstance(entry, tuple)]
    assert (item.item_id, picture.url) == ("second", server.url("/there.jpg"))
    reasons = {entry.item_id: entry.reason.partition(":")[0] for entry in fetched if isinstance(entry, Rejection)}
    assert reasons == {"r": "no image", "gone": "http_404", "ftp": "invalid_url"}


def test_a_host_that_is_down_is_left_alone() -> None:
    resolved: list[str] = []

    async def resolve_nothing(host: str, port: int) -> list[tuple[str, int]]:
        resolved.append(host)
        raise OSError("no such name")

    options = FetchOptions(attempts=1, host_down_after=5, concurrency=2)
    items = [_item(f"i{n}", f"http://gone.example/{n}.jpg") for n in range(300)]
    with Fetcher(options, World(resolve=resolve_nothing)) as fetcher:
        fetched = list(fetcher.fetch_many(items))
    reasons = [entry.reason.partition(":")[0] for entry in fetched if isinstance(entry, Rejection)]
    assert len(reasons) == 300
    assert set(reasons) == {Reason.DNS, Reason.HOST_DOWN}
    assert len(resolved) <= 7


def test_many_threads_may_ask_one_fetcher(server: Server) -> None:
    pictures: list[FetchedPicture] = []
    with Fetcher(FAST) as fetcher:
        threads = [
            threading.Thread(target=lambda n=n: pictures.append(fetcher.fetch_one(server.url(f"/t{n}.jpg"))))
            for n in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(picture.url for picture in pictures) == sorted(server.url(f"/t{n}.jpg") for n in range(12))


def test_leaving_early_ends_the_work(server: Server) -> None:
    before = threading.active_count()
    drawn: list[str] = []

    def endless() -> Iterator[Item]:
        for n in range(100_000):
            drawn.append(str(n))
            yield _item(str(n), server.url(f"/e{n}.jpg"))

    with Fetcher(replace(FAST, per_host=2)) as fetcher:
        for count, _ in enumerate(fetcher.fetch_ahead(endless(), ahead=4)):
            if count == 10:
                break
    assert len(drawn) < 12_000
    assert threading.active_count() < before + 20


def test_an_error_of_the_stream_is_raised_where_it_is_read() -> None:
    def breaks() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    stream = in_background(breaks(), 3)
    assert next(stream) == 1
    with pytest.raises(ValueError, match="broken"):
        next(stream)


def test_closing_does_not_wait_for_what_is_under_way() -> None:
    async def slow(request: Request, writer: object) -> None:
        await late(30, answer(200, JPEG))(request, writer)  # type: ignore[arg-type]

    with Server(fallback=slow) as server:
        fetcher = Fetcher(FAST)
        failed: list[BaseException] = []

        def fetch_slow() -> None:
            try:
                next(fetcher.fetch_many([_item("slow", server.url("/slow.jpg"))]))
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=fetch_slow, daemon=True)
        thread.start()
        while not server.hits:
            pass
        fetcher.close()
        thread.join(timeout=10)
        assert not thread.is_alive()
        assert isinstance(failed[0], UsageError)
        with pytest.raises(UsageError, match="closed"):
            fetcher.fetch_one(server.url("/slow.jpg"))
