"""Two processes fill one catalog; one of them is killed, and run again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sosie.stores.elasticsearch import open_elasticsearch
from support.elasticsearch.cluster import Cluster
from support.pictures import draw_picture, encode
from support.store_contract.harness import ids

PICTURES = 90


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed in range(PICTURES):
        (tmp_path / f"{seed:03}.jpg").write_bytes(encode(draw_picture(seed, (160, 120))))
    return tmp_path


def start(folder: Path, uri: str, part: int) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, str(Path(__file__).with_name("worker.py")), str(folder), uri, str(part), "2"]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_one_of_two_workers_is_killed_and_run_again(server: Cluster, folder: Path) -> None:
    uri = server.uri(f"workers-{os.getpid()}")
    killed, other = (start(folder, uri, part) for part in (0, 1))
    assert killed.stdout is not None
    acknowledged = int(killed.stdout.readline())
    killed.kill()
    killed.communicate(timeout=60)
    _, errors = other.communicate(timeout=240)
    assert other.returncode == 0, errors
    with_one = open_elasticsearch(uri)
    begun = with_one.count()
    again = start(folder, uri, 0)
    _, errors = again.communicate(timeout=240)
    assert again.returncode == 0, errors
    assert acknowledged <= begun < PICTURES
    assert ids(with_one.scan()) == [f"{seed:03}.jpg" for seed in range(PICTURES)]
    assert all(item.vectors and item.blobs for item in with_one.scan(fields=["embedding@1", "thumbnail"]))
    assert with_one.check().problems == ()
    with_one.close()
