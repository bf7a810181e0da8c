"""Several catalogs in one server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import sosie
from sosie.errors import ItemNotFound, UsageError
from sosie.server.keys import KeyRing
from sosie.server.naming import catalog_name, named_stores
from sosie.server.settings import Settings
from support.served import Served, served


@pytest.fixture(scope="module")
def stores(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The shop of twelve items, and an archive of one."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "pictures").mkdir()
    shutil.copy(shop.parent / "11.jpg", folder / "pictures")
    with sosie.open(str(folder / "archive.sosie")) as catalog:
        catalog.index(folder / "pictures")
    return {"shop": str(shop), "archive": str(folder / "archive.sosie")}


@pytest.fixture(scope="module")
def several(stores: dict[str, str]) -> Iterator[Served]:
    with served(None, stores=stores) as running:
        yield running


@pytest.fixture
def both(several: Served) -> Iterator[httpx.Client]:
    with several.client() as client:
        yield client


def test_each_is_listed_with_its_address(both: httpx.Client) -> None:
    assert both.get("/v1/catalogs").json()["catalogs"] == [
        {"name": "shop", "status": "ok", "items": 12, "address": "/catalogs/shop"},
        {"name": "archive", "status": "ok", "items": 1, "address": "/catalogs/archive"},
    ]
    assert both.get("/catalogs/shop/v1/catalogs").json() == both.get("/v1/catalogs").json()


@pytest.mark.parametrize("address", ["/catalogs/{}/v1/{}", "/v1/catalogs/{}/{}"])
def test_everything_of_a_catalog_is_below_its_address(both: httpx.Client, address: str, pictures: list[bytes]) -> None:
    for name, items in (("shop", 12), ("archive", 1)):
        assert both.get(address.format(name, "stats")).json()["items"] == items
        assert both.get(address.format(name, "items")).json()["total"] == items
    answer = both.post(address.format("shop", "search"), files={"image": ("a.jpg", pictures[3])}).json()
    [first, *_] = answer["results"][0]["matches"]
    assert first["item_id"] == "i3"
    assert first["thumbnail"].startswith("/catalogs/shop/v1/thumbnails/i3")
    assert both.get(first["thumbnail"]).headers["content-type"] == "image/jpeg"
    assert both.get(address.format("shop", "items/Größe%2Fa%20b")).json()["item_id"] == "Größe/a b"
    assert both.get(address.format("archive", "items/i3")).status_code == 404


def test_without_a_name_nothing_is_searched_or_written(both: httpx.Client) -> None:
    for method, path in (("GET", "/v1/stats"), ("DELETE", "/v1/items/i3"), ("GET", "/v1/items")):
        refusal = both.request(method, path)
        assert refusal.status_code == 404
        assert refusal.json()["type"] == "urn:sosie:error:UnknownCatalog"
        assert "/v1/catalogs" in refusal.json()["detail"]
    assert both.get("/catalogs/nope/v1/stats").json()["type"] == "urn:sosie:error:UnknownCatalog"
    assert both.get("/catalogs/shop/v1/stats").json()["items"] == 12


def test_a_remote_catalog_is_one_of_them(several: Served, shop: Path) -> None:
    with sosie.open(f"{several.url}/catalogs/shop") as catalog:
        assert catalog.search(shop.parent / "5.jpg", k=1).matches[0].item_id == "i5"
        assert len(catalog.thumbnail("Größe/a b")) > 100
    with sosie.open(f"{several.url}/catalogs/archive") as catalog:
        assert catalog.count() == 1
        with pytest.raises(ItemNotFound):
            catalog.get("i5")
    for wrong in (several.url, f"{several.url}/catalogs/nope"):
        with sosie.open(wrong) as catalog, pytest.raises(UsageError, match="v1/catalogs lists"):
            catalog.stats()


def test_the_document_says_where_the_catalogs_are(both: httpx.Client) -> None:
    [server] = both.get("/openapi.json").json()["servers"]
    assert server["url"] == "/catalogs/{catalog}"
    assert both.get("/catalogs/shop/openapi.json").json()["servers"] == [{"url": "/catalogs/shop"}]
    assert "/v1/catalogs" in both.get("/openapi.json").json()["paths"]


def test_metrics_name_the_catalog(both: httpx.Client) -> None:
    both.get("/catalogs/archive/v1/stats")
    both.get("/catalogs/nope/v1/stats")
    text = both.get("/metrics").text
    assert 'catalog="archive",method="GET",route="/v1/stats",status="200"' in text
    assert 'sosie_catalog_up{catalog="shop"} 1.0' in text
    assert "nope" not in text


def test_a_single_catalog_has_both_addresses(shop: Path) -> None:
    with served(shop) as running, running.client() as client:
        assert client.get("/v1/stats").json()["store"] == "shop.sosie"
        assert client.get("/catalogs/shop/v1/stats").json() == client.get("/v1/stats").json()
        [only] = client.get("/v1/catalogs").json()["catalogs"]
        assert (only["name"], only["items"]) == ("shop", 12)
        assert 'sosie_catalog_up{catalog="shop"} 1.0' in client.get("/metrics").text


def test_below_a_prefix(stores: dict[str, str]) -> None:
    with served(None, stores=stores, root_path="/search") as running, running.client() as client:
        for base in ("", "/search"):
            assert client.get(f"{base}/v1/catalogs").json()["catalogs"][0]["address"] == "/search/catalogs/shop"
            page = client.get(f"{base}/catalogs/shop/v1/items?limit=1").json()
            assert page["items"][0]["thumbnail"].startswith("/search/catalogs/shop/v1/thumbnail")
        assert "data-catalogs" in client.get("/search/catalogs/shop").text


def test_a_damaged_catalog_does_not_affect_the_others(
    stores: dict[str, str], tmp_path: Path, pictures: list[bytes]
) -> None:
    whole = Path(shutil.copytree(stores["archive"], tmp_path / "whole.sosie"))
    broken = Path(shutil.copytree(stores["archive"], tmp_path / "broken.sosie"))
    for log in broken.glob("catalog.db-*"):
        log.unlink()
    data = (broken / "catalog.db").read_bytes()
    (broken / "catalog.db").write_bytes(b"\0" * 4096 + data[4096:])
    given = {"whole": str(whole), "broken": str(broken), "gone": str(tmp_path / "nothing.sosie")}
    with served(None, stores=given) as running, running.client() as client:
        assert client.get("/readyz").json() == {
            "status": "degraded",
            "catalogs": {"whole": "ok", "broken": "unavailable", "gone": "unavailable"},
        }
        listed = {entry["name"]: entry for entry in client.get("/v1/catalogs").json()["catalogs"]}
        assert listed["broken"]["status"] == "unavailable"
        assert listed["broken"]["items"] is None
        for name in ("broken", "gone"):
            refusal = client.get(f"/catalogs/{name}/v1/stats")
            assert refusal.status_code in (500, 503)
            assert str(tmp_path) not in refusal.text
            assert client.get(f"/catalogs/{name}/readyz").status_code in (500, 503)
        answer = client.post("/catalogs/whole/v1/search", files={"image": ("a.jpg", pictures[11])})
        assert len(answer.json()["results"][0]["matches"]) == 1
        assert 'sosie_catalog_up{catalog="broken"} 0.0' in client.get("/metrics").text
        shutil.copy(whole / "catalog.db", broken / "catalog.db")
        assert client.get("/catalogs/broken/v1/stats").json()["items"] == 1


class TestKeys:
    @pytest.fixture
    def ring(self, tmp_path: Path) -> KeyRing:
        return KeyRing(tmp_path / "keys.json")

    def test_open_their_catalogs_only(self, stores: dict[str, str], ring: KeyRing) -> None:
        [every, shop_only] = [ring.add("a", ["read", "write"])[1], ring.add("b", ["read", "write"], ["shop"])[1]]
        with served(None, stores=stores, keys=str(ring.path), require_key=True) as running:
            with running.client(shop_only) as client:
                assert client.get("/catalogs/shop/v1/stats").status_code == 200
                assert [item["name"] for item in client.get("/v1/catalogs").json()["catalogs"]] == ["shop"]
                for path in ("/catalogs/archive/v1/stats", "/catalogs/nope/v1/stats", "/v1/stats", "/metrics"):
                    refusal = client.get(path)
                    assert refusal.status_code == 403, path
                    assert "/catalogs/shop" in refusal.json()["detail"]
                assert client.delete("/catalogs/archive/v1/items/11.jpg").status_code == 403
                assert client.delete("/v1/catalogs/archive/items/11.jpg").status_code == 403
                assert client.get("/readyz").json() == {"status": "ok", "catalogs": {"shop": "ok"}}
            with running.client(every) as client:
                assert client.get("/catalogs/archive/v1/stats").status_code == 200
                assert client.get("/metrics").status_code == 200
                assert len(client.get("/v1/catalogs").json()["catalogs"]) == 2
            with running.client() as client:
                assert client.get("/v1/catalogs").status_code == 401
                assert client.get("/readyz").json() == {"status": "ok"}

    def test_of_one_catalog_alone_are_kept_to_its_name(self, shop: Path, ring: KeyRing) -> None:
        [its, other] = [ring.add("a", ["read"], ["shop"])[1], ring.add("b", ["read"], ["archive"])[1]]
        with served(shop, keys=str(ring.path), require_key=True) as running:
            with running.client(its) as client:
                assert client.get("/v1/stats").status_code == 200
            with running.client(other) as client:
                assert client.get("/v1/stats").status_code == 403

    def test_without_catalogs_are_kept_as_earlier_versions_read_them(self, ring: KeyRing) -> None:
        ring.add("a", ["read"])
        assert "catalogs" not in ring.path.read_text(encoding="utf-8")
        ring.add("b", ["read"], ["shop", "shop"])
        assert [key.catalogs for key in KeyRing(ring.path).all()] == [(), ("shop",)]

    def test_of_a_broken_list_are_refused(self, ring: KeyRing) -> None:
        ring.add("b", ["read"], ["shop"])
        text = ring.path.read_text(encoding="utf-8").replace('[\n      "shop"\n    ]', '"shop"')
        ring.path.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="not a list"):
            KeyRing(ring.path).all()


class TestNames:
    def test_are_given_or_taken_from_the_store(self) -> None:
        given = ["shop=/data/a b.sosie", "/data/archive.sosie", "elasticsearch+http://host:9200/es?shards=2"]
        assert named_stores(given) == {"shop": "/data/a b.sosie", "archive": given[1], "es": given[2]}
        assert catalog_name("/data/größe.sosie/") == "größe"

    @pytest.mark.parametrize(
        ("given", "says"),
        [(["a/x.sosie", "b/x.sosie"], "two catalogs"), (["a/ö.sosie", "b"], "cannot be used in a URL")],
    )
    def test_that_are_equal_or_unusable_in_urls_are_refused(self, given: list[str], says: str) -> None:
        with pytest.raises(UsageError, match=says):
            named_stores(given)

    def test_a_path_with_an_equals_sign_is_a_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "a=b.sosie").mkdir()
        monkeypatch.chdir(tmp_path)
        assert named_stores(["a=b.sosie"]) == {"a=b": "a=b.sosie"}

    @pytest.mark.parametrize("given", [{}, {"store": "a", "stores": {"b": "b"}}])
    def test_settings_want_one_store_or_several(self, given: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="either store or stores"):
            Settings.model_validate(given)
