"""``sosie adapt`` and ``sosie calibrate`` as a person would type them, on drawn products whose photos have a cast."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from sosie.adaptation.choosing import choose
from sosie.cli.main import main
from sosie.images.decode import decode
from sosie.learning import adapting, repeating
from sosie.searching import photos
from support.pictures import draw_picture, encode

Sosie = Any
PRODUCTS, PHOTOS = 12, 8
UNCHANGED = "photos and catalog are those of the last adaptation"


def photo_of(product: int, number: int) -> bytes:
    """The drawing in the blue light of a shop, moved and darkened a little."""
    rng = np.random.default_rng(1000 * product + number)
    picture = np.asarray(draw_picture(product, (120, 90)), np.float32) * rng.uniform(0.5, 0.9)
    picture[..., 2] += 60
    canvas = np.full((110, 150, 3), 90, np.float32)
    top, left = rng.integers(0, 20), rng.integers(0, 30)
    canvas[top : top + 90, left : left + 120] = picture
    return encode(Image.fromarray(np.clip(canvas + rng.normal(0, 12, canvas.shape), 0, 255).astype(np.uint8)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``catalog.csv``, and ``labeled.csv`` and ``others.csv`` with photos of its products."""
    made = tmp_path_factory.mktemp("labels")
    rows: dict[str, list[list[str]]] = {"catalog": [], "labeled": [], "others": []}
    for product in range(PRODUCTS):
        (made / f"{product}.jpg").write_bytes(encode(draw_picture(product, (120, 90))))
        rows["catalog"].append([f"i{product}", f"p{product}", f"{product}.jpg"])
        for number in range(PHOTOS):
            name = f"{product}-{number}.jpg"
            (made / name).write_bytes(photo_of(product, number))
            rows["others" if number % 2 else "labeled"].append([name, f"p{product}", name])
    for name, lines in rows.items():
        with (made / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["item_id", "product_id", "image"], *lines])
    return made


