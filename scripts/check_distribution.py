"""Check that the wheel and the source distribution in a folder carry what they must, and nothing else.

    python scripts/check_distribution.py dist [--release TAG]

With ``--release`` also that nothing is left to set before the version named by the tag is published.
"""

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER = "repository.invalid"
NEEDED = (
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "NOTICE",
    "Makefile",
    "pyproject.toml",
    "docs/index.md",
    "web/package.json",
)
LARGEST_WHEEL = 32e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--release", metavar="TAG")
    arguments = parser.parse_args()
    wheel, sdist = newest(arguments.folder, "*.whl"), newest(arguments.folder, "*.tar.gz")
    problems = [*check_wheel(wheel), *check_sdist(sdist, wheel)]
    left = left_to_set(wheel, arguments.release)
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB; {sdist.name}: {sdist.stat().st_size / 1e6:.1f} MB")
    print("\n".join(f"to set before a release: {text}" for text in left))
    sys.exit("\n".join(problems + left * (arguments.release is not None)) or None)


def newest(folder: Path, pattern: str) -> Path:
    files = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not files:
        sys.exit(f"no {pattern} in {folder}: `make wheel` builds it")
    return files[-1]


def tracked(*folders: str) -> set[str]:
    """The files that belong to the project, relative to its root."""
    listed = subprocess.run(["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}


def wheel_names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode("utf-8"))


def check_wheel(wheel: Path) -> list[str]:
    expected = {name.removeprefix("src/") for name in tracked("src/sosie")}
    relative = re.findall(r"\]\((?![a-z]+:|#)[^)]*\)", str(metadata(wheel).get_payload()))
    size = wheel.stat().st_size
    return [
        *difference("the wheel", wheel_names(wheel), expected),
        *(f"the wheel: the README has the relative link {link}" for link in relative),
        *(
            [f"the wheel has {size / 1e6:.1f} MB, at most {LARGEST_WHEEL / 1e6:.0f} are allowed"]
            * (size > LARGEST_WHEEL)
        ),
    ]


def check_sdist(sdist: Path, wheel: Path) -> list[str]:
    with tarfile.open(sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
    missing = [f"the source distribution lacks {name}" for name in NEEDED if name not in names]
    foreign = [f"the source distribution has {name}" for name in sorted(names - tracked() - {"PKG-INFO"})]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(sdist)]
        subprocess.run(command, check=True)
        built = wheel_names(newest(Path(folder), "*.whl"))
    return missing + foreign + difference("the wheel built from the source distribution", built, wheel_names(wheel))


def difference(what: str, names: set[str], expected: set[str]) -> list[str]:
    return [
        *(f"{what} lacks {name}" for name in sorted(expected - names)),
        *(f"{what} has {name}" for name in sorted(names - expected)),
    ]


def left_to_set(wheel: Path, tag: str | None) -> list[str]:
    described = metadata(wheel)
    version = described["Version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    left = []
    if PLACEHOLDER in str(described):
        left.append(f"the address of the repository, {PLACEHOLDER} in pyproject.toml")
    if not re.search(rf"^## {re.escape(version)} ", changelog, re.M):
        left.append(f"an entry in CHANGELOG.md for {version}")
    if tag is not None and tag != f"v{version}":
        left.append(f"the version: the tag is {tag}, pyproject.toml has {version}")
    return left


if __name__ == "__main__":
    main()
