"""A feed behind a URL: fetched once while it stays the same, and never replaced by an old one."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sosie.errors import SourceError
from sosie.sources.files.remote import CACHE_VARIABLE
from sosie.sources.opening import open_source
from support.tables import items

GOOD = b"item_id,image,title\n1,https://cdn.example/1.jpg,Mug\n"


class Shop:
    """A server on loopback with one feed; it counts how often the whole feed was sent."""

    def __init__(self) -> None:
        self.status, self.content, self.etag, self.sent = 200, GOOD, '"a"', 0
        self.promised: int | None = None
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if shop.status == 200 and self.headers.get("If-None-Match") == shop.etag:
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(shop.status)
                self.send_header("ETag", shop.etag)
                self.send_header("Content-Length", str(shop.promised or len(shop.content)))
                self.end_headers()
                self.wfile.write(shop.content)
                shop.sent += 1

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/export/feed.csv?token=secret"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    shop = Shop()
    thread = threading.Thread(target=shop.server.serve_forever)
    thread.start()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()
    thread.join()


def titles(shop: Shop) -> list[object]:
    return [item.attributes["title"] for item in items(open_source(shop.url))]


def test_a_feed_is_sent_again_only_when_it_changed(shop: Shop) -> None:
    assert titles(shop) == titles(shop) == ["Mug"]
    assert shop.sent == 1
    shop.content, shop.etag = GOOD.replace(b"Mug", b"Cup"), '"b"'
    assert titles(shop) == ["Cup"]
    assert shop.sent == 2


def test_what_is_secret_in_an_address_is_not_shown(shop: Shop) -> None:
    assert "secret" not in str(open_source(shop.url))
    shop.status = 403
    with pytest.raises(SourceError, match=r"feed\.csv: the server responded 403") as caught:
        open_source(shop.url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_failing_server_is_never_answered_with_an_old_feed(shop: Shop, status: int) -> None:
    assert titles(shop) == ["Mug"]
    shop.status, shop.etag = status, '"new"'
    with pytest.raises(SourceError, match=f"responded {status}"):
        open_source(shop.url)


def test_a_feed_that_is_cut_off_is_refused_and_fetched_anew(shop: Shop) -> None:
    shop.promised = len(GOOD) + 50
    with pytest.raises(SourceError, match=r"cut off|IncompleteRead|cannot fetch"):
        open_source(shop.url)
    shop.promised = None
    assert titles(shop) == ["Mug"]


def test_a_log_in_page_is_no_feed(shop: Shop) -> None:
    shop.content = b"<!doctype html><html><body>Please log in</body></html>"
    with pytest.raises(SourceError, match="web page"):
        open_source(shop.url)


def test_an_unreachable_server_is_a_source_error(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"cannot fetch the feed http://127\.0\.0\.1:9/x\.csv"):
        open_source("http://127.0.0.1:9/x.csv")
