"""Print how many MB a base install takes on disk, by package.

    python scripts/measure_install.py [PROJECT] [--packages SITE_PACKAGES]

Measures what the dependencies of PROJECT (this checkout, unless given) have in an environment (the running one, unless
given), with all that they depend on, and the package itself. Bytecode is not counted.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Collection, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, nargs="?", default=ROOT)
    parser.add_argument("--packages", type=Path)
    arguments = parser.parse_args()
    sizes = install_sizes(arguments.project, arguments.packages)
    for name, size in sorted(sizes.items(), key=lambda pair: -pair[1]):
        print(f"{size / 1e6:8.1f}  {name}")
    print(f"{sum(sizes.values()) / 1e6:8.1f}  all")


def install_sizes(project: Path, packages: Path | None = None) -> dict[str, int]:
    """Bytes on disk, by name, of a project and of every package that its base install brings."""
    places = [str(packages)] if packages else sys.path
    installed = {normalized(package.metadata["Name"]): package for package in distributions(path=places)}
    needed: set[str] = set()
    waiting = list(base_dependencies(project))
    while waiting:
        requirement = waiting.pop()
        name = normalized(requirement.name)
        if name in needed:
            continue
        if name not in installed:
            sys.exit(f"{name} is not installed in this environment: `make setup`")
        needed.add(name)
        waiting.extend(requirements_of(installed[name], requirement.extras))
    return {"sosie": size_of_package(project), **{name: size_of(installed[name]) for name in needed}}


def base_dependencies(project: Path) -> Iterator[Requirement]:
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    for requirement in map(Requirement, tomllib.loads(text)["project"]["dependencies"]):
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements_of(distribution: Distribution, extras: Collection[str]) -> Iterator[Requirement]:
    """What an installed package needs here, with the given extras."""
    for requirement in map(Requirement, distribution.requires or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def size_of(distribution: Distribution) -> int:
    files = (Path(str(file.locate())) for file in distribution.files or () if file.suffix != ".pyc")
    return sum(file.stat().st_size for file in files if file.is_file())


def size_of_package(project: Path) -> int:
    listed = subprocess.run(["git", "ls-files", "-z", "src"], cwd=project, capture_output=True, text=True, check=True)
    files = (project / name for name in listed.stdout.split("\0") if name)
    return sum(file.stat().st_size for file in files if file.is_file())


if __name__ == "__main__":
    main()
