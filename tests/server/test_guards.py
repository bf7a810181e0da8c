"""Keys, shares, sizes, saturation, shutdown."""

import contextlib
import threading
import time
from pathlib import Path

import httpx
import pytest

from sosie.errors import UsageError
from sosie.server.keys import KeyRing
from sosie.server.problems import TooManyRequests
from sosie.server.rates import RateLimit
from sosie.server.running import check_server_settings
from sosie.server.settings import Settings
from support.pictures import draw_picture, encode
from support.served import served


def test_keys_are_kept_as_hashes_and_read_again(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    key, text = ring.add("shop", ["read"])
    assert text not in ring.path.read_text(encoding="utf-8")
    assert text.rsplit("_", 1)[1] not in ring.path.read_text(encoding="utf-8")
    assert ring.path.stat().st_mode & 0o077 == 0
    assert KeyRing(ring.path).find(text) == key
    assert ring.find(text + "x") is None
    assert KeyRing(ring.path).remove(key.key_id)
    assert ring.find(text) is None
    assert not ring.remove(key.key_id)


def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}[")
    with pytest.raises(UsageError, match="not a key file"):
        KeyRing(tmp_path / "keys.json").all()


def test_elsewhere_than_on_loopback_a_key_is_needed(tmp_path: Path) -> None:
    check_server_settings(Settings(store="x"))
    check_server_settings(Settings(store="x", host="::1"))
    open_to_all = Settings(store="x", host="0.0.0.0", keys=str(tmp_path / "keys.json"))
    with pytest.raises(UsageError, match="sosie keys add"):
        check_server_settings(open_to_all)
    KeyRing(tmp_path / "keys.json").add("one", ["read"])
    check_server_settings(open_to_all)


def test_with_keys_or_a_name_given_loopback_needs_a_key_too(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    for options in ({"allowed_hosts": ("shop.example",)}, {"require_key": True}):
        with pytest.raises(UsageError, match="sosie keys add"):
            check_server_settings(Settings(store="x", **options))  # type: ignore[arg-type]
    ring.add("one", ["read"])
    check_server_settings(Settings(store="x", require_key=True, keys=str(ring.path)))


@pytest.mark.parametrize("options", [{"require_key": True}, {"allowed_hosts": ("shop.example",)}])
def test_behind_a_proxy_on_this_machine_a_key_is_needed(
    copied: Path, tmp_path: Path, options: dict[str, object]
) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    _, text = ring.add("editor", ["read", "write"])
    with served(copied, keys=str(ring.path), **options) as running, running.client() as nobody:
        assert nobody.delete("/v1/items/i1").status_code == 401
        assert nobody.get("/v1/items/i1").status_code == 401
        assert nobody.get("/").status_code == 200
        with running.client(text) as editor:
            assert editor.delete("/v1/items/i1").status_code == 204


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix"]
)
def test_what_a_proxy_forwards_needs_a_key(shop: Path, header: str) -> None:
    with served(shop) as running, running.client() as client:
        assert client.get("/v1/items/i1").status_code == 200
        assert client.get("/v1/items/i1", headers={header: "for=192.0.2.1"}).status_code == 401
        assert client.delete("/v1/items/i1", headers={header: "192.0.2.1"}).status_code == 401


def test_a_key_allows_only_its_scopes(copied: Path, tmp_path: Path, pictures: list[bytes]) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    _, reading = ring.add("reader", ["read"])
    key, both = ring.add("editor", ["read", "write"])
    with (
        served(copied, host="0.0.0.0", keys=str(ring.path)) as running,
        running.client() as nobody,
        running.client(reading) as reader,
        running.client(both) as editor,
    ):
        assert nobody.get("/healthz").status_code == 200
        assert nobody.get("/").status_code == 200
        for path in ("/v1/items", "/v1/thumbnails/i1", "/metrics", "/v1/stats"):
            refused = nobody.get(path)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"
        wrong = {"Authorization": "Bearer sosie_0_wrong"}
        assert nobody.get("/v1/items", headers=wrong).status_code == 401
        assert reader.post("/v1/search", files={"image": pictures[0]}).status_code == 200
        assert reader.delete("/v1/items/i1").status_code == 403
        assert reader.get("/v1/feedback").status_code == 403
        assert editor.get("/v1/feedback").status_code == 200
        assert editor.delete("/v1/items/i1").status_code == 204
        ring.remove(key.key_id)
        assert editor.get("/v1/items").status_code == 401


def test_requests_are_allowed_again_after_a_while() -> None:
    now = 0.0
    limit = RateLimit(2, 3, clock=lambda: now)
    for _ in range(3):
        limit.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a")
    assert refused.value.headers == {"Retry-After": "1"}
    limit.take("b")
    now = 0.5
    limit.take("a")
    with pytest.raises(TooManyRequests):
        limit.take("a")


def test_too_many_requests(shop: Path) -> None:
    with served(shop, rate=0.1, burst=3) as running, running.client() as client:
        answers = [client.get("/v1/stats") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_large_bodies_are_refused_unread(shop: Path, pictures: list[bytes]) -> None:
    with served(shop, max_body=50_000) as running, running.client() as client:
        assert client.post("/v1/search", files={"image": b"x" * 60_000}).status_code == 413
        part = b'--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
        stream = iter([part, *(b"x" * 10_000 for _ in range(10))])
        headers = {"content-type": "multipart/form-data; boundary=b"}
        assert client.post("/v1/search", content=stream, headers=headers).status_code == 413
        assert client.post("/v1/search", files={"image": pictures[0]}).status_code == 200


def test_a_body_that_does_not_come_ends(shop: Path) -> None:
    def slowly():  # type: ignore[no-untyped-def]
        yield b"--b\r\n"
        time.sleep(1.5)
        yield b"x"

    headers = {"content-type": "multipart/form-data; boundary=b"}
    with served(shop, body_seconds=0.3) as running, running.client() as client:
        with contextlib.suppress(httpx.HTTPError):
            assert client.post("/v1/search", content=slowly(), headers=headers).status_code == 408
        assert client.get("/readyz").status_code == 200


def test_more_requests_than_the_queue_holds_are_asked_to_retry(shop: Path) -> None:
    large = encode(draw_picture(1, (3000, 3000)), "PNG")
    with served(shop, queue=1, threads=1) as running:
        statuses = _at_once(running.client, large, 6)
        with running.client() as client:
            assert client.get("/healthz").status_code == 200
    assert set(statuses) == {200, 503}


def test_shutdown_finishes_what_runs(shop: Path) -> None:
    large = encode(draw_picture(1, (3000, 3000)), "PNG")
    statuses: list[int] = []
    with served(shop) as running:
        asking = threading.Thread(target=lambda: statuses.extend(_at_once(running.client, large, 2)))
        asking.start()
        with running.client() as client:
            while "sosie_waiting 0.0" in client.get("/metrics").text:
                time.sleep(0.01)
        running.stop()
        asking.join()
    assert statuses == [200, 200]


def _at_once(client, data: bytes, count: int) -> list[int]:  # type: ignore[no-untyped-def]
    statuses: list[int] = []

    def ask() -> None:
        with client() as item:
            answer = item.post("/v1/search", files={"image": data})
            assert answer.status_code == 200 or answer.headers["retry-after"]
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses
