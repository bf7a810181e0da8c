"""The examples of docs/http-api.md run as they stand there."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.served import Served, served

TEXT = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", TEXT, re.S)
SCRIPTS = re.findall(r"```python\n(.*?)```", TEXT, re.S)
SHOWN = (
    "/v1/search", "/v1/explain", "/v1/identify", "/v1/preview", "/similar", "/v1/items:batch", "/v1/items",
    "/v1/thumbnails/", "/v1/item?", "/v1/item/similar", "/v1/thumbnail?", "/v1/items:query", "/v1/items:similar",
    "/v1/attributes:query", "/v1/items:update", "/v1/attributes?", "/v1/stats", "/v1/feedback", "/healthz", "/readyz",
    "/metrics", "/images/search/",
)  # fmt: skip
"""What the document has an example of: every route."""


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_example(copied: Path, pictures: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(pictures[3])
    with served(copied) as running:
        for example in EXAMPLES:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", example],
                cwd=tmp_path,
                env={"PATH": "/usr/bin:/bin", "SOSIE": running.url},
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, (example, done.stderr, done.stdout)
            if "v1/search" in example:
                assert json.loads(done.stdout)["results"][0]["matches"]
    assert len(EXAMPLES) > 8


def test_every_route_has_an_example() -> None:
    commands = "\n".join(EXAMPLES)
    assert [route for route in SHOWN if route not in commands] == []
    assert commands.count("curl") >= len(SHOWN)
    outside = re.sub(r"```.*?```", "", TEXT, flags=re.S)
    assert "curl" not in outside, "an example that no test runs"


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script(server: Served, pictures: list[bytes], tmp_path: Path, script: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(pictures[4])
    environment = {"PATH": "/usr/bin:/bin", "SOSIE": server.url}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    scores, names = zip(*(line.split() for line in done.stdout.splitlines()), strict=True)
    assert names[0] == "i4.jpg"
    assert list(map(float, scores)) == sorted(map(float, scores), reverse=True)
