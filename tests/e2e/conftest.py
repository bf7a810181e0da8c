"""Whole processes, as a shell would start them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from support.pictures import draw_picture, encode

PICTURES = 96


@pytest.fixture(scope="session")
def many_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of drawn pictures, enough for a run to be interrupted."""
    folder = tmp_path_factory.mktemp("many")
    for seed in range(PICTURES):
        (folder / f"{seed:03}.jpg").write_bytes(encode(draw_picture(seed, (320, 240))))
    return folder


@pytest.fixture(scope="session")
def start() -> Callable[..., "subprocess.Popen[str]"]:
    """Start Python with the same package path as this test run."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"}

    def start(*arguments: object, stdout: int | IO[str] = subprocess.PIPE) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdout=stdout,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
            env=environment,
        )

    return start
