"""The file of keys: many writers, and a file that cannot be read."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sosie.server.keys import KeyRing
from support.served import served

ADDING = (
    "import sys; from sosie.server.keys import KeyRing; [KeyRing(sys.argv[1]).add(str(n), ['read']) for n in range(5)]"
)


def test_keys_that_are_added_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    adding = [subprocess.Popen([sys.executable, "-c", ADDING, str(path)]) for _ in range(6)]
    assert [process.wait(120) for process in adding] == [0] * 6
    keys = KeyRing(path).all()
    assert len(keys) == len({key.key_id for key in keys}) == 30
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["{}[", '{"a": 1}', "\xff"])
def test_a_broken_file_is_a_fault_of_the_server(shop: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret-folder" / "keys.json"
    text = KeyRing(path).add("one", ["read"])[1]
    with served(shop, keys=str(path), require_key=True) as running, running.client(text) as client:
        assert client.get("/v1/stats").status_code == 200
        path.write_text(content, encoding="latin-1")
        answer = client.get("/v1/stats")
        assert answer.status_code == 503
        assert "secret-folder" not in answer.text
        assert "keys" in answer.json()["detail"]
