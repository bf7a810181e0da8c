"""A server on loopback that answers as the Hub does: its API, its redirects, ETags and ranges."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

LARGE = (".onnx", ".onnx_data", ".safetensors", ".bin")
"""What the Hub keeps elsewhere: it redirects there, and names the SHA-256."""


@dataclass
class Repository:
    """Commits with their files, and which commit each branch has."""

    commits: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    license: str = "apache-2.0"

    def commit(self, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Put files on a branch; the commit."""
        text = json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()}, sort_keys=True)
        commit = hashlib.sha1(f"{text}{len(self.commits)}".encode()).hexdigest()
        self.commits[commit] = dict(files)
        self.branches[branch] = commit
        return commit

    def find(self, revision: str) -> str | None:
        """The commit of a branch or of a commit's own hash."""
        commit = self.branches.get(revision, revision)
        return commit if commit in self.commits else None


@dataclass
class FakeHub:
    """The repositories, and every request that came: method, path, range."""

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    cut_after: dict[str, int] = field(default_factory=dict)
    """After how many bytes the connection breaks, once, by the end of a file's name."""
    corrupted: set[str] = field(default_factory=set)
    """Names of files whose bytes are not those that the API lists."""

    def add(self, name: str, files: Mapping[str, bytes]) -> str:
        """Put files on the main branch of a repository; the commit."""
        return self.repositories.setdefault(name, Repository()).commit(files)

    @property
    def downloads(self) -> list[str]:
        """The names of files whose bytes were sent."""
        return [path.rsplit("/", 1)[-1] for method, path, _ in self.requests if method == "GET" and "/api/" not in path]


@contextmanager
def serve_hub() -> Iterator[FakeHub]:
    """A Hub on a free port of loopback."""
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def use_hub(patch: pytest.MonkeyPatch, hub: FakeHub, home: Path) -> None:
    """Let everything that asks the Hub ask this one, with its cache in a folder."""
    for name in ("HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "NO_PROXY", "no_proxy"):
        patch.delenv(name, raising=False)
    patch.setenv("HF_ENDPOINT", hub.url)
    patch.setenv("HF_HOME", str(home))
    patch.setenv("NO_PROXY", "127.0.0.1")


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((self.command, path, self.headers.get("Range")))
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            revision = "/".join(parts[5:]) if len(parts) > 5 else "main"
            self._describe("/".join(parts[2:4]), revision)
        elif parts[0] == "large":
            self._send_file("/".join(parts[1:3]), parts[3], "/".join(parts[4:]))
        else:
            self._resolve("/".join(parts[:2]), parts[3], "/".join(parts[4:]))

    def _describe(self, name: str, revision: str) -> None:
        repository = self.hub.repositories.get(name)
        if repository is None:
            return self._refuse(401, "RepoNotFound", "Invalid username or password.")
        commit = repository.find(revision)
        if commit is None:
            return self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        siblings = [
            {"rfilename": file, "size": len(data), "blobId": hashlib.sha1(data).hexdigest()}
            | ({"lfs": {"sha256": _sha(data), "size": len(data), "pointerSize": 134}} if file.endswith(LARGE) else {})
            for file, data in repository.commits[commit].items()
        ]
        described = {
            "id": name, "modelId": name, "sha": commit, "private": False, "gated": repository.gated,
            "tags": ["onnx", f"license:{repository.license}"], "siblings": siblings,
        }  # fmt: skip
        return self._send(200, json.dumps(described).encode(), {"Content-Type": "application/json"})

    def _resolve(self, name: str, revision: str, file: str) -> None:
        repository = self.hub.repositories.get(name)
        if repository is None:
            return self._refuse(401, "RepoNotFound", "Invalid username or password.")
        if repository.gated:
            return self._refuse(403, "GatedRepo", f"Access to model {name} is restricted.")
        commit = repository.find(revision)
        if commit is None:
            return self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if file not in repository.commits[commit]:
            return self._refuse(404, "EntryNotFound", "Entry not found")
        data = repository.commits[commit][file]
        if not file.endswith(LARGE):
            return self._send_file(name, commit, file)
        headers = {
            "X-Repo-Commit": commit, "X-Linked-Etag": f'"{_sha(data)}"', "X-Linked-Size": str(len(data)),
            "ETag": f'"{hashlib.sha1(data).hexdigest()}"', "Location": f"{self.hub.url}/large/{name}/{commit}/{file}",
        }  # fmt: skip
        return self._send(302, b"", headers)

    def _send_file(self, name: str, commit: str, file: str) -> None:
        data = self.hub.repositories[name].commits[commit][file]
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if file.endswith(LARGE):
            headers["ETag"] = f'"{_sha(data)}"'
        if file.rsplit("/", 1)[-1] in self.hub.corrupted:
            data = bytes([data[0] ^ 1]) + data[1:]
        if requested := self.headers.get("Range"):
            first = int(requested.removeprefix("bytes=").split("-")[0])
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            return self._send(206, data[first:], headers)
        cut = self.hub.cut_after.pop(file.rsplit("/", 1)[-1], None) if self.command == "GET" else None
        return self._send(200, data, headers, cut)

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._send(status, b"", {"X-Error-Code": code, "X-Error-Message": message})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:cut])
        if cut is not None:
            self.wfile.flush()
            self.close_connection = True


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
