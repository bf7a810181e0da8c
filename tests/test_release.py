"""What a release needs: one version everywhere, links that a package index can follow, workflows that are sound."""

import re
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SUBSTITUTIONS = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["project"]["version"]
    assert f"version: {version}" in read("CITATION.cff")
    assert re.search(rf"^## (?:Unreleased|{re.escape(version)} )", read("CHANGELOG.md"), re.M)


def test_a_package_index_gets_absolute_links() -> None:
    text = read("README.md")
    for substitution in SUBSTITUTIONS:
        text = re.sub(substitution["pattern"], substitution["replacement"], text)
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert len(links) > 10
    assert all(link.startswith("https://") for link in links)
    assert re.findall(r"!\[[^]]*\]\(https://\S+/raw/\S+\.png\)", text)


def test_every_python_that_is_supported_is_tested() -> None:
    classified = set(re.findall(r"Python :: (3\.\d+)\"", read("pyproject.toml")))
    assert classified == set(
        re.findall(r'"(3\.\d+)"', re.findall(r"python: \[(.*)\]", read(".github/workflows/ci.yml"))[0])
    )


def test_every_target_of_make_that_a_workflow_calls_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    for workflow in (ROOT / ".github" / "workflows").iterdir():
        for command in re.findall(r"run: make (.*)", workflow.read_text(encoding="utf-8")):
            assert {word for word in command.split() if "=" not in word} <= targets


@pytest.mark.skipif(
    not (shutil.which("actionlint") or (ROOT / "build" / "bin" / "actionlint").exists()),
    reason="needs actionlint: `make check-workflows` fetches it",
)
def test_the_workflows_are_sound() -> None:
    done = subprocess.run(["scripts/check_workflows.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


BASE = frozenset((
    "aiohttp", "charset-normalizer", "click", "duckdb", "fastapi", "httptools", "httpx", "ijson", "jinja2", "lxml",
    "numkong", "numpy", "onnxruntime", "opencv-python-headless", "pi-heif", "pillow", "prometheus-client",
    "python-calamine", "python-multipart", "rapidfuzz", "rich", "snowballstemmer", "threadpoolctl",
    "uvicorn", "uvloop", "zxing-cpp",
))  # fmt: skip
"""The packages that every user installs; a further one needs a reason in ``docs/decisions.md``."""
LARGEST_INSTALL = 600e6


def test_a_base_install_stays_small() -> None:
    measured = runpy.run_path(str(ROOT / "scripts" / "measure_install.py"))
    assert {measured["normalized"](needed.name) for needed in measured["base_dependencies"](ROOT)} == BASE
    sizes = measured["install_sizes"](ROOT)
    assert sum(sizes.values()) < LARGEST_INSTALL, sizes
