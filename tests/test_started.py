"""The suite does not depend on how it was started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__)


def test_children_have_the_default_handlers_and_a_plain_environment(tmp_path: Path) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=subprocess.PIPE, stdout=-1)
    assert sleeper.stdout is not None
    sleeper.stdout.readline()
    sleeper.send_signal(signal.SIGINT)
    sleeper.communicate(timeout=60)
    assert sleeper.returncode == -signal.SIGINT
    (tmp_path / "new").touch()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o644
    assert "COLUMNS" not in os.environ
    assert "http_proxy" not in os.environ
    assert time.timezone == 0
    os.fstat(0)


def test_it_may_be_started_with_signals_ignored_and_standard_input_closed() -> None:
    selected = f"{HERE}::test_children_have_the_default_handlers_and_a_plain_environment"
    shell = f"umask 077; trap '' INT; exec {sys.executable} -m pytest -q -p no:cacheprovider {selected} <&-"
    odd = {**os.environ, "COLUMNS": "20", "TZ": "Pacific/Kiritimati", "http_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(["/bin/sh", "-c", shell], env=odd, cwd=HERE.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
