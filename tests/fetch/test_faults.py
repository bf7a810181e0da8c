"""Every fault that a server can commit ends as its own reason, in bounded time."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fetch.server import Handler, Server, answer, in_turn, late, message, raw, slowly
from sosie.images.fetch.addresses import is_public
from sosie.images.fetch.fetcher import Fetcher
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.fetch.reasons import FetchError, Reason
from support.pictures import draw_picture, encode

JPEG = encode(draw_picture(1))
PNG = encode(draw_picture(2), "PNG")
QUICK = FetchOptions(
    attempts=2,
    first_backoff=0.01,
    longest_wait=3.0,
    connect_timeout=0.5,
    first_byte_timeout=0.3,
    total_timeout=0.8,
    max_bytes=200_000,
    allow_private=True,
    rate=0,
)
CHUNKED = {"Transfer-Encoding": "chunked", "Content-Length": ""}
BOMB = gzip.compress(bytes(50_000_000))
DEEP = {f"/hop{n}": answer(302, headers={"Location": f"/hop{n + 1}"}) for n in range(7)}

FAULTS: dict[Reason, dict[str, Handler]] = {
    Reason.TIMEOUT_FIRST_BYTE: {"silent": late(5, answer(200, JPEG))},
    Reason.TIMEOUT_READ: {"stalls": slowly(message(200, JPEG), 500, 0.6)},
    Reason.TIMEOUT_TOTAL: {"drips": slowly(message(200, JPEG), 20, 0.1)},
    Reason.RESET: {
        "reset in the body": raw(message(200, JPEG)[:-100], reset=True),
        "reset before the answer": raw(b"", reset=True),
        "closed before the answer": raw(b""),
    },
    Reason.TRUNCATED: {
        "chunks cut off": raw(message(200, b"40\r\n" + JPEG[:40], CHUNKED)),
        "gzip cut off": answer(200, gzip.compress(JPEG)[:-20], {"Content-Encoding": "gzip"}),
    },
    Reason.WRONG_LENGTH: {"shorter than said": raw(message(200, JPEG, {"Content-Length": str(len(JPEG) + 50)}))},
    Reason.CORRUPT_IMAGE: {
        "half a JPEG": answer(200, JPEG[: len(JPEG) // 2]),
        "half a JPEG by HTTP/1.0": raw(message(200, JPEG[:-300], {"Content-Length": ""}, "1.0")),
    },
    Reason.TOO_LARGE: {
        "said so": answer(200, b"", {"Content-Length": "900000"}),
        "did not say": raw(message(200, bytes(300_000), {"Content-Length": ""})),
        "gzip bomb": answer(200, BOMB, {"Content-Encoding": "gzip"}),
        "deflate bomb": answer(200, zlib.compress(bytes(9_000_000)), {"Content-Encoding": "deflate"}),
    },
    Reason.BAD_ENCODING: {
        "brotli": answer(200, JPEG, {"Content-Encoding": "br"}),
        "no gzip at all": answer(200, JPEG, {"Content-Encoding": "gzip"}),
    },
    Reason.HTML: {"page": answer(200, b"<!DOCTYPE html><html><body>gone</body></html>")},
    Reason.XML: {"NoSuchKey": answer(200, b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>')},
    Reason.JSON: {"error": answer(200, b'{"error": "not found"}')},
    Reason.EMPTY: {"0 bytes": answer(200), "0 bytes in chunks": answer(200, b"0\r\n\r\n", CHUNKED)},
    Reason.NOT_AN_IMAGE: {"text": answer(200, b"nothing to see"), "PDF": answer(200, b"%PDF-1.4 and so on")},
    Reason.HTTP_400: {"400": answer(400)},
    Reason.HTTP_401: {"401": answer(401)},
    Reason.HTTP_403: {"403": answer(403)},
    Reason.HTTP_404: {"404": answer(404, JPEG)},
    Reason.HTTP_410: {"410": answer(410)},
    Reason.HTTP_4XX: {"418": answer(418), "451": answer(451)},
    Reason.HTTP_429: {"always": answer(429), "ask in a year": answer(429, headers={"Retry-After": "31536000"})},
    Reason.HTTP_503: {"always": answer(503)},
    Reason.HTTP_5XX: {"599": answer(599)},
    Reason.HTTP_OTHER: {"206": answer(206, JPEG), "304 unasked": answer(304)},
    Reason.PROTOCOL: {
        "no HTTP": raw(b"SSH-2.0-OpenSSH_9.0\r\n\r\n"),
        "long header": answer(200, JPEG, {"X": "a" * 9_000}),
        "longer than said": raw(message(200, JPEG, {"Content-Length": str(len(JPEG) // 2)})),
    },
    Reason.REDIRECT_LOOP: {"to itself": answer(301, headers={"Location": "?"})},
    Reason.REDIRECT_TOO_MANY: {"deep": answer(302, headers={"Location": "/hop0"})},
    Reason.REDIRECT_BAD: {
        "nowhere": answer(302),
        "to a file": answer(302, headers={"Location": "file:///etc/passwd"}),
        "to nonsense": answer(302, headers={"Location": "http://[nonsense"}),
    },
    Reason.REFUSED: {"closed port": answer(302, headers={"Location": "http://127.0.0.1:9/x.jpg"})},
    Reason.NOAI: {
        "noai": answer(200, JPEG, {"X-Robots-Tag": "noai, noimageai"}),
        "for all": answer(200, JPEG, {"X-Robots-Tag": "otherbot: nofollow, sosie: noindex"}),
    },
}
CASES = [(reason, name, handler) for reason, named in FAULTS.items() for name, handler in named.items()]
RETRIED = {
    Reason.TIMEOUT_FIRST_BYTE,
    Reason.TIMEOUT_READ,
    Reason.TIMEOUT_TOTAL,
    Reason.RESET,
    Reason.TRUNCATED,
    Reason.WRONG_LENGTH,
    Reason.HTTP_503,
    Reason.HTTP_5XX,
    Reason.PROTOCOL,
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(dict(DEEP)) as running:
        yield running


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(QUICK) as running:
        yield running


@pytest.mark.parametrize(("reason", "name", "handler"), CASES, ids=[f"{r}-{n}" for r, n, _ in CASES])
def test_a_fault_has_its_reason(server: Server, fetcher: Fetcher, reason: Reason, name: str, handler: Handler) -> None:
    path = f"/{reason}/{name.replace(' ', '-').replace('/', '-')}"
    server.handlers[path] = handler
    with pytest.raises(FetchError) as caught:
        fetcher.fetch_one(server.url(path))
    assert caught.value.reason == reason, caught.value
    if name != "always" and reason is not Reason.RESET:
        assert server.hits[path] == (2 if reason in RETRIED else 1)


GOOD: dict[str, tuple[Handler, bytes]] = {
    "plain": (answer(200, JPEG), JPEG),
    "PNG under a .jpg name": (answer(200, PNG), PNG),
    "said to be HTML": (answer(200, JPEG, {"Content-Type": "text/html"}), JPEG),
    "unrequested gzip": (answer(200, gzip.compress(JPEG), {"Content-Encoding": "gzip"}), JPEG),
    "chunked": (answer(200, f"{len(JPEG):x}\r\n".encode() + JPEG + b"\r\n0\r\n\r\n", CHUNKED), JPEG),
    "HTTP/1.0 without a length": (raw(message(200, JPEG, {"Content-Length": ""}, "1.0")), JPEG),
    "500, then fine": (in_turn(answer(500), answer(200, JPEG)), JPEG),
    "reset, then fine": (in_turn(raw(message(200, JPEG)[:300], reset=True), answer(200, JPEG)), JPEG),
    "429, a second later fine": (in_turn(answer(429, headers={"Retry-After": "1"}), answer(200, JPEG)), JPEG),
    "five redirects": (answer(308, headers={"Location": "/hop3"}), JPEG),
    "robots of others": (answer(200, JPEG, {"X-Robots-Tag": "otherbot: noai"}), JPEG),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_picture_arrives(server: Server, fetcher: Fetcher, name: str) -> None:
    handler, expected = GOOD[name]
    path = f"/good/{name.replace(' ', '-').replace('/', '-')}"
    server.handlers |= {path: handler, "/hop7": answer(200, JPEG)}
    picture = fetcher.fetch_one(server.url(path))
    assert picture.data == expected
    assert picture.header.format == ("PNG" if expected is PNG else "JPEG")
    assert (picture.header.width, picture.header.height) == (96, 72)
    assert picture.url == server.url(path)


def test_robots_can_be_overruled(server: Server) -> None:
    server.handlers["/noai"] = answer(200, JPEG, {"X-Robots-Tag": "noai"})
    with Fetcher(FetchOptions(allow_private=True, respect_robots=False)) as fetcher:
        assert fetcher.fetch_one(server.url("/noai")).data == JPEG


@pytest.mark.parametrize(
    "url",
    [
        "",
        "picture.jpg",
        "ftp://example.org/x.jpg",
        "file:///etc/passwd",
        "http://",
        "http:///x.jpg",
        "https://exa mple.org/x.jpg",
        "http://example.org:99999/x.jpg",
        "http://[::1/x.jpg",
        "http://a..b/x.jpg",
        "http://example.org/" + "a" * 9_000,
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
    ],
)
def test_an_invalid_url_is_refused_unsent(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch_one(url)
    assert caught.value.reason == Reason.INVALID_URL


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3", "169.254.169.254", "0.0.0.0", "[fe80::1]", "localhost"],
)
def test_a_private_address_is_refused(host: str) -> None:
    with Fetcher() as fetcher, pytest.raises(FetchError) as caught:
        fetcher.fetch_one(f"http://{host}/x.jpg")
    assert caught.value.reason == Reason.FORBIDDEN_ADDRESS


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_an_address_in_disguise_is_refused(host: str) -> None:
    with Fetcher(FetchOptions(attempts=1)) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.fetch_one(f"http://{host}/x.jpg")
    assert caught.value.reason in (Reason.FORBIDDEN_ADDRESS, Reason.INVALID_URL)


def _all_at(server: Server, allowed: str) -> World:
    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        return [(server.address if host == allowed else "192.168.1.1", server.port)]

    return World(resolve=resolve, allowed=lambda address: address == server.address)


def test_a_redirect_to_a_private_address_is_refused(server: Server) -> None:
    server.handlers["/inwards"] = answer(302, headers={"Location": "http://inside.example/x.jpg"})
    server.handlers["/metadata"] = answer(302, headers={"Location": "http://169.254.169.254/latest/meta-data"})
    with Fetcher(world=_all_at(server, "shop.example")) as fetcher:
        for path in ("/inwards", "/metadata"):
            with pytest.raises(FetchError) as caught:
                fetcher.fetch_one(f"http://shop.example{path}")
            assert caught.value.reason == Reason.FORBIDDEN_ADDRESS


def test_a_name_is_judged_by_the_address_that_is_connected_to(server: Server) -> None:
    """A name server that gives another answer every time gains nothing: what was judged is what is used."""
    resolved: list[str] = []

    async def rebinding(host: str, port: int) -> list[tuple[str, int]]:
        resolved.append(host)
        return [("127.0.0.1" if len(resolved) > 1 else "192.168.7.7", server.port)]

    world = World(resolve=rebinding, allowed=lambda address: address == "192.168.7.7")
    options = FetchOptions(attempts=1, connect_timeout=0.2)
    with Fetcher(options, world) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.fetch_one("http://shop.example/x.jpg")
    assert caught.value.reason in (Reason.TIMEOUT_CONNECT, Reason.UNREACHABLE, Reason.REFUSED)
    assert server.hits["/x.jpg"] == 0


def test_the_socket_is_a_second_gate(server: Server) -> None:
    """An address that passes once, when the name is resolved, is judged again when the socket connects."""
    verdicts = iter([True, False])

    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", server.port)]

    world = World(resolve=resolve, allowed=lambda address: next(verdicts))
    with Fetcher(FetchOptions(attempts=1), world) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.fetch_one("http://shop.example/x.jpg")
    assert caught.value.reason == Reason.FORBIDDEN_ADDRESS


def test_a_server_with_an_ipv6_address_is_reached(fetcher: Fetcher) -> None:
    try:
        running = Server({"/x.jpg": answer(200, JPEG)}, address="::1").__enter__()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with running:
        assert fetcher.fetch_one(running.url("/x.jpg")).data == JPEG


def test_a_name_that_does_not_resolve() -> None:
    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        raise OSError("no such name")

    options = FetchOptions(attempts=2, first_backoff=0.01)
    with Fetcher(options, World(resolve=resolve)) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.fetch_one("http://gone.example/x.jpg")
    assert caught.value.reason == Reason.DNS


def test_an_unknown_certificate_is_refused_and_a_known_one_taken() -> None:
    pem = Path(__file__).with_name("loopback.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Server({"/x.jpg": answer(200, JPEG)}, tls=context) as server:
        with Fetcher(QUICK) as fetcher, pytest.raises(FetchError) as caught:
            fetcher.fetch_one(server.url("/x.jpg"))
        assert caught.value.reason == Reason.TLS
        trusting = ssl.create_default_context(cafile=pem)
        with Fetcher(QUICK, World(tls=trusting)) as fetcher:
            assert fetcher.fetch_one(server.url("/x.jpg")).data == JPEG


def test_credentials_are_sent_and_never_shown(server: Server, fetcher: Fetcher) -> None:
    server.handlers["/secret.jpg"] = answer(200, JPEG)
    url = server.url("/secret.jpg").replace("http://", "http://anna:pass%40word@")
    picture = fetcher.fetch_one(url)
    assert server.requests[-1].headers["authorization"].startswith("Basic ")
    assert "pass" not in repr(picture)
    with pytest.raises(FetchError) as caught:
        fetcher.fetch_one(url.replace("http://", "ftp://"))
    assert "pass" not in str(caught.value)
    assert "anna" not in str(caught.value)


def test_the_defaults_are_public_addresses_only() -> None:
    assert World().allowed is is_public
    assert not FetchOptions().allow_private
    assert asyncio.iscoroutinefunction(answer(200)) is True
