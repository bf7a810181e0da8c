"""The server behind nginx and Apache with their defaults, at the root and under a prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from sosie.catalog.remote.catalog import RemoteCatalog
from sosie.errors import ItemNotFound, StoreUnavailable
from sosie.server.keys import KeyRing
from support.proxies import Proxy, proxied
from support.served import served

PROXIES = (
    Proxy("nginx"), Proxy("nginx", "/search"), Proxy("nginx", "/shop/search", strips=False),
    Proxy("apache"), Proxy("apache", "/search"), Proxy("apache", "/shop/search", strips=False),
)  # fmt: skip
SLASHED = "Größe/a b"


@pytest.fixture
def key(tmp_path: Path) -> str:
    return KeyRing(tmp_path / "keys.json").add("editor", ["read", "write"])[1]


@contextmanager
def site(proxy: Proxy, store: Path, key: str, keys: Path, **settings: object) -> Iterator[httpx.Client]:
    """A client with a key whose base is the proxy's address, with a slash at the end."""
    options = {"root_path": proxy.prefix, "keys": str(keys), "require_key": True, "trusted_proxies": ("127.0.0.1",)}
    headers = {"Authorization": f"Bearer {key}"}
    with (
        served(store, **{**options, **settings}) as running,
        proxied(proxy, int(running.url.rpartition(":")[2])) as url,
        httpx.Client(base_url=f"{url}/", headers=headers, timeout=30, trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize("proxy", PROXIES, ids=str)
def test_page_and_api_work_behind_a_proxy(
    proxy: Proxy, copied: Path, tmp_path: Path, key: str, pictures: list[bytes]
) -> None:
    with site(proxy, copied, key, tmp_path / "keys.json") as client:
        base = str(client.base_url)
        page = client.get("")
        files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(files) == 3
        for file in (*files, "widget.js", "widget-example", "openapi.json"):
            assert client.get(urljoin(base, file)).status_code == 200, file
        [server] = client.get("openapi.json").json().get("servers", [{"url": "/"}])
        assert urljoin(base, server["url"]).rstrip("/") == base.rstrip("/")
        [result] = client.post("v1/search", files={"image": pictures[11]}).json()["results"]
        assert {match["item_id"] for match in result["matches"]} >= {SLASHED, "i1"}
        for match in result["matches"]:
            assert client.get(urljoin(base, match["thumbnail"])).headers["content-type"] == "image/jpeg"
        assert client.head("v1/items").status_code == 200


@pytest.mark.parametrize("proxy", PROXIES, ids=str)
def test_ids_with_slashes(proxy: Proxy, copied: Path, tmp_path: Path, key: str, pictures: list[bytes]) -> None:
    with (
        site(proxy, copied, key, tmp_path / "keys.json") as client,
        RemoteCatalog(str(client.base_url), key=key) as catalog,
    ):
        for item_id in (SLASHED, "a//b/../c", "100 %/25%2F", "x?y#z", "."):
            written = client.put("v1/item", params={"item_id": item_id}, files={"image": pictures[0]})
            assert written.status_code == 200, written.text
            assert catalog.get(item_id).item_id == item_id
            assert catalog.thumbnail(item_id)[:2] == b"\xff\xd8"
            assert len(catalog.similar(item_id, 3).matches) == 3
            assert catalog.delete([item_id]) == 1
            with pytest.raises(ItemNotFound):
                catalog.get(item_id)


@pytest.mark.parametrize("proxy", PROXIES, ids=str)
def test_nobody_writes_without_a_key(proxy: Proxy, shop: Path, tmp_path: Path, key: str) -> None:
    with site(proxy, shop, key, tmp_path / "keys.json", max_body=100_000) as client:
        client.headers.pop("Authorization")
        assert client.delete("v1/items/i1").status_code == 401
        for size in (1_000, 90_000, 300_000, 900_000):
            refused = client.post("v1/search", content=b"x" * size, headers={"Content-Type": "application/json"})
            assert refused.status_code == 401, (size, refused.text)
            assert refused.json()["detail"].startswith("a key is needed")


@pytest.mark.parametrize("proxy", PROXIES, ids=str)
def test_a_body_that_is_too_large_is_refused(proxy: Proxy, shop: Path, tmp_path: Path, key: str) -> None:
    with site(proxy, shop, key, tmp_path / "keys.json", max_body=100_000) as client:
        for size in (120_000, 900_000):
            refused = client.post("v1/search", files={"image": b"x" * size})
            assert refused.status_code == 413, (size, refused.text)
            assert "100,000 bytes" in refused.json()["detail"]


def test_apache_marks_what_it_forwards_so_that_a_key_is_needed(shop: Path, tmp_path: Path, key: str) -> None:
    proxy = Proxy("apache")
    with site(proxy, shop, key, tmp_path / "keys.json", require_key=False) as client:
        assert client.get("v1/items/i1").status_code == 200
        client.headers.pop("Authorization")
        assert client.get("v1/items/i1").status_code == 401
        with (
            RemoteCatalog(str(client.base_url)) as catalog,
            pytest.raises(StoreUnavailable, match="a key is needed"),
        ):
            catalog.get("i1")


@pytest.mark.parametrize(
    "proxy",
    [Proxy("apache"), Proxy("nginx", more="proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;")],
    ids=str,
)
def test_each_client_has_a_share_of_its_own(proxy: Proxy, shop: Path, tmp_path: Path, key: str) -> None:
    with site(proxy, shop, key, tmp_path / "keys.json", rate=0.01, burst=2) as client:
        said = []
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            other = KeyRing(tmp_path / "keys.json").add(address, ["read"])[1]
            headers = {"Authorization": f"Bearer {other}", "X-Forwarded-For": "203.0.113.1"}
            transport = httpx.HTTPTransport(local_address=address)
            with httpx.Client(base_url=client.base_url, headers=headers, transport=transport) as from_there:
                said += [from_there.get("v1/stats").status_code for _ in range(3)]
    assert said == [200, 200, 429] * 3


def test_the_prefix_from_nginx(shop: Path, tmp_path: Path, key: str) -> None:
    proxy = Proxy("nginx", "/told", more="proxy_set_header X-Forwarded-Prefix /told;")
    with site(proxy, shop, key, tmp_path / "keys.json", root_path="") as client:
        assert client.get("v1/items/i1").json()["thumbnail"].startswith("/told/v1/thumbnails/i1")
        assert 'src="/told/assets/' in client.get("").text
