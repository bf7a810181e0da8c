"""A migration that is killed again and again, and searches all the while."""

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import sosie
from e2e.test_processes import ROUNDS
from support.local_stores import until

HERE = Path(__file__).parent
OLD, NEW = "mobilenet_v2", "efficientnet_lite0"


@pytest.mark.timeout(120 + 30 * ROUNDS)
def test_kill_9_while_migrating_no_search_fails_or_mixes(
    start: Callable[..., "subprocess.Popen[str]"], many_pictures: Path, tmp_path: Path
) -> None:
    store, photo, dice = tmp_path / "s.sosie", many_pictures / "000.jpg", random.Random(3)
    answers = {}
    for name in (OLD, NEW):
        with sosie.Catalog(store if name == OLD else tmp_path / "new.sosie", embedder=name, quick=True) as catalog:
            catalog.index(many_pictures, details=False)
            answers[name] = [(match.item_id, match.score) for match in catalog.search(photo, k=5).matches]
    searchers, logs = [], []
    for how in ("steady", "reopen"):
        with (tmp_path / f"{how}.log").open("w") as log:
            searchers.append(start(HERE / "steady_searcher.py", store, photo, how, stdout=log))
        logs.append(tmp_path / f"{how}.log")
    until(lambda: all(log.stat().st_size for log in logs), searchers)
    kills = 0
    while kills < ROUNDS:
        migrator = start(HERE / "migrator.py", store, NEW)
        assert migrator.stdout is not None
        migrator.stdout.readline()
        time.sleep(dice.uniform(0, 0.3))
        migrator.send_signal(signal.SIGKILL)
        migrator.communicate()
        kills += migrator.returncode == -signal.SIGKILL
        with sosie.Catalog(store) as catalog:
            assert catalog.check().problems == ()
            if catalog.stats().embedder == NEW:
                catalog.undo_migration()
                catalog.finish_migration()
    migrator = start(HERE / "migrator.py", store, NEW)
    _, errors = migrator.communicate(timeout=240)
    assert migrator.returncode == 0, errors
    lengths = [log.stat().st_size for log in logs]
    until(lambda: all(log.stat().st_size > length for log, length in zip(logs, lengths, strict=True)), searchers)
    for searcher, log in zip(searchers, logs, strict=True):
        _, errors = searcher.communicate("", timeout=120)
        assert searcher.returncode == 0, errors
        seen = [json.loads(line) for line in log.read_text().splitlines()]
        assert {name for name, _ in seen} == {OLD, NEW}
        for name, matches in seen:
            assert [(item, pytest.approx(score, abs=1e-5)) for item, score in answers[name]] == [
                tuple(match) for match in matches
            ]
