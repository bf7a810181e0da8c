"""Clusters for the tests: one node with passwords and TLS, or three nodes without."""

import http.client
import json
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from support.elasticsearch.node import Node, free_port, wait_until

USER, PASSWORD = "sosie", "sosie-test-password"
_USERS = b"sosie:$2a$10$CEIG9vfEQ/x/P4Wx9XC7muyPnhB0Cn0mFd2DF2OsQilCbtZZRDwPq\n"
_AUTHORIZATION = {"Authorization": "Basic c29zaWU6c29zaWUtdGVzdC1wYXNzd29yZA=="}
_SECURITY = {
    "discovery.type": "single-node",
    "xpack.security.enabled": "true",
    "xpack.security.http.ssl.enabled": "true",
    "xpack.security.http.ssl.key": "key.pem",
    "xpack.security.http.ssl.certificate": "chain.pem",
}


@dataclass
class Cluster:
    """A running cluster. ``address`` is a store's URI without its name; ``environment`` is what a user would set."""

    scheme: str
    nodes: list[Node]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        hosts = ",".join(f"127.0.0.1:{node.http_port}" for node in self.nodes)
        return f"elasticsearch+{self.scheme}://{hosts}"

    def uri(self, name: str) -> str:
        return f"{self.address}/{name}"

    def request(self, method: str, path: str, body: Any = None, node: int = 0) -> Any:
        """What the server answers, as JSON; ``OSError`` while it does not listen."""
        connection = self._connection(self.nodes[node].http_port)
        try:
            headers = {"Content-Type": "application/json", **(_AUTHORIZATION if self.environment else {})}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            return json.loads(connection.getresponse().read() or b"{}")
        finally:
            connection.close()

    def ready(self) -> bool:
        try:
            health = self.request("GET", "/_cluster/health")
        except (OSError, http.client.HTTPException, ValueError):
            return False
        return health.get("number_of_nodes") == len(self.nodes) and health.get("status") in ("green", "yellow")

    def _connection(self, port: int) -> http.client.HTTPConnection:
        if self.scheme == "http":
            return http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        context = ssl.create_default_context(cafile=self.environment["SOSIE_ELASTICSEARCH_CA"])
        return http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)


@contextmanager
def one_secure_node() -> Iterator[Cluster]:
    """One node that wants a password and speaks TLS under a certificate made for it."""
    with _folder() as folder:
        authority = trustme.CA()
        own = authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        files = {
            "key.pem": own.private_key_pem.bytes(),
            "chain.pem": b"".join(part.bytes() for part in own.cert_chain_pems),
            "users": _USERS,
            "users_roles": b"superuser:sosie\n",
        }
        node = Node(folder / "node", free_port(), free_port(), _SECURITY, files)
        environment = {
            "SOSIE_ELASTICSEARCH_USER": USER,
            "SOSIE_ELASTICSEARCH_PASSWORD": PASSWORD,
            "SOSIE_ELASTICSEARCH_CA": str(folder / "ca.pem"),
        }
        with _running(Cluster("https", [node], environment)) as cluster:
            yield cluster


@contextmanager
def one_open_node(version: str) -> Iterator[Cluster]:
    """One node of some version, without passwords."""
    with _folder() as folder:
        settings = {"discovery.type": "single-node", "xpack.security.enabled": "false"}
        node = Node(folder / "node", free_port(), free_port(), settings, version=version)
        with _running(Cluster("http", [node])) as cluster:
            yield cluster


@contextmanager
def three_nodes() -> Iterator[Cluster]:
    """Three nodes of one cluster, without passwords."""
    with _folder() as folder:
        ports = [(free_port(), free_port()) for _ in range(3)]
        settings = {
            "discovery.seed_hosts": json.dumps([f"127.0.0.1:{transport}" for _, transport in ports]),
            "cluster.initial_master_nodes": json.dumps([f"node-{n}" for n in range(3)]),
            "xpack.security.enabled": "false",
            "cluster.fault_detection.follower_check.interval": "500ms",
        }
        nodes = [
            Node(folder / f"node-{n}", *both, {**settings, "node.name": f"node-{n}"}) for n, both in enumerate(ports)
        ]
        with _running(Cluster("http", nodes)) as cluster:
            yield cluster


@contextmanager
def _running(cluster: Cluster) -> Iterator[Cluster]:
    try:
        for node in cluster.nodes:
            node.folder.mkdir()
            node.start()
        wait_until(cluster.ready, cluster.nodes)
        yield cluster
    finally:
        for node in cluster.nodes:
            node.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the server's own user can reach, which pytest's are not; in memory, as tests make many indices."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="sosie-elasticsearch-", dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
