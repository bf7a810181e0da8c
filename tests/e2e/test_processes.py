"""What is acknowledged stays, whatever happens to the processes."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import sosie
from e2e.conftest import PICTURES
from sosie.errors import StoreNotFound
from sosie.stores.opening import open_store
from support.local_stores import until

HERE = Path(__file__).parent
ROUNDS = int(os.environ.get("SOSIE_KILL_ROUNDS", "4"))

Start = Callable[..., "subprocess.Popen[str]"]


def answered(store: Path, photo: Path) -> int:
    """How many products a search finds when it asks for all of them."""
    with sosie.open(str(store)) as catalog:
        return len(catalog.search(photo, k=1000).matches)


def items_in(store: Path) -> int:
    """How many items the store holds, 0 while it is being made."""
    try:
        with contextlib.closing(open_store(str(store))) as opened:
            return opened.count()
    except StoreNotFound:
        return 0


@pytest.mark.timeout(60 + 30 * ROUNDS)
def test_kill_9_while_indexing_loses_and_doubles_nothing(start: Start, many_pictures: Path, tmp_path: Path) -> None:
    dice = random.Random(7)
    photo = many_pictures / "000.jpg"
    finished = 0
    for round_number in range(ROUNDS):
        store = tmp_path / f"{finished}.sosie"
        indexer = start(HERE / "indexer.py", many_pictures, store)
        assert indexer.stdout is not None
        first = indexer.stdout.readline()
        time.sleep(dice.uniform(0, 0.8))
        indexer.send_signal(signal.SIGKILL)
        # communicate() would pass over what readline() has read ahead.
        rest = indexer.stdout.read()
        indexer.communicate()
        acknowledged = int((first + rest).split()[-1])
        held = answered(store, photo)
        assert acknowledged <= held <= PICTURES, f"round {round_number}"
        with sosie.open(str(store)) as catalog:
            assert catalog.stats().items == held
            assert catalog.check().problems == ()
        finished += held == PICTURES
    with sosie.open(str(tmp_path / "0.sosie")) as catalog:
        report = catalog.index(many_pictures)
        assert report.added + report.unchanged == PICTURES
        assert catalog.stats().items == PICTURES


def test_two_searchers_beside_a_writer_never_see_less(start: Start, many_pictures: Path, tmp_path: Path) -> None:
    store, photo = tmp_path / "s.sosie", many_pictures / "000.jpg"
    searchers = [start(HERE / "searcher.py", store, photo) for _ in range(2)]
    indexer = start(HERE / "indexer.py", many_pictures, store)
    _, errors = indexer.communicate(timeout=240)
    assert indexer.returncode == 0, errors
    for searcher in searchers:
        output, errors = searcher.communicate("", timeout=120)
        assert searcher.returncode == 0, errors
        counts = [int(line) for line in output.split()]
        assert counts == sorted(counts)
        assert len(counts) >= 1
    assert answered(store, photo) == PICTURES


def test_ctrl_c_ends_cleanly_and_the_next_run_goes_on(start: Start, many_pictures: Path, tmp_path: Path) -> None:
    store = tmp_path / "s.sosie"
    arguments = ("-m", "sosie", "index", many_pictures, "--store", store)
    indexer = start(*arguments)
    until(lambda: items_in(store) > 0, [indexer])
    indexer.send_signal(signal.SIGINT)
    output, errors = indexer.communicate(timeout=60)
    assert "Traceback" not in errors
    assert indexer.returncode == 130, errors
    assert "interrupted" in output
    again = start(*arguments)
    output, errors = again.communicate(timeout=240)
    assert again.returncode == 0, errors
    with sosie.open(str(store)) as catalog:
        assert catalog.stats().items == PICTURES
