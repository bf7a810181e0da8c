"""A catalog of URLs becomes a folder of pictures and a table, in one run or in many."""

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from fetch.server import Request, Server, answer, in_turn, late, message
from sosie.downloading.download import download
from sosie.downloading.options import DownloadOptions
from sosie.downloading.state import DownloadState
from sosie.downloading.tally import DownloadTally
from sosie.errors import StoreDamaged, StoreLocked, StoreUnavailable, UsageError
from sosie.images.fetch.options import FetchOptions
from sosie.sources.opening import open_source
from sosie.types import Item, Rejection
from support.pictures import draw_picture, encode

FAST = FetchOptions(allow_private=True, rate=0, attempts=2, first_backoff=0.01, total_timeout=5.0)
OPTIONS = DownloadOptions(fetch=FAST)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        for n in range(6):
            running.handlers[f"/{n}.jpg"] = answer(200, encode(draw_picture(n)))
        yield running


def _items(server: Server, *paths: str) -> list[Item | Rejection]:
    return [Item(path, f"p{path}", server.url(path), (f"https://shop.example{path}",), {"n": 1}) for path in paths]


def _rows(folder: Path) -> dict[str, dict[str, object]]:
    return {row["item_id"]: row for row in pq.read_table(folder / "fetched.parquet").to_pylist()}


def test_a_run_from_end_to_end(server: Server, tmp_path: Path) -> None:
    source = [*_items(server, "/0.jpg", "/1.jpg", "/gone.jpg"), Rejection("row 9", "source", "no image")]
    report = download(source, tmp_path, OPTIONS)
    assert report.items == {"done": 2, "failed": 1}
    assert report.reasons == {"http_404": 1}
    assert (report.rejected, report.requested, report.arrived, report.interrupted) == (1, 3, 2, False)
    assert json.loads(json.dumps(report.to_dict()))["table"] == str(tmp_path / "fetched.parquet")
    row = _rows(tmp_path)["/0.jpg"]
    picture = tmp_path / str(row["path"])
    assert picture.read_bytes() == encode(draw_picture(0))
    assert picture.name == f"{row['sha256']}.jpg"
    assert (row["status"], row["width"], row["height"], row["bytes"]) == ("done", 96, 72, picture.stat().st_size)
    gone = _rows(tmp_path)["/gone.jpg"]
    assert (gone["status"], gone["reason"], gone["path"], gone["attempts"]) == ("failed", "http_404", "", 1)


def test_the_table_is_a_source(server: Server, tmp_path: Path) -> None:
    item = Item(
        "a", "p", server.url("/1.jpg"), ("https://shop.example/a",), {"status": "new", "tags": ("x", "y"), "n": 3}
    )
    download([item, *_items(server, "/gone.jpg"), Rejection("r", "source", "row 9: no image")], tmp_path, OPTIONS)
    indexed, gone, rejected = open_source(tmp_path / "fetched.parquet")
    assert isinstance(indexed, Item)
    assert Path(str(indexed.image)).read_bytes() == encode(draw_picture(1))
    assert replace(indexed, image=item.image, links=item.links) == item
    assert indexed.links == ("https://shop.example/a", server.url("/1.jpg"))
    assert isinstance(gone, Rejection)
    assert (gone.item_id, gone.stage, gone.reason) == ("/gone.jpg", "read", "http_404: status 404 Status")
    assert rejected == Rejection("r", "read", "source: source: row 9: no image")


def test_equal_content_is_stored_once_and_each_url_requested_once(server: Server, tmp_path: Path) -> None:
    server.handlers["/twin.jpg"] = answer(200, encode(draw_picture(0)))
    items = [*_items(server, "/0.jpg", "/twin.jpg"), Item("again", "p", server.url("/0.jpg"))]
    assert download(items, tmp_path, OPTIONS).items == {"done": 3}
    assert len(list((tmp_path / "pictures").rglob("*.jpg"))) == 1
    assert server.hits["/0.jpg"] == 1


def test_many_urls_of_one_host_are_requested_once_each(server: Server, tmp_path: Path) -> None:
    server.handlers |= {f"/m{n}.jpg": answer(200, encode(draw_picture(n))) for n in range(70)}
    items = _items(server, *(f"/m{n}.jpg" for n in range(70)))
    assert download(items, tmp_path, OPTIONS).requested == 70
    assert set(server.hits.values()) == {1}


def test_a_second_run_asks_nothing(server: Server, tmp_path: Path) -> None:
    items = _items(server, "/0.jpg", "/gone.jpg")
    download(items, tmp_path, OPTIONS)
    assert download(items, tmp_path, OPTIONS).requested == 0
    assert server.hits == {"/0.jpg": 1, "/gone.jpg": 1}


def test_an_interrupted_download_continues(server: Server, tmp_path: Path) -> None:
    items = _items(server, *(f"/{n}.jpg" for n in range(6)))

    def stop_after_two(tally: DownloadTally) -> None:
        if tally.ended == 2:
            raise KeyboardInterrupt

    one_by_one = DownloadOptions(fetch=replace(FAST, concurrency=1))
    report = download(items, tmp_path, one_by_one, on_progress=stop_after_two)
    assert report.interrupted
    assert report.items == {"done": 2, "waiting": 4}
    assert [row["status"] for row in _rows(tmp_path).values()].count("waiting") == 4
    assert download(items, tmp_path, one_by_one).items == {"done": 6}
    assert sum(server.hits.values()) <= 7


