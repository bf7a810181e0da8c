"""Feedback, check, optimize, flush, close, reopening, and threads."""

import threading

import numpy as np
import pytest

from sosie.stores.base import Store
from support.store_contract.harness import NAME, Harness, Reopen, axis, fill, ids, record, unit

ROWS = [{"query": "a", "verdict": "match", "n": 1}, {"ü": [None, True, 0.5, {"x": "色"}]}, {}, {"query": "a"}]


class LivingContract:
    def test_feedback_keeps_its_order(self, store: Store, reopen: Reopen) -> None:
        assert store.feedback() == []
        store.add_feedback(ROWS[:2])
        store.add_feedback([])
        store.add_feedback(ROWS[2:])
        assert store.feedback() == ROWS
        assert reopen(store).feedback() == ROWS

    def test_feedback_is_not_the_rows_given(self, store: Store) -> None:
        row = {"verdict": "match"}
        store.add_feedback([row])
        row["verdict"] = "changed"
        store.feedback()[0]["verdict"] = "changed"
        assert store.feedback() == [{"verdict": "match"}]

    def test_check_finds_a_sound_store_sound(self, store: Store) -> None:
        assert store.check().items == 0
        fill(store, [record(f"{n}", brand="x") for n in range(20)])
        store.optimize()
        store.delete(["3"])
        store.flush()
        for repair in (False, True):
            report = store.check(repair=repair)
            assert (report.items, report.problems, report.repaired) == (19, (), ())
        assert store.count() == 19

    def test_optimize_and_flush_change_no_answer(self, store: Store, harness: Harness) -> None:
        store.optimize()
        store.flush()
        fill(store, [record(f"{n:03}", unit(n), product_id=f"p{n % 7}") for n in range(200)])
        before = [store.search(NAME, axis(), 20), store.search(NAME, axis(), 5, distinct="product_id")]
        store.optimize()
        store.flush()
        store.optimize()
        after = [store.search(NAME, axis(), 20), store.search(NAME, axis(), 5, distinct="product_id")]
        assert [ids(hits) for [hits] in after] == [ids(hits) for [hits] in before]
        scores, old_scores = ([hit.score for [hits] in answers for hit in hits] for answers in (after, before))
        assert scores == pytest.approx(old_scores, abs=harness.score_tolerance)

    def test_closing_twice_is_no_error(self, store: Store) -> None:
        fill(store, [record("a")])
        store.close()
        store.close()

    def test_everything_is_there_after_reopening(self, store: Store, reopen: Reopen) -> None:
        fill(store, [record(f"{n}", brand="Acme") for n in range(30)])
        store.optimize()
        fill(store, [record("late", brand="Late")])
        store.delete(["7"])
        store.update({"8": {"brand": "Changed"}})
        store.flush()
        before = store.search(NAME, axis(), 50)
        store = reopen(store)
        assert store.count() == 30
        assert ids(store.search(NAME, axis(), 50)[0]) == ids(before[0])
        assert ids(store.search_text("late", 5)) == ["late"]
        assert store.get(["8"])[0].attributes == {"brand": "Changed"}

    def test_threads_read_beside_a_writer(self, store: Store) -> None:
        fill(store, [record(f"base {n:02}", unit(n)) for n in range(20)])
        failures: list[BaseException] = []
        done = threading.Event()

        def read() -> None:
            try:
                while not done.is_set():
                    hits = store.search(NAME, axis(), 10)[0]
                    assert len(set(ids(hits))) == 10
                    assert store.count() >= 20
                    assert len(ids(store.scan())) >= 20
            except BaseException as error:
                failures.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        try:
            for n in range(25):
                fill(store, [record(f"more {n:02}", unit(100 + n))])
                store.put_vectors(NAME, [f"more {n:02}"], unit(200 + n)[None])
        finally:
            done.set()
            for reader in readers:
                reader.join()
        assert failures == []
        assert store.count() == 45
        result = store.get([f"more {n:02}" for n in range(25)], [NAME])
        assert all(np.allclose(item.vectors[NAME], unit(200 + n), atol=1e-3) for n, item in enumerate(result))
