"""What is known of a run is on the disk at once, and told only where the run fails."""

from pathlib import Path

import pytest

from sosie.cli.course import followed
from sosie.types import Progress, Rejection

BROKEN = Rejection("a,1", "decode", "cut off")


def test_a_rejection_is_in_the_file_before_the_run_ends(tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    with followed(str(path)) as course:
        course.reject(BROKEN)
        assert path.read_text(encoding="utf-8").splitlines() == ["item_id,stage,reason", '"a,1",decode,cut off']


def follow_one_that_fails() -> None:
    with followed(None) as course:
        course.advance(Progress(3, None, 1))
        course.reject(BROKEN)
        raise ValueError("full")


def test_only_a_run_that_fails_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    with followed(None) as course:
        course.advance(Progress(3, None, 1))
        course.reject(BROKEN)
    assert capsys.readouterr().err == ""
    with pytest.raises(ValueError, match="full"):
        follow_one_that_fails()
    assert capsys.readouterr().err.splitlines() == [
        "stopped after 3; what was written stays",
        "  a,1: decode: cut off",
    ]
