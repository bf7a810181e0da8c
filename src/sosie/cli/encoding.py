"""Makes output UTF-8 on every platform."""

from __future__ import annotations

import io
import sys


def write_utf8() -> None:
    """Makes standard output and standard error write UTF-8. Invalid characters become escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
