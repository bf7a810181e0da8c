"""A real Ray cluster on this machine's loopback, and its worker processes."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.base import Source
from sosie.sources.opening import open_source
from support.elasticsearch.node import free_port

READY_SECONDS = 120
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}


class Vanishing:
    """Opens a source, but only in the process in which it was made."""

    def __init__(self, path: Path) -> None:
        self.path, self.home = path, os.getpid()

    def __call__(self) -> Source:
        if os.getpid() != self.home:
            raise SourceError("the table is gone")
        return open_source(self.path)


@contextmanager
def ray_cluster(cores: int) -> Iterator[tuple[str, dict[str, str], int]]:
    """The address of a new cluster, the environment that opens it, and the process that everything of it comes from."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    environment = {**LOOPBACK, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}
    port = free_port()
    arguments = [
        "start", "--head", "--block", f"--port={port}", f"--num-cpus={cores}", f"--temp-dir={folder}",
        "--include-dashboard=false", "--disable-usage-stats", "--node-ip-address=127.0.0.1",
        "--object-store-memory=100000000",
    ]  # fmt: skip
    with (folder / "output").open("wb") as output:
        head = subprocess.Popen(
            [Path(sys.executable).with_name("ray"), *arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
    try:
        _wait_until_started(head, folder / "output")
        yield f"127.0.0.1:{port}", environment, head.pid
    finally:
        head.terminate()
        head.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_started(head: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "Ray runtime started" not in (report := output.read_text(errors="replace")):
        assert head.poll() is None, f"Ray ended: {report}"
        assert time.monotonic() < deadline, f"Ray was not ready in {READY_SECONDS} s: {report}"
        time.sleep(0.2)


def workers_at(task: str, ancestor: int) -> list[int]:
    """The processes below ``ancestor`` that run a task of this name now; Ray writes it into their title."""
    parents, titles = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            titles[int(folder.name)] = (folder / "cmdline").read_text().rstrip("\0 ")
        except (OSError, ValueError):
            continue
    return [pid for pid, title in titles.items() if title == f"ray::{task}" and _descends(pid, ancestor, parents)]


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid > 1 and pid != ancestor:
        pid = parents.get(pid, 0)
    return pid == ancestor
