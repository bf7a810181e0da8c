"""What the server believes of what a proxy says, and what it does with it."""

import contextlib
import logging
import socket
import time
from pathlib import Path

import httpx
import pytest
import requests
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import sosie.server.running
from sosie.cli.main import main
from sosie.errors import UsageError
from sosie.server.connections import GuardedProtocol
from sosie.server.forwarding import TrustedProxies
from sosie.server.keys import KeyRing
from sosie.server.running import check_server_settings
from sosie.server.settings import Settings
from support.served import Served, served

TRUSTED = TrustedProxies(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])
addresses = st.ip_addresses().map(str)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7, 192.0.2.1, 10.1.2.3", "192.0.2.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "2001:db8::1,fd00::2", "2001:db8::1"),
        ("203.0.113.9", "192.0.2.1", "203.0.113.9"),
        ("", "192.0.2.1", ""),
    ],
)
def test_the_client_is_whom_the_outermost_trusted_proxy_saw(peer: str, forwarded: str, client: str) -> None:
    assert TRUSTED.client(peer, {"x-forwarded-for": forwarded}) == client


@given(peer=addresses, forged=st.lists(addresses | st.text(max_size=5), max_size=4), seen=addresses)
def test_a_client_cannot_forge_its_address(peer: str, forged: list[str], seen: str) -> None:
    alone = TrustedProxies(["192.0.2.77"])
    assert alone.client(peer, {"x-forwarded-for": ", ".join(forged)}) == peer or peer == "192.0.2.77"
    forwarded = ", ".join([*forged, seen])
    assert alone.client("192.0.2.77", {"x-forwarded-for": forwarded}) == seen or seen == "192.0.2.77"


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "/a/../b", "/a b", '/"><script>', "shop", "/a//b", "/.", "https://x"]
)
def test_a_prefix_that_is_no_plain_path_is_not_used(prefix: str) -> None:
    assert TRUSTED.prefix("127.0.0.1", {"x-forwarded-prefix": prefix}) is None
    assert TRUSTED.prefix("127.0.0.1", {"x-forwarded-prefix": "/shop/"}) == "/shop"
    assert TRUSTED.prefix("192.0.2.1", {"x-forwarded-prefix": "/shop"}) is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"trusted_proxies": ("nginx",)}, "--trusted-proxy"),
        ({"root_path": "/a b"}, "--root-path"),
        ({"origins": ("https://shop.example/",)}, "no browser sends"),
        ({"origins": ("shop.example",)}, "no browser sends"),
        ({"origins": ("https://Shop.example",)}, "no browser sends"),
        ({"origins": ("https://shop.example:443",)}, "no browser sends"),
        ({"origins": ("*",)}, "--require-key"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        check_server_settings(Settings(store="x", **settings))  # type: ignore[arg-type]
    good = {"origins": ("https://shop.example", "http://127.0.0.1:5173", "http://[::1]:80801"[:-1])}
    check_server_settings(Settings(store="x", **good))  # type: ignore[arg-type]


def test_keys_that_are_named_are_asked_for(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Settings] = []
    monkeypatch.setattr(sosie.server.running, "run_server", lambda settings, **_: started.append(settings))
    monkeypatch.setattr("sosie.cli.serve.default_key_file", lambda: str(tmp_path / "own.json"))
    KeyRing(tmp_path / "own.json").add("one", ["read"])
    for words in ([], ["--keys", str(tmp_path / "own.json")], ["--require-key"], ["--allowed-host", "a.example"]):
        assert CliRunner().invoke(main, ["serve", "--store", str(shop), *words]).exit_code == 0
    assert [settings.key_required for settings in started] == [False, True, True, True]


@pytest.fixture
def text(tmp_path: Path) -> str:
    return KeyRing(tmp_path / "keys.json").add("one", ["read", "write"])[1]


def test_under_a_prefix_whether_the_proxy_strips_it_or_not(shop: Path, pictures: list[bytes]) -> None:
    with served(shop, root_path="shop/search/") as running, running.client() as client:
        for base in ("", "/shop/search"):
            [result] = client.post(f"{base}/v1/search", files={"image": pictures[3]}).json()["results"]
            assert result["matches"][0]["thumbnail"].startswith("/shop/search/v1/thumbnails/i3")
            assert client.get(result["matches"][0]["thumbnail"]).status_code == 200
            listed = client.get(f"{base}/v1/items", params={"limit": 1}).json()["items"][0]
            assert listed["thumbnail"].startswith("/shop/search/v1/thumbnail?item_id=Gr%C3%B6%C3%9Fe%2Fa%20b")
            assert client.get(listed["thumbnail"]).status_code == 200
            assert client.get(f"{base}/openapi.json").json()["servers"] == [{"url": "/shop/search"}]
            assert client.get(f"{base}/v1/items/Gr%C3%B6%C3%9Fe%2Fa%20b").json()["item_id"] == "Größe/a b"
            page = client.get(f"{base}/")
            assert 'src="/shop/search/assets/' in page.text
        assert client.get("/shop/searching/v1/stats").status_code == 404
        assert client.get("/v1/stats").status_code == 200


def test_a_prefix_from_a_trusted_proxy(shop: Path, tmp_path: Path, text: str) -> None:
    output = {"X-Forwarded-Prefix": "/shop"}
    for proxies, thumbnail in ((("127.0.0.1",), "/shop/v1/thumbnails/i1"), ((), "/v1/thumbnails/i1")):
        with (
            served(shop, keys=str(tmp_path / "keys.json"), trusted_proxies=proxies) as running,
            running.client(text) as client,
        ):
            results = client.get("/v1/items/i1", headers=output).json()
            assert results["thumbnail"].startswith(thumbnail)


def test_limits_and_logs_are_by_the_real_client(shop: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    texts = [ring.add(str(number), ["read"])[1] for number in range(2)]
    options = {"keys": str(ring.path), "rate": 0.01, "burst": 2, "trusted_proxies": ("127.0.0.1",)}
    with served(shop, **options) as running, caplog.at_level(logging.INFO, "sosie.access"):
        said = []
        for number in (0, 0, 0, 1, 1, 1):
            with running.client(texts[number]) as client:
                answer = client.get("/v1/stats", headers={"X-Forwarded-For": f"192.0.2.{number}"})
                said.append(answer.status_code)
    assert said == [200, 200, 429, 200, 200, 429]
    clients = [record.fields["client"] for record in caplog.records if record.name == "sosie.access"]  # type: ignore[attr-defined]
    assert clients == ["192.0.2.0"] * 3 + ["192.0.2.1"] * 3


def test_the_page_may_write_behind_a_proxy_that_changes_the_host(shop: Path, pictures: list[bytes]) -> None:
    files = {"image": pictures[0]}
    with served(shop) as running, running.client() as client:
        own = {"Origin": "https://shop.example", "Sec-Fetch-Site": "same-origin"}
        assert client.post("/v1/search", files=files, headers=own).status_code == 200
        other = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
        assert client.post("/v1/search", files=files, headers=other).status_code == 403
        assert client.post("/v1/search", files=files, headers={"Origin": "https://shop.example"}).status_code == 403


def test_a_name_of_the_server_is_its_own_origin(shop: Path, tmp_path: Path, text: str, pictures: list[bytes]) -> None:
    with (
        served(shop, keys=str(tmp_path / "keys.json"), allowed_hosts=("Shop.example",)) as running,
        running.client(text) as client,
    ):
        for origin, status in (("https://shop.example", 200), ("https://shop.example.evil.example", 403)):
            headers = {"Origin": origin}
            assert client.post("/v1/search", files={"image": pictures[0]}, headers=headers).status_code == status


def test_every_origin_may_call_where_a_key_is_needed(
    shop: Path, tmp_path: Path, text: str, pictures: list[bytes]
) -> None:
    with (
        served(shop, keys=str(tmp_path / "keys.json"), require_key=True, origins=("*",)) as running,
        running.client(text) as client,
        running.client() as nobody,
    ):
        headers = {"Origin": "https://any.example"}
        answer = client.post("/v1/search", files={"image": pictures[0]}, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        refused = nobody.post("/v1/search", files={"image": pictures[0]}, headers=headers)
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "*"


def test_a_failure_has_every_header(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sosie.catalog.Catalog.stats", lambda _: 1 / 0)
    with served(copied, origins=("https://shop.example",)) as running, running.client() as client:
        answer = client.get("/v1/stats", headers={"Origin": "https://shop.example"})
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert "ZeroDivisionError" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.2", "::1", "localhost"])
def test_each_address_of_this_machine_is_a_name_of_the_server(host: str) -> None:
    named = "[::1]" if host == "::1" else host
    assert named in Settings(store="x", host=host).hosts


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/items/i1", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("/v1/identify", "OPTIONS, POST"),
        ("/v1/feedback", "GET, HEAD, OPTIONS, POST"),
        ("/", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_path_says_all_that_it_takes(api: httpx.Client, path: str, allowed: str) -> None:
    refused = api.request("PROPFIND", path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
    requested = api.options(path)
    assert (requested.status_code, requested.headers["allow"]) == (204, allowed)


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/v1/items", "/v1/items/i1", "/v1/thumbnails/i1", "/v1/items/i1/similar", "/widget.js"]
)
def test_head_is_what_get_is_without_the_body(api: httpx.Client, path: str) -> None:
    whole, head = (
        api.get(path, headers={"Accept-Encoding": "identity"}),
        api.head(path, headers={"Accept-Encoding": "identity"}),
    )
    assert head.status_code == 200
    assert head.content == b""
    if "similar" not in path:
        assert int(head.headers["content-length"]) == len(whole.content)
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert api.head("/v1/items/none").status_code == 404


def test_metrics_distinguish_routes(server: Served) -> None:
    with server.client() as client:
        client.head("/v1/items/i1")
        report = client.get("/metrics").text
    assert 'route="/v1/items/{item_id:path}"' in report


def test_answers_are_compressed_and_pictures_are_not(api: httpx.Client) -> None:
    accept = {"Accept-Encoding": "gzip"}
    assert api.get("/v1/items", headers=accept).headers["content-encoding"] == "gzip"
    assert api.get("/", headers=accept).status_code == 200
    assert "content-encoding" not in api.get("/v1/thumbnails/i1", headers=accept).headers
    assert "content-encoding" not in api.get("/v1/items", headers={"Accept-Encoding": "identity"}).headers


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("size", [100_000, 3_000_000])
def test_a_refusal_arrives_while_the_body_is_still_sent(shop: Path, tmp_path: Path, version: str, size: int) -> None:
    """A server that closes before it has read the body resets the connection, and the answer is lost."""
    KeyRing(tmp_path / "keys.json").add("one", ["read"])
    with served(shop, keys=str(tmp_path / "keys.json"), require_key=True, max_body=1_000_000) as running:
        host, port = running.url.removeprefix("http://").split(":")
        head = f"POST /v1/search HTTP/{version}\r\nHost: {host}\r\nContent-Length: {size}\r\n\r\n"
        with socket.create_connection((host, int(port)), timeout=20) as raw:
            raw.sendall(head.encode())
            for _ in range(size // 50_000):
                raw.sendall(b"x" * 50_000)
                time.sleep(0)
            answer = raw.recv(65536)
        assert answer.startswith(b"HTTP/1.1 401")
        assert requests.post(f"{running.url}/v1/search", data=b"x" * size, timeout=20).status_code == 401


def test_a_client_that_asks_before_it_sends_is_refused_at_once(shop: Path) -> None:
    with served(shop, max_body=50_000) as running:
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as raw:
            raw.sendall(
                f"POST /v1/search HTTP/1.1\r\nHost: {host}\r\nContent-Length: 90000\r\nExpect: 100-continue\r\n"
                "Content-Type: application/json\r\n\r\n".encode()
            )
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer


class Impatient(GuardedProtocol):
    head_seconds = 0.5


def test_half_a_head_does_not_hold_a_connection(shop: Path) -> None:
    with served(shop, protocol=Impatient) as running, contextlib.ExitStack() as stack:
        host, port = running.url.removeprefix("http://").split(":")
        silent = [stack.enter_context(socket.create_connection((host, int(port)), timeout=20)) for _ in range(64)]
        for number, raw in enumerate(silent):
            raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nA: b" if number % 2 else b"")
        assert httpx.get(f"{running.url}/readyz").status_code == 200
        ended = [b"".join(iter(lambda raw=raw: raw.recv(65536), b"")) for raw in silent]  # type: ignore[misc]
        assert all(answer.startswith(b"HTTP/1.1 408") for answer in ended[1::2])
        assert set(ended[::2]) == {b""}
        with running.client() as client:
            assert [client.get("/healthz").status_code for _ in range(3)] == [200] * 3


def test_an_id_in_the_query_string(writing: httpx.Client, pictures: list[bytes]) -> None:
    for item_id in ("a/b", "..", "100%2F", "a?b#c;d", "//", "x\\y", "similar"):
        named = {"item_id": item_id}
        written = writing.put("/v1/item", params=named, files={"image": pictures[0]}, data={"product_id": "p99"})
        assert written.json()["added"] == 1, written.text
        assert writing.get("/v1/item", params=named).json()["item_id"] == item_id
        thumbnail = writing.get("/v1/item", params=named).json()["thumbnail"]
        assert writing.get(thumbnail).headers["content-type"] == "image/jpeg"
        assert writing.get("/v1/thumbnail", params=named).status_code == 200
        assert writing.get("/v1/item/similar", params={**named, "k": 2}).status_code == 200
        with sosie.open(str(writing.base_url)) as remote:
            assert remote.get(item_id).item_id == item_id
            assert remote.thumbnail(item_id)[:2] == b"\xff\xd8"
            assert len(remote.similar(item_id, k=2, where="price<50").matches) == 2
            assert remote.delete([item_id]) == 1
        assert writing.get("/v1/item", params=named).status_code == 404
    assert writing.get("/v1/item").status_code == 400


def test_a_slash_that_a_proxy_has_decoded(api: httpx.Client) -> None:
    path = "Gr%C3%B6%C3%9Fe/a%20b"
    for whole in (f"/v1/items/{path}", f"/v1/thumbnails/{path}", f"/v1/items/{path}/similar"):
        assert api.get(whole).status_code == 200, whole
