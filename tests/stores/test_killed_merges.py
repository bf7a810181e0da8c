"""Who merges segments is killed again and again, with readers beside: nothing is lost and every answer is complete.

SOSIE_MERGE_KILLS=200 SOSIE_MERGE_ITEMS=20000 python -m pytest tests/stores/test_killed_merges.py --timeout 7200
"""

import os
import random
import time
from pathlib import Path

import numpy as np

from support.local_stores import numbered, opened, started, until
from support.store_contract.harness import units

KILLS = int(os.environ.get("SOSIE_MERGE_KILLS", "3"))
ITEMS = int(os.environ.get("SOSIE_MERGE_ITEMS", "1500"))
ADDED = 20
CHANGED = 12

MERGE = """
from pathlib import Path
from sosie.stores.local.snapshots import segments
from support.local_stores import numbered, opened
segments.MERGED_UP_TO = 10**9  # each maintenance merges all there is
store, first, added, changed = opened(Path(sys.argv[1])), *map(int, sys.argv[2:5])
store.upsert(numbered(range(first, first + added)))
store.update({f"{n:04}": {"price": n, "round": first} for n in range(first, first + changed)})
store.delete([f"{first + added - 1:04}"])
print("written", flush=True)
store.optimize()
print("merged", flush=True)
"""

READ = """
import json
import time
from pathlib import Path
from sosie.stores.local.snapshots.lists import LEAST_COMPARED
from support.local_stores import opened
from support.store_contract.harness import NAME, bound, ids, units
store, done, items = opened(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[4])
expected = json.loads(sys.argv[3])
least = [10 if items <= LEAST_COMPARED else 6, 10, 10]  # of many rows, only the nearest lists are compared
wheres = [bound(store, f"price<{items}"), bound(store, f"price<{items // 50}"), bound(store, "not price>=40")]
counts = [items, items // 50, 40]
searches = nearest = 0
print("ready", flush=True)
while not done.exists():
    query = searches % 5
    for where, right, shared in zip(wheres, expected, least, strict=True):
        found = ids(store.search(NAME, units([900 + query]), 10, where)[0])
        assert len(set(found)) == 10
        assert len(set(found) & set(right[query])) >= shared, (found, right[query])
        nearest += len(set(found) & set(right[query]))
    whole = ids(store.search(NAME, units([900 + query]), 10)[0])
    assert len(set(whole)) == 10
    assert [store.count(where) for where in wheres] == counts
    searches += 1
    time.sleep(0.05)  # else the readers leave no time to the merge
assert nearest >= 0.99 * 10 * len(wheres) * searches
print(searches)
"""


def test_killed_while_segments_merge(tmp_path: Path) -> None:
    folder, done = tmp_path / "shop.sosie", tmp_path / "done"
    store = opened(folder)
    for start in range(0, ITEMS, 500):
        store.upsert(numbered(range(start, min(start + 500, ITEMS))))
    expected = [[_nearest(most, query) for query in range(5)] for most in (ITEMS, ITEMS // 50, 40)]
    readers = [started(READ, folder, done, str(expected).replace("'", '"'), ITEMS) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    chance, longest = random.Random(0), 0.0
    for round_ in range(KILLS):
        first = 10 * ITEMS + ADDED * round_
        merging = started(MERGE, folder, first, ADDED, CHANGED)
        assert merging.stdout is not None
        assert merging.stdout.readline() == "written\n"
        began = time.perf_counter()
        if round_ == 0:
            assert merging.stdout.readline() == "merged\n"
            longest = time.perf_counter() - began
        else:
            time.sleep(chance.uniform(0, 1.1 * longest))
        merging.kill()
        merging.communicate()
        assert store.count() == ITEMS + (ADDED - 1) * (round_ + 1)
        until(lambda: True, readers)
    done.touch()
    for reader in readers:
        out, err = reader.communicate(timeout=120)
        assert reader.returncode == 0, err
        assert err == ""
        assert int(out) > 0
    store.optimize()
    assert store.check().problems == ()
    written = [f"{10 * ITEMS + ADDED * round_ + n:04}" for round_ in range(KILLS) for n in range(ADDED - 1)]
    changed = [item.attributes.get("round") for item in store.get(written)]
    assert len(changed) == len(written)
    assert changed.count(None) == (ADDED - 1 - CHANGED) * KILLS
    assert [path.name for path in (folder / "ann").iterdir() if path.name.startswith(".")] == []
    store.close()


def _nearest(most: int, query: int) -> list[str]:
    """The ten nearest of the first items, by the numbers as they are kept."""
    matrix = units(range(most)).astype(np.float16).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    [vector] = units([900 + query])
    return [f"{n:04}" for n in np.argsort(-(matrix @ vector))[:10].tolist()]
