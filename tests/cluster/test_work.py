"""Copying, swapping, sharing the work, and what is said when something is wrong, against the real server."""

import itertools
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import StoreDamaged, StoreError, StoreNotFound, StoreUnavailable, UsageError
from sosie.stores.copying import copy
from sosie.stores.elasticsearch import (
    ElasticsearchSettings,
    indices,
    open_elasticsearch,
    open_replacement,
    swapping,
)
from sosie.stores.exact import ExactStore
from sosie.stores.local import LocalSettings, open_local
from support.elasticsearch.cluster import Cluster
from support.store_contract.harness import MANIFEST, NAME, fill, ids, record, units

QUICK = ElasticsearchSettings(replicas=0, retries=1, backoff=0.05, seconds=10, health_seconds=1)
_numbers = itertools.count()


@pytest.fixture
def uri(server: Cluster) -> str:
    return server.uri(f"work-{os.getpid()}-{next(_numbers)}")


def test_local_to_elasticsearch_to_local_gives_identical_answers(uri: str, tmp_path: Path) -> None:
    first = open_local(tmp_path / "first.sosie", MANIFEST, LocalSettings(power_safe=False))
    fill(first, [replace(record(f"{n:03}", price=n, tags=()), blobs={"thumbnail": b"x"}) for n in range(300)])
    first.add_feedback([{"verdict": "match"}])
    middle = open_elasticsearch(uri, first.manifest, QUICK)
    last = open_local(tmp_path / "last.sosie", MANIFEST, LocalSettings(power_safe=False))
    there, back = copy(first, middle), copy(middle, last)
    assert (there.copied, back.copied, there.checksum) == (300, 300, back.checksum)
    for item, other in zip(first.search(NAME, units([1, 2]), 20), last.search(NAME, units([1, 2]), 20), strict=True):
        assert ids(item) == ids(other)
    assert last.feedback() == first.feedback()
    for store in (first, middle, last):
        store.close()


def test_a_copy_goes_on_where_it_stopped_and_refuses_a_foreign_item(uri: str) -> None:
    source, target = ExactStore(MANIFEST), open_elasticsearch(uri, MANIFEST, QUICK)
    fill(source, [record(f"{n:03}") for n in range(30)])
    fill(target, list(source.get([f"{n:03}" for n in range(12)], [NAME])))
    report = copy(source, target)
    assert (report.copied, report.present) == (18, 12)
    fill(target, [record("foreign")])
    with pytest.raises(StoreError, match="items of its own"):
        copy(source, target)
    target.close()


def test_a_swap_changes_nothing_until_it_is_committed(uri: str) -> None:
    store = fill(open_elasticsearch(uri, MANIFEST, QUICK), [record("old")])
    store.add_feedback([{"n": 1}])
    with open_replacement(uri, MANIFEST, QUICK) as abandoned:
        fill(abandoned.store, [record("never")])
        assert ids(store.scan()) == ["old"]
    assert ids(store.scan()) == ["old"]
    assert store.check().problems == ()
    with open_replacement(uri, MANIFEST, QUICK) as replacement:
        fill(replacement.store, [record("new")])
        replacement.commit()
    assert ids(store.scan()) == ["new"]
    assert ids(store.search(NAME, units([1]), 5)[0]) == ["new"]
    assert store.feedback() == [{"n": 1}]
    assert store.check().problems == ()
    store.close()


def test_of_two_swaps_the_second_is_refused(uri: str) -> None:
    store = fill(open_elasticsearch(uri, MANIFEST, QUICK), [record("old")])
    with open_replacement(uri, MANIFEST, QUICK) as slow:
        with open_replacement(uri, MANIFEST, QUICK) as quick:
            fill(quick.store, [record("quick")])
            quick.commit()
        with pytest.raises(StoreError, match="meanwhile"):
            slow.commit()
    assert ids(store.scan()) == ["quick"]
    store.close()


def test_a_repair_leaves_a_swap_that_runs_alone(uri: str) -> None:
    store = fill(open_elasticsearch(uri, MANIFEST, QUICK), [record("old")])
    with open_replacement(uri, MANIFEST, QUICK) as replacement:
        fill(replacement.store, [record("new 1")])
        report = store.check(repair=True)
        assert (report.problems, report.repaired) == ((), ())
        fill(replacement.store, [record("new 2")])
        replacement.commit()
    assert ids(store.scan()) == ["new 1", "new 2"]
    store.close()


def test_a_swap_renews_its_mark_until_it_ends(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swapping, "SIGN_OF_LIFE_SECONDS", 0.05)
    monkeypatch.setattr(indices, "PATIENCE", 1.0)
    store = fill(open_elasticsearch(uri, MANIFEST, QUICK), [record("old")])
    with open_replacement(uri, MANIFEST, QUICK):
        time.sleep(1.5)
        assert store.check().problems == ()
    store.close()


