import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sosie.catalog import Catalog

Sosie = Any


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    """A copy of the shop that a test may change."""
    return Path(shutil.copytree(shop, tmp_path / "own.sosie"))


def test_a_judgment_is_kept_with_the_vectors_that_search_would_use(sosie: Sosie, own: Path, pictures: Path) -> None:
    assert "confirmed" in sosie("confirm", pictures / "4.jpg", "i5", "--store", own).stdout
    result = sosie("reject", pictures / "4.jpg", "i0", "--store", own)
    assert "not p0" in result.stdout
    assert "2 answers confirmed or rejected" in result.stdout
    with Catalog(str(own), quick=True) as catalog:
        log = catalog.feedback()
        [score] = [match.score for match in catalog.search(pictures / "4.jpg", 1).matches]
        kept = catalog._store.get(["i4"], ("embedding@1",))[0].vectors["embedding@1"]
    assert [(entry.opinion, entry.item_id, entry.product_id) for entry in log.entries] == [
        ("confirmed", "i5", "p2"),
        ("rejected", "i0", "p0"),
    ]
    assert float(log.entries[0].vectors[0] @ kept) == pytest.approx(score, abs=1e-3)


def test_the_last_word_counts_whatever_the_file_is_called(
    sosie: Sosie, own: Path, pictures: Path, tmp_path: Path
) -> None:
    renamed = Path(shutil.copy(pictures / "4.jpg", tmp_path / "renamed.jpg"))
    sosie("confirm", pictures / "4.jpg", "i5", "--store", own)
    result = sosie("reject", renamed, "i5", "--store", own, "--json")
    assert json.loads(result.stdout)["kept"] == 1
    with Catalog(str(own)) as catalog:
        assert [entry.opinion for entry in catalog.feedback().entries] == ["rejected"]


def test_the_picture_counts_in_whatever_form_it_comes(own: Path, pictures: Path) -> None:
    with Catalog(str(own)) as catalog:
        catalog.confirm((pictures / "4.jpg").read_bytes(), "i5")
        catalog.reject(pictures / "4.jpg", "i5")
        log = catalog.feedback()
    assert (len(log.entries), log.superseded) == (1, 1)


def test_bad_pictures_and_unknown_items_keep_nothing(sosie: Sosie, own: Path, pictures: Path) -> None:
    result = sosie("confirm", pictures / "4.jpg", "i99", "--store", own)
    assert result.exit_code == 1
    assert "'i99'" in result.stderr
    assert sosie("confirm", pictures / "none.jpg", "i5", "--store", own).exit_code == 1
    with Catalog(str(own)) as catalog:
        assert catalog.feedback().entries == ()


def test_identify_prints_labels_with_shares(sosie: Sosie, shop: Path, pictures: Path) -> None:
    result = sosie("identify", pictures / "4.jpg", "--store", shop, "--json")
    identification = json.loads(result.stdout)
    assert identification["labels"][0]["label"] == "p2"
    assert sum(entry["share"] for entry in identification["labels"]) == pytest.approx(1)
    by_brand = sosie("identify", pictures / "4.jpg", "--by", "brand", "-k", 12, "--store", shop)
    assert "Acme" in by_brand.stdout
    assert "Bolt" in by_brand.stdout


def test_identify_only_among_what_passes(sosie: Sosie, shop: Path, pictures: Path) -> None:
    where = ("--where", "brand=Bolt")
    result = sosie("identify", pictures / "4.jpg", "--by", "brand", *where, "--store", shop, "--json")
    assert [entry["label"] for entry in json.loads(result.stdout)["labels"]] == ["Bolt"]


def test_identify_by_a_missing_attribute_is_refused(sosie: Sosie, shop: Path, pictures: Path) -> None:
    result = sosie("identify", pictures / "4.jpg", "--by", "color", "--store", shop)
    assert result.exit_code == 2
    assert "color" in result.stderr


def test_numbers_stay_whole_where_the_terminal_is_narrow(
    sosie: Sosie, shop: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = sosie("identify", pictures / "4.jpg", "--by", "title", "--store", shop)
    name, head, first, *_ = result.stdout.splitlines()
    assert name == str(pictures / "4.jpg")
    assert head.split()[:3] == ["share", "votes", "score"]
    share, votes, score = first.split()[:3]
    assert (share[-1], votes, score[1]) == ("%", "1", ".")
