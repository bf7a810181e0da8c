"""Who reads the log of a server decides its form."""

import logging
import sys

import pytest

from sosie.server.logs import PlainLines, configuration


@pytest.mark.parametrize(("terminal", "formatter"), [(True, "PlainLines"), (False, "JsonLines")])
def test_lines_are_for_people_on_a_terminal_and_json_elsewhere(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, formatter: str
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert configuration()["formatters"]["lines"]["()"] == f"sosie.server.logs.{formatter}"


def test_a_line_says_what_happened_and_how_long_it_took() -> None:
    record = logging.LogRecord("sosie.access", logging.INFO, "", 0, "GET /v1/stats 200", None, None)
    record.fields = {"ms": 12.4}
    assert PlainLines().format(record).endswith("  GET /v1/stats 200  12 ms")
    failed = logging.LogRecord("sosie", logging.ERROR, "", 0, "no space", None, None)
    assert "error: no space" in PlainLines().format(failed)
