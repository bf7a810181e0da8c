"""One node of a real Elasticsearch as a child process."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.elasticsearch.installation import SYSTEM_USER, VERSION, java_home, server_home

READY_SECONDS = 150
HEAP = "512m"


@dataclass
class Node:
    """A node in a folder of its own, on loopback. ``settings`` are those of elasticsearch.yml."""

    folder: Path
    http_port: int
    transport_port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    version: str = VERSION
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        home, config = server_home(self.version), self.folder / "config"
        for name in ("tmp", "logs"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.copytree(home / "config", config, dirs_exist_ok=True)
        options = (config / "jvm.options").read_text().replace("logs/gc.log", f"{self.folder}/logs/gc.log")
        (config / "jvm.options").write_text(options)
        for name, content in self.files.items():
            (config / name).write_bytes(content)
        (config / "elasticsearch.yml").write_text("".join(f"{k}: {v}\n" for k, v in self._settings().items()))
        self._give_to_system_user()
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [home / "bin" / "elasticsearch"],
                env=self._environment(config),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                **_as_user(),
            )

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it and wait until it has gone."""
        self._end(signal.SIGTERM)

    def output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")[-3000:]

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _end(self, by: signal.Signals) -> None:
        """To the group that this node's process leads: the launcher and the server it started."""
        if self.process is None:
            return
        if self.running():
            os.killpg(self.process.pid, by)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)

    def _settings(self) -> dict[str, str]:
        return {
            "http.host": "127.0.0.1",
            "transport.host": "127.0.0.1",
            "http.port": str(self.http_port),
            "transport.port": str(self.transport_port),
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            **self.settings,
        }

    def _environment(self, config: Path) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": str(java_home(self.version)),
            "ES_JAVA_OPTS": f"-Xms{HEAP} -Xmx{HEAP}",
            "ES_PATH_CONF": str(config),
            "ES_TMPDIR": str(self.folder / "tmp"),
        }

    def _give_to_system_user(self) -> None:
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, SYSTEM_USER, SYSTEM_USER)


def _as_user() -> dict[str, Any]:
    return {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []} if os.geteuid() == 0 else {}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_until(ready: Callable[[], bool], nodes: list[Node], seconds: float = READY_SECONDS) -> None:
    """Poll until ``ready()`` is true; fail with the server's own words where it ends or does not come up."""
    deadline = time.monotonic() + seconds
    while not ready():
        for node in nodes:
            assert node.running(), f"Elasticsearch ended: {node.output()}"
        assert time.monotonic() < deadline, f"Elasticsearch was not ready in {seconds} s: {nodes[0].output()}"
        time.sleep(0.3)
