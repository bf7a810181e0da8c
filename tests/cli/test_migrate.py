"""``sosie migrate`` as a person would type it."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from sosie.embedders.registry import DEFAULT

Sosie = Callable[..., Result]
OLD, NEW = "mobilenet_v2", "efficientnet_lite0"


def test_compare_then_switch_then_back(sosie: Sosie, pictures: Path, tmp_path: Path) -> None:
    store, table = tmp_path / "s.sosie", pictures / "catalog.csv"
    sosie("index", table, "--store", store, "--embedder", OLD, "--details", "off")
    compared = sosie("migrate", "--store", store, "--embedder", NEW, "--compare", table)
    assert compared.exit_code == 0, compared.output
    assert "embedded 12 pictures" in compared.stdout
    assert "hit rate@1" in compared.stdout
    assert f"{OLD} still answers; run it again without --compare to switch" in compared.stdout
    switched = sosie("migrate", "--store", store, "--embedder", NEW, "--json")
    report = json.loads(switched.stdout)
    assert (report["switched"], report["from_pictures"], report["embedder"]) == (True, 0, NEW)
    assert json.loads(sosie("stats", "--store", store, "--json").stdout)["embedder"] == NEW
    undone = sosie("migrate", "--store", store, "--undo")
    assert f"{OLD} answers now" in undone.stdout
    assert "dropped: embedding@2" in sosie("migrate", "--store", store, "--finish").stdout
    assert "nothing to drop" in sosie("migrate", "--store", store, "--finish").stdout
    nothing = sosie("migrate", "--store", store, "--undo")
    assert (nothing.exit_code, "nothing to undo" in nothing.stderr) == (2, True)


def test_wrong_usage_is_reported(sosie: Sosie, shop: Path) -> None:
    for arguments, word in (
        ((), "give one of"),
        (("--embedder", NEW, "--undo"), "give one of"),
        (("--undo", "--compare", "x.csv"), "goes with --embedder"),
        (("--embedder", DEFAULT), "already"),
    ):
        result = sosie("migrate", "--store", shop, *arguments)
        assert (result.exit_code, word in result.stderr) == (2, True), result.output
    away = sosie("migrate", "--store", "http://127.0.0.1:9", "--embedder", NEW)
    assert (away.exit_code, "needs the store itself" in away.stderr) == (2, True)


def test_a_calibration_is_learned_anew_where_its_photos_are_named(sosie: Sosie, pictures: Path, tmp_path: Path) -> None:
    store, table = tmp_path / "s.sosie", pictures / "catalog.csv"
    sosie("index", table, "--store", store, "--embedder", OLD, "--details", "off")
    calibrated = sosie("calibrate", table, "--store", store)
    assert calibrated.exit_code == 0, calibrated.output
    output = sosie("migrate", "--store", store, "--embedder", NEW)
    assert "calibration: learned again" in output.stdout
    assert json.loads(sosie("stats", "--store", store, "--json").stdout)["calibration"] == "own"
