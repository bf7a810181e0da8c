"""nginx and Apache on loopback before a server, with their defaults, under a prefix or not."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

REQUIRED = os.environ.get("SOSIE_REQUIRE_PROXIES") == "1"
_MODULES = Path("/usr/lib/apache2/modules")
_LOADED = ("mpm_event", "authz_core", "proxy", "proxy_http")


@dataclass(frozen=True)
class Proxy:
    """A program, the prefix under which it shows the server, and whether it strips the prefix off."""

    program: str
    prefix: str = ""
    strips: bool = True
    more: str = ""
    """Further lines of configuration."""

    def __str__(self) -> str:
        return f"{self.program} {self.prefix or '/'}{'' if self.strips else ' kept'}"


@contextmanager
def proxied(proxy: Proxy, port: int) -> Iterator[str]:
    """The address at which the proxy shows the server that listens at ``port``, without a slash at the end."""
    binary = _installed({"nginx": "nginx", "apache": "apache2"}[proxy.program])
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        folder = Path(name)
        folder.chmod(0o755)
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
        free.close()
        write, options = {"nginx": (_nginx, ("-p", name, "-c")), "apache": (_apache, ("-DFOREGROUND", "-f"))}[
            proxy.program
        ]
        configuration = folder / "proxy.conf"
        configuration.write_text(write(proxy, folder, own, port), encoding="utf-8")
        process = subprocess.Popen([binary, *options, str(configuration)], stderr=subprocess.PIPE, text=True)
        try:
            _wait(process, own)
            yield f"http://127.0.0.1:{own}{proxy.prefix}"
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _nginx(proxy: Proxy, folder: Path, own: int, port: int) -> str:
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    target = f"http://127.0.0.1:{port}{'/' if proxy.strips and proxy.prefix else ''}"
    return f"""
        {user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
        events {{ }}
        http {{
          access_log off; {temporary}
          server {{ listen 127.0.0.1:{own}; location {proxy.prefix}/ {{ proxy_pass {target}; {proxy.more} }} }}
        }}
    """


def _apache(proxy: Proxy, folder: Path, own: int, port: int) -> str:
    loaded = "\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _LOADED)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    kept = "" if proxy.strips else proxy.prefix
    return f"""
{loaded}
{user}
ServerName 127.0.0.1
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{own}
ProxyPass {proxy.prefix}/ http://127.0.0.1:{port}{kept}/
{proxy.more}
"""


def _installed(name: str) -> str:
    binary = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if binary is None:
        reason = f"needs {name}: `make proxies` installs Debian's"
        pytest.fail(reason) if REQUIRED else pytest.skip(reason)
    return binary


def _wait(process: subprocess.Popen[str], port: int) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"the proxy did not start: {process.communicate()[1]}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the proxy does not listen")
