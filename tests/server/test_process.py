"""``sosie serve`` as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

SOURCE = Path(__file__).parents[2] / "src"


@pytest.mark.parametrize("workers", [1, 2])
def test_it_answers_logs_json_and_ends_on_a_signal(shop: Path, pictures: list[bytes], workers: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["serve", "--store", str(shop), "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-c", "from sosie.cli import main; main()", *arguments],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            _wait(client, process)
            answer = client.post("/v1/search?where=title!=hidden", files={"image": pictures[2]})
            assert answer.json()["results"][0]["matches"][0]["item_id"] == "i2"
    finally:
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=60)
    lines = [json.loads(line) for line in logged.splitlines()]
    [requested] = [line for line in lines if line.get("path") == "/v1/search"]
    assert requested["request_id"] == answer.headers["x-request-id"]
    assert requested["status"] == 200
    assert b"hidden" not in logged


@pytest.mark.parametrize("host", ["127.0.0.2", "::1"])
def test_other_loopback_addresses(shop: Path, host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as free:
        try:
            free.bind((host, 0))
        except OSError as error:
            pytest.skip(f"this machine has no {host}: {error}")
        port = free.getsockname()[1]
    arguments = ["serve", "--store", str(shop), "--port", str(port), "--host", host]
    process = subprocess.Popen(
        [sys.executable, "-c", "from sosie.cli import main; main()", *arguments],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    named = f"[{host}]" if ":" in host else host
    try:
        with httpx.Client(base_url=f"http://{named}:{port}", trust_env=False) as client:
            _wait(client, process)
            assert client.get("/v1/items/i1").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=60)
    assert f"http://{named}:{port}/" in logged.decode()


def test_a_port_in_use_is_said_before_anything_begins(shop: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-c", "from sosie.cli import main; main()", "serve", "--store", shop, "--port", str(port)],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(SOURCE)}, timeout=60,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: cannot listen at 127.0.0.1:{port}: Address already in use; choose another")


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            client.get("/readyz")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