def test_a_picture_that_was_deleted_comes_back(server: Server, tmp_path: Path) -> None:
    items = _items(server, "/0.jpg", "/1.jpg")
    download(items, tmp_path, OPTIONS)
    (tmp_path / str(_rows(tmp_path)["/0.jpg"]["path"])).unlink()
    assert download(items, tmp_path, OPTIONS).requested == 1
    assert (tmp_path / str(_rows(tmp_path)["/0.jpg"]["path"])).exists()


def test_failed_urls_are_requested_again_by_reason(server: Server, tmp_path: Path) -> None:
    server.handlers["/sick.jpg"] = in_turn(answer(503), answer(503), answer(200, encode(draw_picture(8))))
    items = _items(server, "/sick.jpg", "/gone.jpg")
    assert download(items, tmp_path, OPTIONS).reasons == {"http_503": 1, "http_404": 1}
    again = replace(OPTIONS, retry_failed=True, reason="timeout")
    assert download(items, tmp_path, again).requested == 0
    report = download(items, tmp_path, replace(again, reason="http_503"))
    assert (report.requested, report.items) == (1, {"done": 1, "failed": 1})
    assert download(items, tmp_path, replace(again, reason=None)).requested == 1
    assert server.hits["/gone.jpg"] == 2


def test_refresh_asks_whether_anything_changed(server: Server, tmp_path: Path) -> None:
    new = encode(draw_picture(9))

    async def with_tag(request: Request, writer: object) -> None:
        same = request.headers.get("if-none-match") == '"v1"'
        data = message(304) if same else message(200, encode(draw_picture(0)), {"ETag": '"v1"'})
        writer.write(data)  # type: ignore[attr-defined]

    server.handlers["/tagged.jpg"] = with_tag
    server.handlers["/changed.jpg"] = in_turn(answer(200, encode(draw_picture(7))), answer(200, new))
    server.handlers["/dies.jpg"] = in_turn(answer(200, encode(draw_picture(5))), answer(410))
    items = _items(server, "/tagged.jpg", "/changed.jpg", "/dies.jpg")
    download(items, tmp_path, OPTIONS)
    before = _rows(tmp_path)
    report = download(items, tmp_path, replace(OPTIONS, refresh=True))
    after = _rows(tmp_path)
    assert report.items == {"done": 3}
    assert after["/tagged.jpg"]["sha256"] == before["/tagged.jpg"]["sha256"]
    assert (tmp_path / str(after["/changed.jpg"]["path"])).read_bytes() == new
    assert (after["/dies.jpg"]["status"], after["/dies.jpg"]["reason"]) == ("done", "http_410")
    assert after["/dies.jpg"]["path"] == before["/dies.jpg"]["path"]


def test_alternatives_are_tried_in_order(server: Server, tmp_path: Path) -> None:
    both = Item("both", "p", (server.url("/gone.jpg"), "not a url", server.url("/2.jpg"), server.url("/3.jpg")))
    none = Item("none", "p", (server.url("/gone.jpg"), server.url("/gone2.jpg")))
    assert download([both, none], tmp_path, OPTIONS).items == {"done": 1, "failed": 1}
    rows = _rows(tmp_path)
    assert rows["both"]["url"] == server.url("/2.jpg")
    assert rows["none"]["url"] == server.url("/gone2.jpg")
    assert server.hits == {"/gone.jpg": 1, "/2.jpg": 1, "/gone2.jpg": 1}
    assert download([both, none], tmp_path, OPTIONS).requested == 0
    assert _rows(tmp_path) == rows
    server.handlers["/gone.jpg"] = answer(200, encode(draw_picture(4)))
    download([both, none], tmp_path, replace(OPTIONS, retry_failed=True))
    assert _rows(tmp_path)["none"]["url"] == server.url("/gone.jpg")


