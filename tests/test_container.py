"""The container's files pass their linters, and build what they promise. Images are not built here."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HADOLINT = Path(sys.executable).with_name("hadolint")
COMPOSE_LINT = Path(sys.executable).with_name("compose-lint")


def lint(command: Path, *arguments: str) -> str:
    """The output of a linter; empty if it has no complaint."""
    if not command.exists():
        pytest.skip(f"needs {command.name}: `make setup` installs it")
    done = subprocess.run([command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_the_dockerfile() -> None:
    assert not lint(HADOLINT, "--failure-threshold", "style", "Dockerfile")


def test_the_compose_file() -> None:
    assert not lint(COMPOSE_LINT, "--fail-on", "low", "--strict-config", "--no-env", "compose.yaml")


def test_the_linters_find_something(tmp_path: Path) -> None:
    careless = tmp_path / "Dockerfile"
    careless.write_text("FROM python\nRUN cd /tmp\n")
    assert "DL3006" in lint(HADOLINT, str(careless))
    open_door = tmp_path / "compose.yaml"
    open_door.write_text("services:\n  one:\n    image: python:3\n    privileged: true\n")
    assert "CL-0002" in lint(COMPOSE_LINT, "--fail-on", "low", str(open_door))


def test_the_image_can_speak_to_elasticsearch() -> None:
    assert ".[elasticsearch]" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
