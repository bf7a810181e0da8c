"""The code blocks of a page, and running them in order as a reader would."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from sosie.cli.main import main

NOT_RUN = "# not run by the tests: "
"""How the first line of a block begins that the tests do not run; the reason follows."""

ADDRESS = "http://127.0.0.1:8000"
"""Where a page's server is; the tests put its real address in the place."""

TOLERANCE = 0.02
"""How far a number with decimals may be from the documented one: processors round differently."""

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
SHELL = re.compile(r"[|<>;&*$`(]")
"""What only a shell understands; a command without it runs in this process, which is quicker."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, the output that the page shows below it, and its line in the page."""

    language: str
    text: str
    shown: str | None
    line: int

    @property
    def reason(self) -> str | None:
        """Why it is not run; None for one that is."""
        first = self.text.split("\n", 1)[0]
        return first.removeprefix(NOT_RUN) if first.startswith(NOT_RUN) else None


def blocks_of(page: Path) -> list[Block]:
    """The shell and Python blocks of a page, in order; a ``text`` block right below one is its output."""
    text = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    blocks = []
    for number, fence in enumerate(fences):
        if fence[1] not in ("sh", "python"):
            continue
        after = fences[number + 1] if number + 1 < len(fences) else None
        follows = after is not None and after[1] == "text" and not text[fence.end() : after.start()].strip()
        shown = after[2] if after is not None and follows else None
        blocks.append(Block(fence[1], fence[2], shown, text.count("\n", 0, fence.start()) + 1))
    return blocks


def agrees(shown: str, output: str) -> bool:
    """Whether the output is what a page shows: ``…`` stands for anything, a line of it for any lines."""
    pattern = "".join(_line_pattern(line) for line in shown.strip().splitlines())
    result = re.fullmatch(pattern, "".join(f"{' '.join(line.split())}\n" for line in output.strip().splitlines()))
    if result is None:
        return False
    numbers = map(float, re.findall(r"\d+\.\d+", shown))
    return all(abs(float(got) - wanted) <= TOLERANCE for got, wanted in zip(result.groups(), numbers, strict=True))


def _line_pattern(line: str) -> str:
    words = " ".join(line.split())
    if words == "…":
        return r"(?:.*\n)*?"
    pattern = re.escape(words).replace("…", ".*")
    return re.sub(r"\d+\\\.\d+", r"(\\d+\\.\\d+)", pattern) + r"\n"


@dataclass(frozen=True)
class Demo:
    """What `sosie demo` left in a folder and printed, so that it runs once for all pages."""

    folder: Path
    printed: str


@dataclass
class Reader:
    """Someone who types the blocks of one page, in a folder of their own."""

    folder: Path
    environment: dict[str, str]
    demo: Demo | None = None
    names: dict[str, object] = field(default_factory=dict)
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    url: str = ADDRESS

    def run(self, block: Block) -> str:
        """What a block prints; raises where a command fails."""
        with contextlib.chdir(self.folder), _environment(self.environment):
            if block.language == "python":
                return self._run_python(block.text)
            if re.search(r"^\w+=", block.text, re.M):
                return self._run_shell(block.text)
            return "".join(self._run_command(command) for command in _commands(block.text))

    def _run_python(self, code: str) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code.replace(ADDRESS, self.url), str(self.folder), "exec"), self.names)
        return printed.getvalue()

    def _run_command(self, command: str) -> str:
        words = shlex.split(command, comments=True)
        if not words:
            return ""
        if words[0] == "cd" and len(words) == 2:
            self.folder = (self.folder / words[1]).resolve()
            os.chdir(self.folder)
            return ""
        if words[0] == "export":
            self.environment.update(dict(word.replace(ADDRESS, self.url).split("=", 1) for word in words[1:]))
            os.environ.update(self.environment)
            return ""
        if words == ["sosie", "demo"] and self.demo:
            shutil.copytree(self.demo.folder, self.folder / self.demo.folder.name)
            return self.demo.printed
        if command == "kill %1; wait":
            self.leave()
            return ""
        if words[:2] == ["sosie", "serve"]:
            return self._serve([word for word in words[1:] if word != "&"])
        if words[0] == "sosie" and not SHELL.search(command):
            command = command.replace(ADDRESS, self.url)
            done = CliRunner().invoke(main, shlex.split(command, comments=True)[1:], prog_name="sosie")
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                raise done.exception
            assert done.exit_code == self._expected_code(command), f"{command}: {done.exit_code}\n{done.output}"
            return "".join(
                line for line in done.output.splitlines(keepends=True) if "━" not in line
            )  # no progress bars
        return self._run_shell(command)

    def _run_shell(self, command: str) -> str:
        script = ["bash", "-euo", "pipefail", "-c", command.replace(ADDRESS, self.url)]
        shell = subprocess.run(script, capture_output=True, text=True, check=False)
        assert shell.returncode == 0, f"{command}\n{shell.stdout}{shell.stderr}"
        printed = shell.stdout + shell.stderr
        return printed if printed.endswith("\n") or not printed else f"{printed}\n"

    @staticmethod
    def _expected_code(command: str) -> int:
        """The exit code that a comment at the end of the command names; 0 without."""
        named = re.search(r"# exits with (\d)", command)
        return int(named[1]) if named else 0

    def _serve(self, arguments: list[str]) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "sosie", *arguments, "--port", str(port)]
        self.servers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        self.url = f"http://127.0.0.1:{port}"
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return ""
            assert self.servers[-1].poll() is None, f"{command} ended with {self.servers[-1].returncode}"
            time.sleep(0.05)
        raise AssertionError(f"{command} does not answer")

    def leave(self) -> None:
        """End the servers that were started."""
        while self.servers:
            server = self.servers.pop()
            server.terminate()
            server.wait(20)


def _commands(text: str) -> Iterator[str]:
    """The commands of a block: lines, of which some are continued or belong to a pipe or a here-document."""
    command = ""
    for line in text.splitlines():
        command += line + "\n"
        if line.endswith(("\\", "|", "&&")) or (line.startswith(" ") and not command.strip()):
            continue
        try:
            shlex.split(command, comments=True)
        except ValueError:  # a quotation mark that is still open
            continue
        yield command.replace("\\\n", " ").strip()
        command = ""


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