@pytest.mark.parametrize("runs", [1, 3])
def test_the_same_bytes_everywhere_are_a_placeholder(server: Server, tmp_path: Path, runs: int) -> None:
    nothing_here = answer(200, encode(draw_picture(99)))
    server.handlers |= {f"/p{n}.jpg": nothing_here for n in range(6)}
    server.handlers |= {"/q.jpg": nothing_here}
    options = replace(OPTIONS, placeholder_after=4)
    items = _items(server, "/1.jpg", *(f"/p{n}.jpg" for n in range(6)))
    first = items[1]
    assert isinstance(first, Item)
    items[1] = replace(first, image=(str(first.image), server.url("/2.jpg")))
    for run in range(1, runs + 1):
        download(items[: 7 * run // runs], tmp_path, options)
    rows = _rows(tmp_path)
    assert [rows[f"/p{n}.jpg"]["reason"] for n in range(1, 6)] == ["placeholder"] * 5
    assert [rows[name]["status"] for name in ("/1.jpg", "/p0.jpg")] == ["done", "done"]
    assert rows["/p0.jpg"]["url"] == server.url("/2.jpg")


@pytest.mark.parametrize(("format", "extension"), [("keep", "png"), ("jpeg", "jpg"), ("webp", "webp")])
def test_pictures_are_made_smaller(server: Server, tmp_path: Path, format: str, extension: str) -> None:
    server.handlers["/large.jpg"] = answer(200, encode(draw_picture(3, (400, 200)), "PNG"))
    download(_items(server, "/large.jpg"), tmp_path, replace(OPTIONS, format=format, resize=128))
    row = _rows(tmp_path)["/large.jpg"]
    assert (row["width"], row["height"]) == (128, 64)
    picture = tmp_path / str(row["path"])
    assert picture.suffix == f".{extension}"
    with Image.open(picture) as opened:
        assert opened.size == (128, 64)
    with pytest.raises(UsageError, match="another folder"):
        download([], tmp_path, OPTIONS)


def test_another_source_replaces_the_items_and_keeps_the_pictures(server: Server, tmp_path: Path) -> None:
    download(_items(server, "/0.jpg", "/1.jpg"), tmp_path, OPTIONS)
    download(_items(server, "/1.jpg", "/2.jpg"), tmp_path, OPTIONS)
    assert set(_rows(tmp_path)) == {"/1.jpg", "/2.jpg"}
    download(_items(server, "/0.jpg"), tmp_path, OPTIONS)
    assert server.hits == {"/0.jpg": 1, "/1.jpg": 1, "/2.jpg": 1}


def test_secrets_are_sent_but_not_kept(server: Server, tmp_path: Path) -> None:
    secret = server.url("/0.jpg").replace("http://", "http://anna:pa55w0rd@")
    bad = "ftp://anna:pa55w0rd@shop.example/x.jpg"
    download([Item("a", "a", secret, (secret,)), Item("b", "b", bad, (bad,))], tmp_path, OPTIONS)
    assert b64decode(server.requests[0].headers["authorization"].removeprefix("Basic ")) == b"anna:pa55w0rd"
    assert _rows(tmp_path)["a"]["status"] == "done"
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    table = str(_rows(tmp_path)).encode()
    assert b"pa55w0rd" not in everything + table


def test_items_without_a_usable_url_fail_with_the_reason(tmp_path: Path) -> None:
    items = [Item("file", "p", "pictures/x.jpg"), Item("ftp", "p", "ftp://shop.example/x.jpg"), Item("none", "p", ())]
    assert download(items, tmp_path, OPTIONS).reasons == {"invalid_url": 3}


def test_one_run_at_a_time(server: Server, tmp_path: Path) -> None:
    holder = DownloadState(tmp_path)
    try:
        with pytest.raises(StoreLocked, match="another run"):
            download(_items(server, "/0.jpg"), tmp_path, OPTIONS)
    finally:
        holder.close()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnavailable):
        download([], tmp_path / "file", OPTIONS)
    (tmp_path / "state.db").write_text("this is no database at all, and long enough to be read as a header" * 20)
    with pytest.raises(StoreDamaged):
        download([], tmp_path, OPTIONS)


def test_a_full_disk_stops_the_run_and_the_next_one_goes_on(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = _items(server, *(f"/{n}.jpg" for n in range(6)))

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(StoreUnavailable, match="No space left"):
            download(items, tmp_path, OPTIONS)
    assert download(items, tmp_path, OPTIONS).items == {"done": 6}


def test_a_slow_host_is_named_and_delays_no_other_host(server: Server, tmp_path: Path) -> None:
    """The slow host comes first and has more URLs than may be under way at once; the quick ones end before it."""
    from sosie.images.fetch.options import World

    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", server.port)]

    async def pace(request: Request, writer: object) -> None:
        slow = request.headers["host"].startswith("slow")
        handler = late(0.3, answer(200, encode(draw_picture(1)))) if slow else answer(200, encode(draw_picture(2)))
        await handler(request, writer)  # type: ignore[arg-type]

    server.fallback = pace
    order: list[str] = []
    slow = [Item(f"s{n}", "p", f"http://slow.example/s{n}.jpg") for n in range(12)]
    quick = [Item(f"q{n}", "p", f"http://quick{n % 3}.example/q{n}.jpg") for n in range(60)]
    options = DownloadOptions(fetch=replace(FAST, concurrency=8), placeholder_after=0)
    slowest: list[str] = []

    def note(tally: DownloadTally) -> None:
        order.append("slow" if tally.bytes and tally.slowest_hosts(1)[0][0] == "slow.example" else "quick")
        slowest[:] = [host for host, _ in tally.slowest_hosts(1)]

    report = download([*slow, *quick], tmp_path, options, World(resolve=resolve), note)
    assert report.items == {"done": 72}
    assert slowest == ["slow.example"]
    assert server.most_at_once["slow.example"] <= FAST.per_host
    late_half = [r.headers["host"] for r in server.requests[-4:]]
    assert all(host.startswith("slow") for host in late_half)
