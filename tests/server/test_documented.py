"""The examples of docs/http-api.md run as they stand there."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.served import served

TEXT = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", TEXT, re.S)


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
