"""The command line against the real server, as it is written in the documentation."""

import csv
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sosie.cli.main import main
from support.elasticsearch.cluster import Cluster
from support.pictures import draw_picture, encode


@pytest.fixture
def table(tmp_path: Path) -> Path:
    with (tmp_path / "catalog.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "product_id", "image", "label"])
        for n in range(8):
            (tmp_path / f"{n}.jpg").write_bytes(encode(draw_picture(n, (300, 200))))
            rows.writerow([f"i{n}", f"p{n // 2}", f"{n}.jpg", n % 2])
    return tmp_path / "catalog.csv"


def sosie(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def test_shards_swap_search_and_copy(server: Cluster, table: Path, tmp_path: Path) -> None:
    uri = server.uri(f"commands-{os.getpid()}")
    network = ("--embedder", "mobilenet_v2")
    for part in ("0/2", "1/2", "1/2"):
        sosie("index", table, "--store", uri, "--shard", part, *network)
    assert json.loads(sosie("stats", "--store", uri, "--json").stdout)["items"] == 8
    sosie("index", table, "--store", uri, "--swap")
    value = ("search", tmp_path / "3.jpg", "--where", "label=1", "--json", "--store")
    [answer] = _results(sosie(*value, uri))
    assert answer["matches"][0]["item_id"] == "i3"
    sosie("copy", "--from", uri, "--to", tmp_path / "copy.sosie")
    [copied] = _results(sosie(*value, tmp_path / "copy.sosie"))
    assert [match["item_id"] for match in copied["matches"]] == [match["item_id"] for match in answer["matches"]]


def _results(result: Result) -> list[dict[str, list[dict[str, str]]]]:
    results: list[dict[str, list[dict[str, str]]]] = json.loads(result.stdout)["results"]
    return results


def test_a_migration_switches_goes_back_and_is_finished(server: Cluster, table: Path, tmp_path: Path) -> None:
    uri = server.uri(f"migrated-{os.getpid()}")
    sosie("index", table, "--store", uri, "--embedder", "mobilenet_v2", "--details", "off")
    ask = ("search", tmp_path / "3.jpg", "--quick", "--json", "--store", uri)
    [before] = _results(sosie(*ask))
    (tmp_path / "5.jpg").unlink()
    refused = CliRunner().invoke(main, ["migrate", "--store", uri, "--embedder", "efficientnet_lite0"])
    assert refused.exit_code == 1, refused.output
    assert "mobilenet_v2 still answers, as 1 item got no vector" in refused.output
    assert _results(sosie(*ask))[0]["matches"] == before["matches"]
    report = sosie("migrate", "--store", uri, "--embedder", "efficientnet_lite0", "--thumbnails").stdout
    assert "embedded 0 pictures and 1 thumbnail" in report
    [after] = _results(sosie(*ask))
    assert (before["embedder"], after["embedder"]) == ("mobilenet_v2", "efficientnet_lite0")
    assert after["matches"][0]["item_id"] == "i3"
    sosie("migrate", "--store", uri, "--undo")
    assert _results(sosie(*ask))[0]["matches"] == before["matches"]
    sosie("migrate", "--store", uri, "--embedder", "efficientnet_lite0")
    assert _results(sosie(*ask))[0]["matches"] == after["matches"]
    assert "dropped: embedding@1" in sosie("migrate", "--store", uri, "--finish").stdout
    assert _results(sosie(*ask))[0]["matches"] == after["matches"]
