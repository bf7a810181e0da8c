"""Output is UTF-8 whatever the platform says."""

from __future__ import annotations

import io
import sys


def write_utf8() -> None:
    """Let standard output and standard error write UTF-8, with what it cannot hold as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