def test_what_a_killed_swap_left_is_removed_and_a_writer_into_it_stops(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = fill(open_elasticsearch(uri, MANIFEST, QUICK), [record("old")])
    with open_replacement(uri, MANIFEST, QUICK) as replacement:
        fill(replacement.store, [record("new")])
        monkeypatch.setattr(indices, "PATIENCE", -1.0)
        [problem] = store.check().problems
        assert "left behind" in problem
        assert store.check(repair=True).repaired == (problem,)
        with pytest.raises(StoreNotFound):
            replacement.store.upsert([record("newer")])
        with pytest.raises(StoreError):
            replacement.commit()
    assert ids(store.scan()) == ["old"]
    assert store.check().problems == ()
    store.close()


def test_a_swap_keeps_what_the_address_does_not_say(server: Cluster, uri: str) -> None:
    open_elasticsearch(f"{uri}?shards=2&vectors=int8_hnsw", MANIFEST, QUICK).close()
    for query, shards in (("", "2"), ("?shards=3", "3"), ("", "3")):
        with open_replacement(uri + query, MANIFEST, QUICK) as replacement:
            replacement.commit()
        [index] = server.request("GET", f"/{uri.rpartition('/')[2]}").values()
        assert index["settings"]["index"]["number_of_shards"] == shards
        assert index["mappings"]["_meta"]["sosie"]["vectors"] == "int8_hnsw"


def test_an_address_without_a_server_is_reported() -> None:
    with pytest.raises(StoreUnavailable, match="nothing answers"):
        open_elasticsearch("elasticsearch+http://127.0.0.1:9/shop", MANIFEST, QUICK)


def test_a_wrong_password(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOSIE_ELASTICSEARCH_PASSWORD", "wrong")
    with pytest.raises(StoreUnavailable, match="does not accept these credentials"):
        open_elasticsearch(uri, MANIFEST, QUICK)


def test_a_certificate_without_a_known_authority(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOSIE_ELASTICSEARCH_CA")
    with pytest.raises(StoreUnavailable, match="SOSIE_ELASTICSEARCH_CA"):
        open_elasticsearch(uri, MANIFEST, QUICK)


def test_a_catalog_that_is_not_there(uri: str) -> None:
    with pytest.raises(StoreNotFound, match="index into it first"):
        open_elasticsearch(uri, None, QUICK)


@pytest.mark.parametrize("aliases", [{}, {"NAME": {}}])
def test_an_index_of_another_program(server: Cluster, uri: str, aliases: dict[str, object]) -> None:
    name = uri.rpartition("/")[2]
    server.request("PUT", f"/{name}{'-other' if aliases else ''}", {"aliases": {name: {}} if aliases else {}})
    with pytest.raises(StoreDamaged, match="Sosie"):
        open_elasticsearch(uri, MANIFEST, QUICK)


def test_a_read_only_index_keeps_what_it_has_and_heals(server: Cluster, uri: str) -> None:
    store = fill(open_elasticsearch(uri, MANIFEST, QUICK), [record("a")])
    block = {"index.blocks.read_only_allow_delete": True}
    server.request("PUT", f"/{uri.rpartition('/')[2]}-1/_settings", block)
    with pytest.raises(StoreUnavailable, match="read-only"):
        store.upsert([record("b")])
    assert ids(store.get(["a", "b"])) == ["a"]
    server.request("PUT", f"/{uri.rpartition('/')[2]}-1/_settings", dict.fromkeys(block))
    fill(store, [record("b")])
    assert store.count() == 2
    store.close()


def test_one_bad_record_does_not_stop_the_others(uri: str) -> None:
    store = open_elasticsearch(uri, MANIFEST, QUICK)
    [rejection] = store.upsert([record("good"), record("bad", brand="\ud800")])
    assert (rejection.item_id, rejection.stage) == ("bad", "store")
    assert ids(store.get(["good", "bad"])) == ["good"]
    store.close()


def test_workers_may_open_what_another_is_just_making(uri: str) -> None:
    for n in range(3):
        with ThreadPoolExecutor(4) as pool:
            opened = list(pool.map(lambda _, own=f"{uri}-{n}": open_elasticsearch(own, MANIFEST, QUICK), range(4)))
        assert [store.manifest for store in opened] == [MANIFEST] * 4
        for store in opened:
            store.close()


def test_workers_that_begin_together_make_one_catalog(uri: str) -> None:
    stores = [open_elasticsearch(uri, MANIFEST, QUICK) for _ in range(2)]
    for part, store in enumerate(stores):
        types = {**store.manifest.attributes, f"of worker {part}": "number"}
        store.replace_manifest(replace(store.manifest, attributes=types), store.manifest)
        fill(store, [record(f"{n:02}", **{f"of worker {part}": n}) for n in range(part, 20, 2)])
        fill(store, [record(f"{n:02}", **{f"of worker {part}": n}) for n in range(part, 20, 2)])
    assert [store.count() for store in stores] == [20, 20]
    assert stores[0].manifest == stores[1].manifest
    for store in stores:
        store.close()


def test_an_address_that_asks_for_another_index_is_refused(uri: str) -> None:
    open_elasticsearch(uri, MANIFEST, QUICK).close()
    with pytest.raises(UsageError, match="shards=1"):
        open_elasticsearch(f"{uri}?shards=3", None, QUICK)


@pytest.mark.parametrize("vectors", ["hnsw", "int8_hnsw", "bbq_hnsw"])
def test_every_kind_of_index_gives_true_cosines(uri: str, vectors: str) -> None:
    manifest = replace(MANIFEST, vectors={NAME: 256}, active={"embedding": NAME})
    store = open_elasticsearch(f"{uri}?vectors={vectors}", manifest, QUICK)
    matrix = units(range(200), 256)
    fill(store, [replace(record(f"{n:03}"), vectors={NAME: row}) for n, row in enumerate(matrix)])
    [query] = units([999], 256)
    [hits] = store.search(NAME, query[None], 10)
    assert [hit.score for hit in hits] == pytest.approx([float(matrix[int(h.item_id)] @ query) for h in hits], abs=1e-5)
    assert {int(hit.item_id) for hit in hits} == set(np.argsort(-(matrix @ query))[:10])
    store.close()
