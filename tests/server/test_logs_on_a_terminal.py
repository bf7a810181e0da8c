"""Who reads the log of a server decides its form."""

import asyncio
import json
import logging
import sys

import pytest

from sosie.server.logs import JsonLines, PlainLines, configuration, current_request
from sosie.server.settings import Settings
from sosie.server.work import Work


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


def test_what_is_logged_for_a_request_names_it_in_threads_too() -> None:
    work = Work(Settings(store="none.sosie"))
    record = logging.LogRecord("sosie.stores", logging.WARNING, __file__, 1, "a damaged blob", None, None)

    async def answer() -> str:
        current_request.set({"request_id": "4f1c", "catalog": "shop"})
        return await work.light(lambda: JsonLines().format(record))

    line = json.loads(asyncio.run(answer()))
    assert (line["request_id"], line["catalog"]) == ("4f1c", "shop")
    assert "request_id" not in json.loads(JsonLines().format(record))
    work.finish()
