"""The local store between processes: readers beside a writer, writers side by side, and writers that are killed."""

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sosie.errors import StoreLocked
from sosie.stores.local import open_local
from support.local_stores import SNAPPING, numbered, opened, started, until
from support.store_contract.harness import MANIFEST, NAME, axis, ids, units

KILLS = int(os.environ.get("SOSIE_KILLS", "4"))
"""How many writers are killed; the release is tested with more."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shop ü.sosie"


READ = """
from pathlib import Path
from support.local_stores import opened
from support.store_contract.harness import NAME, axis, ids
store = opened(Path(sys.argv[1]))
least, searches = 0, 0
print("ready", flush=True)
while not Path(sys.argv[2]).exists():
    found = ids(store.search(NAME, axis(), 5000)[0])
    assert len(found) == len(set(found)), "an item twice"
    assert len(found) >= least, f"{len(found)} items after {least}"
    assert store.count() >= len(found)
    assert len(list(store.scan(after="0100"))) >= len(found) - 101
    least, searches = len(found), searches + 1
print(least, searches)
"""


def test_readers_beside_a_writer_never_see_less(folder: Path, tmp_path: Path) -> None:
    store = opened(folder)
    store.upsert(numbered(range(40)))
    done = tmp_path / "done"
    readers = [started(READ, folder, done) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for start in range(40, 1000, 40):
        store.upsert(numbered(range(start, start + 40)))
        store.update({f"{n:04}": {"price": start} for n in range(start)})
        if start % 200 == 0:
            store.optimize()
    done.touch()
    for reader in readers:
        out, err = reader.communicate(timeout=60)
        assert (reader.returncode, err) == (0, "")
        assert int(out.split()[1]) > 0
    store.close()


WRITE = """
from pathlib import Path
from support.local_stores import numbered, opened
store, first = opened(Path(sys.argv[1])), int(sys.argv[2])
for start in range(first, first + 100000, 7):
    store.upsert(numbered(range(start, start + 7)))
    store.delete([f"{start:04}"])
    print(start, flush=True)
    if start % 4 == 0:
        store.optimize()
"""


def test_killed_writers_lose_nothing_that_was_acknowledged(folder: Path) -> None:
    opened(folder).close()
    expected: set[str] = set()
    for round_ in range(KILLS):
        acknowledged = killed_writer(folder, 10_000 * (round_ + 1), after=3 + round_ % 5)
        expected |= {f"{n:04}" for start in acknowledged for n in range(start + 1, start + 7)}
        store = opened(folder)
        result = [hit.item_id for hit in store.search(NAME, axis(), 100_000)[0]]
        assert len(result) == len(set(result)) == store.count()
        assert expected <= set(result)
        assert len(set(result) - expected) <= 7 * (round_ + 1)
        assert ids(store.scan()) == sorted(result)
        assert store.check().problems == ()
        expected = set(result)
        store.close()


def killed_writer(folder: Path, first: int, after: int) -> list[int]:
    """The batches that a writer acknowledged before it was killed, at some moment behind the ``after``-th."""
    with started(WRITE, folder, first) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(after)]
        time.sleep(first % 70_000 / 1e6)
        process.kill()
        # communicate() would pass over what readline() has read ahead.
        lines += process.stdout.readlines()
        assert process.stderr.read() == ""
    return [int(line) for line in lines if line.endswith("\n")]


CREATE = """
from pathlib import Path
from support.local_stores import opened
print("ready", flush=True)
opened(Path(sys.argv[1])).close()
"""


def test_killed_while_it_is_created(folder: Path) -> None:
    for round_ in range(KILLS):
        process = started(CREATE, folder / str(round_))
        assert process.stdout is not None
        process.stdout.readline()
        until((folder / str(round_)).exists)
        process.kill()
        process.communicate()
        store = opened(folder / str(round_))
        assert (store.manifest, store.count()) == (MANIFEST, 0)
        store.close()


def test_several_create_one_store(folder: Path) -> None:
    processes = [started(CREATE, folder) for _ in range(4)]
    for process in processes:
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 0
    store = open_local(folder)
    assert store.manifest == MANIFEST
    store.close()


def test_a_second_writer_waits(folder: Path) -> None:
    first, second = opened(folder), opened(folder, replace(SNAPPING, busy_seconds=30))
    with first._database.write() as connection:
        connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'change'")
        waiting = threading.Thread(target=second.upsert, args=[numbered(range(3))])
        waiting.start()
        assert second.count() == 0
    waiting.join()
    assert first.count() == 3
    first.close()
    second.close()


def test_a_second_writer_gets_an_error_after_waiting_too_long(folder: Path) -> None:
    first, second = opened(folder), opened(folder, replace(SNAPPING, busy_seconds=0.05))
    first.upsert(numbered(range(3)))
    with first._database.write():
        for write in (lambda: second.upsert(numbered(range(9))), lambda: second.delete(["0000"])):
            with pytest.raises(StoreLocked, match="another process writes"):
                write()
        assert second.count() == 3
        assert len(second.search(NAME, units([1]), 9)[0]) == 3
    assert second.delete(["0000"]) == 1
    first.close()
    second.close()


def test_threads_write_and_search_one_store(folder: Path) -> None:
    store = opened(folder, replace(SNAPPING, busy_seconds=30))
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for start in range(first, first + 40, 4):
                store.upsert(numbered(range(start, start + 4)))
                assert len(store.search(NAME, axis(), 5000)[0]) >= start + 4 - first
                store.optimize()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[1000 * n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.search(NAME, axis(), 5000)[0]) == store.count() == 160
    store.close()
