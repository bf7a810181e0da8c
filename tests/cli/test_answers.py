"""Answers in each form, and what is said beside them."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from sosie.cli.answers import print_results
from sosie.sheets.verdicts import near_matches
from sosie.types import Match, SearchResult, Verdict

Sosie = Any


def test_csv_has_a_row_for_each_match(sosie: Sosie, shop: Path, pictures: Path) -> None:
    photos = (pictures / "1.jpg", pictures / "2.jpg")
    result = sosie("search", *photos, "--store", shop, "-k", 2, "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["query"], row["rank"]) for row in rows] == [
        (str(photo), rank) for photo in photos for rank in ("1", "2")
    ]
    first = rows[0]
    assert (first["item_id"], first["title"], first["brand"], first["price"]) == ("i1", "Thing 1", "Bolt", "5")
    assert 0 <= float(first["same_product"]) <= 1
    assert first["link"] == "https://shop.example/1"


def test_quiet_prints_ids_and_verbose_what_the_answer_rests_on(sosie: Sosie, shop: Path, pictures: Path) -> None:
    quiet = sosie("search", pictures / "5.jpg", "--store", shop, "-k", 3, "-q")
    assert quiet.stdout.splitlines()[0] == "i5"
    assert len(quiet.stdout.splitlines()) == 3
    verbose = sosie("similar", "i5", "--store", shop, "-k", 3, "-v")
    assert "embedder " in verbose.stdout.splitlines()[-1]
    both = sosie("search", pictures / "5.jpg", "--store", shop, "-q", "--csv")
    assert (both.exit_code, "choose one" in both.stderr) == (2, True)


@pytest.mark.parametrize("option", ["--sheet", "--explain"])
def test_a_picture_that_is_written_is_named(
    sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path, option: str
) -> None:
    drawn = tmp_path / "drawn.png"
    result = sosie("search", pictures / "1.jpg", "--store", shop, "-k", 1, option, drawn, "--json")
    assert f"wrote {drawn}" in result.stderr
    assert result.stdout.startswith("{")


def test_an_empty_catalog_is_called_empty(sosie: Sosie, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.jpg").write_bytes((pictures / "1.jpg").read_bytes())
    store = tmp_path / "s.sosie"
    assert sosie("index", tmp_path / "one", "--store", store).exit_code == 0
    assert sosie("delete", "a.jpg", "--store", store).exit_code == 0
    result = sosie("search", pictures / "1.jpg", "--store", store)
    assert (result.exit_code, "the catalog is empty: index something first" in result.stderr) == (1, True)


def test_a_value_in_the_wrong_case_is_suggested(sosie: Sosie, shop: Path, pictures: Path) -> None:
    result = sosie("search", pictures / "1.jpg", "--store", shop, "--where", "brand=acme")
    assert (result.exit_code, "did you mean Acme?" in result.stderr) == (1, True)
    nothing = sosie("search", pictures / "1.jpg", "--store", shop, "--where", "price>5000")
    assert (nothing.exit_code, "widen --where" in nothing.stderr) == (1, True)
    near = sosie("similar", "I5", "--store", shop)
    assert "did you mean 'i5'?" in near.stderr


def test_a_command_that_is_none_is_answered_with_the_nearest(sosie: Sosie) -> None:
    result = sosie("serch", "photo.jpg")
    assert (result.exit_code, "did you mean search" in result.stderr) == (2, True)
    assert "`sosie --help` lists them" in sosie("xyzzy").stderr


def answer(verdict: Verdict, *probabilities: float) -> SearchResult:
    matches = (
        Match(rank, f"p{rank}", f"i{rank}", 0.5, probability, "a.jpg", None, (), {}, 1)
        for rank, probability in enumerate(probabilities, start=1)
    )
    return SearchResult(tuple(matches), verdict, "photo.jpg", "trio", "own", {})


def test_what_is_far_is_folded_away_where_nothing_matches(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(near_matches(answer("no match", 0.3, 0.02, 0.009, 0.001))) == 2
    assert len(near_matches(answer("match", 0.9, 0.02, 0.009, 0.001))) == 4
    print_results([answer("no match", 0.3, 0.009, 0.001)])
    out = capsys.readouterr().out
    assert "photo.jpg: no match (30%)" in out
    assert "2 more with a probability under 1%: -v shows them" in out
    print_results([answer("no match", 0.3, 0.009, 0.001)], verbose=True)
    assert "-v shows" not in capsys.readouterr().out


def test_output_is_utf8_whatever_the_platform_says(sosie: Sosie, shop: Path, pictures: Path) -> None:
    from click.testing import CliRunner

    from sosie.cli.main import main

    photo = str(pictures / "1.jpg")
    result = CliRunner(charset="latin-1").invoke(main, ["search", photo, "--store", str(shop), "-k", "1"])
    assert result.exit_code == 0
    assert "Bilder für alle".encode() in result.stdout_bytes or b"1.jpg" in result.stdout_bytes


def test_stats_say_whether_a_store_is_adapted_and_calibrated(sosie: Sosie, shop: Path) -> None:
    stats = sosie("stats", "--store", shop).stdout
    assert "adapted     no" in stats
    assert "calibrated  provisionally" in stats


def test_an_evaluation_has_three_figures_unless_all_are_requested(sosie: Sosie, shop: Path, pictures: Path) -> None:
    arguments = ("evaluate", pictures / "catalog.csv", "--store", shop)
    few, every = sosie(*arguments).stdout, sosie(*arguments, "--all").stdout
    assert ("hit rate@1" in few, "MRR" in few, "--all shows every metric" in few) == (True, False, True)
    assert "MRR" in every