@pytest.fixture(scope="module")
def filled(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose network leaves something to learn: the default finds nearly every one of these photos."""
    from sosie.catalog import Catalog

    uri = tmp_path_factory.mktemp("store") / "shop.sosie"
    with Catalog(str(uri), embedder="mobilenet_v2") as catalog:
        catalog.index(folder / "catalog.csv")
    return uri


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "shop.sosie"))


@pytest.fixture(scope="module")
def taught(folder: Path, filled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A store that was adapted once for all tests, and what the command said."""
    uri = Path(shutil.copytree(filled, tmp_path_factory.mktemp("taught") / "shop.sosie"))
    return uri, CliRunner().invoke(main, ["adapt", str(folder / "labeled.csv"), "--store", str(uri)])


@pytest.fixture
def adapted(taught: tuple[Path, Result], tmp_path: Path) -> Path:
    return Path(shutil.copytree(taught[0], tmp_path / "adapted.sosie"))


def first_result(sosie: Sosie, folder: Path, store: Path) -> dict[str, Any]:
    result = sosie("search", folder / "3-1.jpg", "--store", store, "--json")
    answer: dict[str, Any] = json.loads(result.stdout)["results"][0]
    return answer


def test_a_dry_run_decides_and_changes_nothing(sosie: Sosie, folder: Path, store: Path) -> None:
    before = first_result(sosie, folder, store)
    tried = sosie("adapt", folder / "labeled.csv", "--store", store, "--dry-run", "--json")
    report = json.loads(tried.stdout)
    assert report["generation"] is None
    assert report["decision"]["applied"], report["decision"]["reason"]
    assert first_result(sosie, folder, store)["matches"] == before["matches"]


def test_adapt_then_undo(sosie: Sosie, folder: Path, filled: Path, taught: tuple[Path, Result], adapted: Path) -> None:
    store, (_, applied) = adapted, taught
    before = first_result(sosie, folder, filled)
    assert applied.exit_code == 0, applied.output
    assert "embedding@2 is now in use" in applied.stdout
    after = first_result(sosie, folder, store)
    assert after["matches"][0]["product_id"] == "p3"
    assert after["matches"][0]["score"] != before["matches"][0]["score"]
    assert sosie("adapt", folder / "labeled.csv", "--store", store, "--undo").exit_code == 2
    assert first_result(sosie, folder, store)["matches"] == after["matches"]
    undone = sosie("adapt", "--store", store, "--undo")
    assert "dropped: embedding@2" in undone.stdout
    assert first_result(sosie, folder, store)["matches"] == before["matches"]
    assert "no adaptation to undo" in sosie("adapt", "--store", store, "--undo").stdout


def test_a_repeated_adaptation_computes_nothing_until_photos_or_catalog_change(
    sosie: Sosie, folder: Path, adapted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[int] = []
    monkeypatch.setattr(adapting, "choose", lambda labeled: chosen.append(1) or choose(labeled))
    before = first_result(sosie, folder, adapted)
    again = sosie("adapt", folder / "labeled.csv", "--store", adapted)
    assert (again.exit_code, len(chosen)) == (0, 0)
    assert UNCHANGED in again.stdout
    assert first_result(sosie, folder, adapted)["matches"] == before["matches"]
    fewer = tmp_path / "fewer.csv"
    lines = (folder / "labeled.csv").read_text(encoding="utf-8").splitlines()[:-1]
    fewer.write_text("\n".join([lines[0], *(f"{line.rpartition(',')[0]},{folder}/{line.rpartition(',')[2]}"
                                           for line in lines[1:])]), encoding="utf-8")  # fmt: skip
    assert UNCHANGED not in sosie("adapt", fewer, "--store", adapted, "--dry-run").stdout
    assert len(chosen) == 1
    sosie("delete", "i11", "--store", adapted)
    assert UNCHANGED not in sosie("adapt", folder / "labeled.csv", "--store", adapted).stdout
    assert len(chosen) == 2
    sosie("adapt", "--store", adapted, "--undo")
    assert UNCHANGED not in sosie("adapt", folder / "labeled.csv", "--store", adapted).stdout
    assert len(chosen) == 3


def test_the_first_adaptation_reads_its_photos_once(
    sosie: Sosie, folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    of_disk = photos.read_picture
    monkeypatch.setattr(repeating, "read_picture", lambda item, limits: read.append(item.item_id))
    monkeypatch.setattr(photos, "read_picture", lambda item, limits: read.append(item.item_id) or of_disk(item, limits))
    sosie("adapt", folder / "labeled.csv", "--store", store)
    assert sorted(read) == sorted(path.name for path in folder.glob("*-[0246].jpg"))
    monkeypatch.undo()
    assert UNCHANGED in sosie("adapt", folder / "labeled.csv", "--store", store).stdout


def test_what_is_indexed_after_an_adaptation_is_found(sosie: Sosie, adapted: Path, tmp_path: Path) -> None:
    store = adapted
    new = tmp_path / "new"
    new.mkdir()
    (new / "new.jpg").write_bytes(encode(draw_picture(77, (120, 90))))
    assert "1 added" in sosie("index", new, "--store", store).stdout
    result = sosie("search", new / "new.jpg", "--store", store, "--json")
    assert json.loads(result.stdout)["results"][0]["matches"][0]["item_id"] == "new.jpg"
    assert " 0 problems" in sosie("check", "--store", store).stdout


def test_calibrate_gives_the_catalog_probabilities_of_its_own(sosie: Sosie, folder: Path, store: Path) -> None:
    result = sosie("calibrate", folder / "labeled.csv", "--store", store, "--precision", "0.8")
    assert result.exit_code == 0, result.output
    assert "calibrated on 48 photos, 0 of them" in result.stdout
    answer = first_result(sosie, folder, store)
    assert answer["calibration"] == "own"
    assert 0 < answer["matches"][0]["same_product"] < 1


def test_confirmed_answers_alone_teach(sosie: Sosie, folder: Path, store: Path) -> None:
    for product in range(8):
        for number in (0, 2):
            sosie("confirm", folder / f"{product}-{number}.jpg", f"i{product}", "--store", store)
    report = json.loads(sosie("adapt", "--store", store, "--dry-run", "--json").stdout)
    assert (report["decision"]["photos"], report["decision"]["products"]) == (16, 8)


def test_refusals_and_wrong_usage(sosie: Sosie, folder: Path, store: Path, tmp_path: Path) -> None:
    nothing = sosie("adapt", "--store", store)
    assert nothing.exit_code == 2
    assert "no photos to learn from: give a source of labeled or unlabeled photos" in nothing.stderr
    few = sosie("adapt", "--unlabelled", folder / "others.csv", "--store", store)
    assert few.exit_code == 1
    assert "at least 50 customer photos" in few.stdout
    assert "refused: the catalog is unchanged" in few.stdout
    for arguments, says in (
        ((folder / "labeled.csv", "--unlabeled", folder / "others.csv"), "the labeled ones alone"),
        ((folder / "labeled.csv", "--undo"), "--undo takes neither photos"),
    ):
        result = sosie("adapt", *arguments, "--store", store)
        assert result.exit_code == 2
        assert says in result.stderr
    assert sosie("calibrate", folder / "labeled.csv", "--store", store, "--precision", "1").exit_code == 2
    few = sosie("calibrate", "--store", store)
    assert few.exit_code == 2
    assert "no labeled photos" in few.stderr


def test_photos_that_cannot_be_read_do_not_stop_the_others(
    sosie: Sosie, folder: Path, store: Path, tmp_path: Path
) -> None:
    assert decode((folder / "0-0.jpg").read_bytes()).size == (150, 110)
    table = tmp_path / "bad.csv"
    lines = ["item_id,product_id,image", "gone,p0,nowhere.jpg", f"there,p0,{folder / '0-0.jpg'}"]
    table.write_text("\n".join(lines), encoding="utf-8")
    report = json.loads(sosie("adapt", table, "--store", store, "--json").stdout)
    assert [rejection["item_id"] for rejection in report["rejected"]] == ["gone"]
    table.write_text("\n".join(lines[:2]), encoding="utf-8")
    result = sosie("adapt", table, "--store", store)
    assert result.exit_code == 2
    assert "none of 1 photo can be used; the first: gone: read" in result.stderr


def test_ctrl_c_is_distinguished_from_a_refusal(
    sosie: Sosie, folder: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.csv").write_text(f"product_id,image\np0,{folder / '0-0.jpg'}\n", encoding="utf-8")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sosie.catalog.learning.adapt_by_labels", interrupted)
    result = sosie("adapt", tmp_path / "one.csv", "--store", store)
    assert result.exit_code == 130
    assert "interrupted; completed changes stay" in result.stderr
    assert first_result(sosie, folder, store)["matches"]
