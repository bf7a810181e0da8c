"""Real photos and weights lie beside the clone, not in it; a test that wants them skips where they are missing."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def shared(path: str) -> Path:
    """The file or folder ``path`` of the shared data; skips the test, naming it, where it is absent."""
    result = SHARED / path
    if not result.exists():
        pytest.skip(f"needs ../shared/{path}, which this machine does not have")
    return result
