"""Where the server and a JDK that runs it lie on this machine."""

import os
import re
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

VERSION = "9.2.4"
OLD_VERSION = "8.19.0"
JDKS = {VERSION: (21, 99), OLD_VERSION: (17, 23)}
"""The oldest and the newest JDK on which a version runs."""
REQUIRED = os.environ.get("SOSIE_REQUIRE_ELASTICSEARCH") == "1"
SYSTEM_USER = "sosie-es"


def server_home(version: str = VERSION) -> Path:
    """The unpacked server; a skip where there is none, a failure where it is required."""
    home = _cache() / f"elasticsearch-{version}"
    if not (home / "bin" / "elasticsearch").exists():
        absent(f"no Elasticsearch {version} in {home.parent}: scripts/fetch_elasticsearch.sh fetches it")
    return home


def java_home(version: str = VERSION) -> Path:
    """A JDK on which this version of the server runs."""
    oldest, newest = JDKS[version]
    named = [os.environ.get(name) for name in ("ES_JAVA_HOME", "JAVA_HOME")]
    candidates = [Path(home) for home in named if home] + sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    for home in candidates:
        if (home / "bin" / "java").exists() and oldest <= _java_version(home) <= newest:
            return home
    return absent(f"Elasticsearch {version} needs a JDK from {oldest} on: install one, or name it in ES_JAVA_HOME")


def absent(reason: str) -> NoReturn:
    """Skip with the reason; with SOSIE_REQUIRE_ELASTICSEARCH=1 fail with it."""
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


def _cache() -> Path:
    if given := os.environ.get("SOSIE_ELASTICSEARCH_CACHE"):
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/cache/sosie")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sosie"


def _java_version(home: Path) -> int:
    run = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=False)
    result = re.search(r'version "(\d+)', run.stderr)
    return int(result[1]) if result else 0
