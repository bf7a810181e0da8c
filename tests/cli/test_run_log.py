"""The log of a run is on disk at once, and printed only if the run fails."""

from pathlib import Path

import pytest

from sosie.cli.run_log import logged_run
from sosie.types import Progress, Rejection

BROKEN = Rejection("a,1", "decode", "cut off")


def test_a_rejection_is_in_the_file_before_the_run_ends(tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    with logged_run(str(path)) as log:
        log.reject(BROKEN)
        assert path.read_text(encoding="utf-8").splitlines() == ["item_id,stage,reason", '"a,1",decode,cut off']


def follow_one_that_fails() -> None:
    with logged_run(None) as log:
        log.advance(Progress(3, None, 1))
        log.reject(BROKEN)
        raise ValueError("full")


def test_only_a_failed_run_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with logged_run(None) as log:
        log.advance(Progress(3, None, 1))
        log.reject(BROKEN)
    assert capsys.readouterr().err == ""
    with pytest.raises(ValueError, match="full"):
        follow_one_that_fails()
    assert capsys.readouterr().err.splitlines() == [
        "stopped after 3; written items stay",
        "  a,1: decode: cut off",
    ]
