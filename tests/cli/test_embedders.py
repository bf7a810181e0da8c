import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sosie.embedders.registry import load, names
from sosie.embedders.runtime import warn_of_missing_device
from support.hub_models import repository, with_words
from support.hub_server import FakeHub, serve_hub, use_hub
from support.pixels import draw_pixels

Sosie = Any


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A Hub with one network, and an empty cache."""
    with serve_hub() as served:
        use_hub(monkeypatch, served, tmp_path / "home")
        served.add("acme/tiny", with_words(repository("clip")))
        yield served


def listed(sosie: Sosie, *options: str) -> dict[str, Any]:
    result = sosie("embedders", "--json", *options)
    assert result.exit_code == 0, result.output
    return {entry["name"]: entry for entry in json.loads(result.stdout)["embedders"]}


def test_bundled_and_recommended_are_listed_without_network(sosie: Sosie, hub: FakeHub) -> None:
    entries = listed(sosie)
    assert hub.requests == []
    assert [name for name, entry in entries.items() if entry["state"] == "bundled"] == [*names()]
    assert (entries["trio"]["dim"], entries["trio"]["license"]) == (3840, "apache-2.0")
    recommended = [entry for entry in entries.values() if entry["state"] == "recommended"]
    assert all(entry["license"] and entry["purpose"] and entry["dim"] for entry in recommended)
    text = sosie("embedders").stdout
    assert "recommended networks were not measured here" in text
    assert all(entry["name"] in text for entry in recommended)


def test_pulled_one_is_cached_with_its_commit_and_measured(sosie: Sosie, hub: FakeHub) -> None:
    result = sosie("embedders", "pull", "hub:acme/tiny")
    assert result.exit_code == 0, result.output
    name = result.stdout.strip()
    assert name == f"hub:acme/tiny@{hub.repositories['acme/tiny'].branches['main']}"
    entry = listed(sosie)[name]
    assert (entry["state"], entry["words"]) == ("cached", True)
    measured = listed(sosie, "--measure")
    assert all((entry["milliseconds"] is None) == (entry["state"] == "recommended") for entry in measured.values())
    assert measured[name]["milliseconds"] > 0


def test_store_keeps_the_commit_and_search_uses_it(sosie: Sosie, hub: FakeHub, pictures: Path, tmp_path: Path) -> None:
    store, commit = tmp_path / "shop.sosie", hub.repositories["acme/tiny"].branches["main"]
    table = pictures / "catalog.csv"
    assert sosie("index", table, "--store", store, "--embedder", "hub:acme/tiny", "--details", "off").exit_code == 0
    hub.add("acme/tiny", repository("siglip"))
    assert f"hub:acme/tiny@{commit}" in sosie("stats", "--store", store).stdout
    result = sosie("search", pictures / "3.jpg", "--store", store, "--json")
    assert json.loads(result.stdout)["results"][0]["matches"][0]["item_id"] == "i3"


def test_options_of_an_embedder_are_kept_in_its_name(
    sosie: Sosie, hub: FakeHub, pictures: Path, tmp_path: Path
) -> None:
    store = tmp_path / "shop.sosie"
    options = ("--embedder-option", "output=last_hidden_state", "--embedder-option", "pooling=mean")
    index = ("index", pictures / "catalog.csv", "--store", store, "--details", "off", *options)
    assert sosie(*index).exit_code == 2
    assert sosie(*index, "--embedder", "hub:acme/tiny").exit_code == 0
    assert "?output=last_hidden_state&pooling=mean" in sosie("stats", "--store", store).stdout
    result = sosie(*index, "--embedder", "trio")
    assert (result.exit_code, "'trio' takes no options" in result.output) == (2, True)


def test_only_networks_on_the_hub_are_pulled(sosie: Sosie, hub: FakeHub) -> None:
    result = sosie("embedders", "pull", "trio")
    assert result.exit_code == 2
    assert "'trio' is not on the Hub; expected hub:OWNER/NAME" in result.output


def test_device_that_is_missing_is_one_line_and_the_cpu(
    sosie: Sosie, pictures: Path, shop: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOSIE_DEVICE", "auto")
    warn_of_missing_device.cache_clear()
    result = sosie("search", pictures / "3.jpg", "--store", shop, "--quick", "--device", "cuda", "--json")
    assert json.loads(result.stdout)["results"][0]["matches"][0]["item_id"] == "i3"
    said = [record.message for record in caplog.records if "device cuda was requested" in record.message]
    assert len(said) == 1
    assert sosie("search", pictures / "3.jpg", "--store", shop, "--device", "tpu").exit_code == 2


def test_a_join_says_so_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOSIE_DEVICE", raising=False)
    warn_of_missing_device.cache_clear()
    embedder = load("duo", device="coreml")
    embedder.embed(draw_pixels(embedder.spec, seeds=[0]))
    assert len([record for record in caplog.records if "device coreml was requested" in record.message]) == 1


def test_words_alone_and_beside_a_picture(sosie: Sosie, hub: FakeHub, pictures: Path, tmp_path: Path) -> None:
    store = tmp_path / "shop.sosie"
    table = pictures / "catalog.csv"
    assert sosie("index", table, "--store", store, "--embedder", "hub:acme/tiny", "--details", "off").exit_code == 0

    def items(*arguments: object) -> list[str]:
        result = sosie("search", *arguments, "--store", store, "--json")
        assert result.exit_code == 0, result.output
        [answer] = json.loads(result.stdout)["results"]
        assert (answer["verdict"], answer["calibration"]) == (None, None)
        return [match["item_id"] for match in answer["matches"]]

    assert items("--text", "thing 7")[0] == "i7"
    picture = pictures / "3.jpg"
    assert items(picture, "--text", "red lamp", "--weight", "0")[0] == "i3"
    steered = [items(picture, "--text", "red lamp", "--weight", weight) for weight in ("0.5", "1")]
    assert items(picture, "--text", "blue shoe", "--minus", "red lamp", "--weight", "1") != steered[1]
    similar = sosie("similar", "i3", "--text", "red lamp", "--weight", "0", "--store", store, "--json")
    assert json.loads(similar.stdout)["results"][0]["query"] == "i3 + red lamp"
