import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from sosie.cli.answers import print_results
from sosie.cli.output import escape_for_terminal
from sosie.types import DetailsEvidence, LooksEvidence, Match, SearchResult

Sosie = Any


@pytest.mark.parametrize("name", ["a[bold]b.jpg", "a[/x]b.jpg"])
def test_a_photo_may_be_called_like_markup(sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path, name: str) -> None:
    photo = tmp_path / name
    photo.parent.mkdir(exist_ok=True)
    photo.write_bytes((pictures / "1.jpg").read_bytes())
    result = sosie("search", photo, "--store", shop)
    assert result.exit_code == 0, result.output
    assert name in result.stdout


def test_no_text_steers_the_terminal() -> None:
    assert escape_for_terminal("a\x1b[31m\nb\x9bc\udcffü😀") == "a\\x1b[31m\\nb\\x9bc\\udcffü😀"


@pytest.mark.skipif(sys.platform != "linux", reason="only here a file name may be no text")
def test_a_photo_with_a_name_that_is_not_utf_8_is_answered_in_json(
    sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path
) -> None:
    photo, output = tmp_path / os.fsdecode(b"bad\xff.jpg"), tmp_path / "made" / "answer.json"
    photo.write_bytes((pictures / "1.jpg").read_bytes())
    assert sosie("search", photo, "--store", shop, "--json", "--output", output).exit_code == 0
    assert json.loads(output.read_text(encoding="utf-8"))["results"][0]["matches"][0]["item_id"] == "i1"


def test_an_id_that_is_no_text_is_wrong_usage(sosie: Sosie, shop: Path) -> None:
    result = sosie("similar", os.fsdecode(b"bad\xff"), "--store", shop)
    assert result.exit_code == 2
    assert "is not valid UTF-8" in result.stderr


def test_rejections_may_go_to_a_folder_that_is_made(sosie: Sosie, pictures: Path, tmp_path: Path) -> None:
    listed = tmp_path / "new" / "rejected.csv"
    result = sosie("index", pictures, "--store", tmp_path / "s.sosie", "--rejections", listed, "--dry-run")
    assert result.exit_code == 0
    assert listed.read_text(encoding="utf-8").startswith("item_id,stage,reason")


@pytest.mark.parametrize("option", ["--output", "--sheet"])
def test_a_file_that_cannot_be_written_is_reported_before_the_work(
    sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path, option: str
) -> None:
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file" / "answer.png", ""):
        result = sosie("search", pictures / "1.jpg", "--store", shop, option, wrong)
        assert result.exit_code == 2
        assert any(reason in result.stderr for reason in ("another file", "writable folder", "a file that ends in"))


def test_an_evaluation_that_cannot_be_written_is_reported_before_the_work(
    sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    arguments = ("evaluate", pictures / "catalog.csv", "--store", shop, "--json")
    result = sosie(*arguments, tmp_path / "file" / "today.json")
    assert (result.exit_code, "asking" in result.stderr) == (2, False)
    assert "give another file" in result.stderr
    assert json.loads(sosie(*arguments, "-").stdout)["format"]


def test_no_bar_stands_before_an_error(sosie: Sosie, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = sosie("index", tmp_path / "empty", "--store", tmp_path / "s.sosie")
    assert "indexing" not in result.stderr


def test_a_single_thing_is_printed_in_the_singular(sosie: Sosie, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.jpg").write_bytes((pictures / "1.jpg").read_bytes())
    store = tmp_path / "s.sosie"
    assert sosie("index", tmp_path / "one", "--store", store).exit_code == 0
    assert "1 item of 1 product in" in sosie("stats", "--store", store).stdout
    assert "1 item checked, 0 problems, 0 repaired" in sosie("check", "--store", store).stdout
    assert "ready to search: 1 item\n" in sosie("optimize", "--store", store).stdout
    assert "0 groups among 1 item, 0 with" in sosie("duplicates", "--store", store).stdout


@pytest.mark.parametrize("option", ["--sheet", "--explain"])
@pytest.mark.parametrize(("ending", "begins"), [(".png", b"\x89PNG"), (".JPG", b"\xff\xd8"), (".webp", b"RIFF")])
def test_a_drawn_picture_has_the_format_of_its_ending(
    sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path, option: str, ending: str, begins: bytes
) -> None:
    drawn = tmp_path / f"drawn{ending}"
    assert sosie("search", pictures / "1.jpg", "--store", shop, "-k", 1, option, drawn).exit_code == 0
    assert drawn.read_bytes().startswith(begins)


@pytest.mark.parametrize("option", ["--sheet", "--explain"])
def test_another_ending_is_refused_before_the_work(sosie: Sosie, shop: Path, tmp_path: Path, option: str) -> None:
    for name in ("drawn", "drawn.gif"):
        result = sosie("search", "nowhere.jpg", "--store", shop, option, tmp_path / name)
        assert result.exit_code == 2
        assert "expected a file that ends in .png, .jpg, .jpeg, .webp" in result.stderr


def test_a_picture_too_large_for_its_format_is_reported_and_the_answer_is_not_lost(
    sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sosie.cli.pictures.LARGEST", {"WEBP": 100})
    result = sosie("search", pictures / "1.jpg", "--store", shop, "--sheet", tmp_path / "sheet.webp")
    assert result.exit_code == 2
    assert "more than WEBP can hold: use a .png" in result.stderr
    assert "Thing 1" in result.stdout


def answer_of(*scores: float) -> SearchResult:
    """An answer whose first match has 37 details that agree."""
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    details = DetailsEvidence("i1", 37, 30, 0.8, 0.9, corners, corners)
    matches = [
        Match(
            rank,
            f"p{rank}",
            f"i{rank}",
            score,
            None,
            "a.jpg",
            None,
            (),
            {},
            1,
            details if rank == 1 else LooksEvidence(),
        )
        for rank, score in enumerate(scores, start=1)
    ]
    return SearchResult(tuple(matches), None, "photo.jpg", "mobilenet_v2", None, {})


def test_a_lower_score_at_the_first_rank_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    print_results([answer_of(0.6, 0.8)])
    _, heading, first, second = capsys.readouterr().out.splitlines()
    assert "placed by" in heading
    assert "37 details agree" in first
    assert "agree" not in second
    print_results([answer_of(0.8, 0.6)])
    assert "placed by" not in capsys.readouterr().out
