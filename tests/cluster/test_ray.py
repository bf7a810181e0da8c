"""Indexing on a real Ray cluster of two cores into the real Elasticsearch, with workers killed in between."""

import importlib.util
import json
import os
import signal
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from sosie.cli.main import main
from sosie.distributed import index_on_ray
from sosie.errors import ClusterError, EmbedderMismatch, SourceError, UsageError
from sosie.stores.elasticsearch import open_elasticsearch
from sosie.types import Progress
from support.elasticsearch.cluster import Cluster
from support.pictures import draw_picture, encode
from support.ray_cluster import Vanishing, ray_cluster, workers_at
from support.store_contract.harness import ids

PICTURES = 120
_numbers = count()


class Ray(NamedTuple):
    address: str
    head: int


@pytest.fixture(scope="module")
def ray(server: Cluster) -> Iterator[Ray]:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed: pip install 'sosie[ray]'")
    with ray_cluster(2) as (address, environment, head), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Ray(address, head)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of drawn pictures, and one that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(PICTURES):
        (folder / f"{seed:03}.jpg").write_bytes(encode(draw_picture(seed, (160, 120))))
    (folder / "none.jpg").write_bytes(b"<html>")
    rows = ["item_id,image,price", *(f"{n:03},{n:03}.jpg,{n}" for n in range(PICTURES)), "none,none.jpg,1"]
    (folder / "catalog.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder / "catalog.csv"


@pytest.fixture
def uri(server: Cluster) -> str:
    return f"{server.uri(f'ray-{os.getpid()}-{next(_numbers)}')}?replicas=0"


def check_complete(uri: str) -> None:
    store = open_elasticsearch(uri)
    assert ids(store.scan()) == [f"{n:03}" for n in range(PICTURES)]
    assert all(item.vectors and item.blobs for item in store.scan(fields=["embedding@1", "thumbnail"]))
    assert store.check().problems == ()
    store.close()


def test_the_command_reports_as_on_one_machine(
    ray: Ray, table: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)
    command = ["index", table.name, "--store", uri, "--ray", ray.address, "--workers", "2", "--json"]
    command += ["--rejections", "rejections.csv"]
    first = CliRunner().invoke(main, command)
    assert first.exit_code == 0, first.output
    report = json.loads(first.stdout)
    assert {name: report[name] for name in ("added", "updated", "unchanged", "removed", "interrupted")} == {
        "added": PICTURES, "updated": 0, "unchanged": 0, "removed": 0, "interrupted": False,
    }  # fmt: skip
    assert [(entry["item_id"], entry["stage"]) for entry in report["rejected"]] == [("none", "decode")]
    assert "none,decode," in (table.parent / "rejections.csv").read_text()
    check_complete(uri)
    again = json.loads(CliRunner().invoke(main, command).stdout)
    assert (again["added"], again["unchanged"]) == (0, PICTURES)


def test_killed_workers_are_replaced(ray: Ray, table: Path, uri: str) -> None:
    killed: list[int] = []
    seen: list[Progress] = []

    def kill_once_begun(now: Progress) -> None:
        seen.append(now)
        if now.done and len(killed) < 2:
            for pid in workers_at("_part", ray.head)[:1]:
                if pid not in killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

    report = index_on_ray(table, uri, address=ray.address, workers=2, on_progress=kill_once_begun)
    assert len(killed) == 2
    assert report.added + report.unchanged == PICTURES
    assert report.added > 0
    assert [rejection.item_id for rejection in report.rejected] == ["none"]
    assert (seen[-1].done, seen[-1].total, seen[-1].rejected) == (PICTURES + 1, PICTURES + 1, 1)
    check_complete(uri)


def test_ctrl_c_ends_cleanly_and_the_next_run_goes_on(ray: Ray, table: Path, uri: str) -> None:
    def interrupt(now: Progress) -> None:
        if now.done:
            raise KeyboardInterrupt

    report = index_on_ray(table, uri, address=ray.address, workers=1, on_progress=interrupt)
    assert report.interrupted
    assert 0 < report.added < PICTURES
    store = open_elasticsearch(uri)
    store.flush()
    assert store.count() >= report.added, "a part that was being written may be there, too"
    store.close()
    assert workers_at("_part", ray.head) == []
    rest = index_on_ray(table, uri, address=ray.address, workers=2)
    assert rest.added + rest.unchanged == PICTURES
    assert rest.unchanged >= report.added
    check_complete(uri)


def test_what_goes_wrong_on_a_worker_is_said_as_it_would_be_here(
    ray: Ray, table: Path, uri: str, tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_text(f"item_id,image\n1,{table.parent / '000.jpg'}\n", encoding="utf-8")
    index_on_ray(tmp_path / "one.csv", uri, address=ray.address, workers=1)
    with pytest.raises(EmbedderMismatch, match="was filled by duo"):
        index_on_ray(table, uri, address=ray.address, embedder="efficientnet_lite0")
    with pytest.raises(SourceError, match=r"^the table is gone$"):
        index_on_ray(Vanishing(table), uri, address=ray.address, workers=1)


@pytest.mark.parametrize("uri", ["memory:", "shop.sosie", "http://127.0.0.1:8000"])
def test_a_store_that_one_process_writes_is_refused(table: Path, uri: str) -> None:
    with pytest.raises(UsageError, match="leave --ray out"):
        index_on_ray(table, uri, address="local")


@pytest.mark.parametrize("option", ["--sync", "--swap", "--dry-run", "--shard=0/2"])
def test_what_would_remove_or_divide_is_refused(table: Path, option: str) -> None:
    result = CliRunner().invoke(main, ["index", str(table), "--store", "shop.sosie", "--ray", "local", option])
    assert result.exit_code == 2
    assert f"--ray cannot be combined with {option.partition('=')[0]}" in result.output


def test_no_cluster_at_the_address(ray: Ray, table: Path, uri: str) -> None:
    began = time.monotonic()
    with pytest.raises(ClusterError, match="expected host:6379"):
        index_on_ray(table, uri, address="127.0.0.1:9")
    assert time.monotonic() - began < 120
