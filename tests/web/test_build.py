"""The page in the package is built from the sources beside it."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
STATIC = ROOT / "src" / "sosie" / "server" / "static"


def test_the_build_is_of_these_sources() -> None:
    files = (path for path in WEB.rglob("*") if path.is_file())
    names = sorted(path.relative_to(WEB).as_posix() for path in files)
    stamp = hashlib.sha256()
    for name in names:
        if not name.startswith("node_modules/"):
            stamp.update(name.encode() + b"\0" + (WEB / name).read_bytes() + b"\0")
    assert (STATIC / "source.sha256").read_text().strip() == stamp.hexdigest(), "run `make page`"
