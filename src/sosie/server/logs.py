"""Formats log records as lines: JSON with request ids, or plain text on a terminal. Secrets are never logged."""

from __future__ import annotations

import json
import logging
import logging.config
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from starlette.types import Scope

current_request: ContextVar[Mapping[str, str | None]] = ContextVar("current_request", default=MappingProxyType({}))
"""Fields of the current request for log records."""

_access = logging.getLogger("sosie.access")


class JsonLines(logging.Formatter):
    """A record as one line of JSON; ``extra={"fields": …}`` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **current_request.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """A record as one line for a person: the time, the event, and the duration of a request."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fields = getattr(record, "fields", {})
        took = f"  {fields['ms']:.0f} ms" if "ms" in fields else ""
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        line = f"{self.formatTime(record, '%H:%M:%S')}  {level}{record.getMessage()}{took}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configuration(level: str = "INFO") -> dict[str, Any]:
    """The logging of a server process, for ``logging.config.dictConfig`` and for uvicorn.

    On a terminal lines are plain text, elsewhere JSON.
    """
    formatter = "PlainLines" if sys.stderr.isatty() else "JsonLines"
    quiet = {"level": "WARNING", "handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": f"sosie.server.logs.{formatter}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
        "loggers": {
            "sosie": {"level": level, "handlers": ["stderr"], "propagate": False},
            "uvicorn.error": {"level": level, "handlers": ["stderr"], "propagate": False},
            "uvicorn": quiet,
        },
    }


def access_line(scope: Scope, status: int, seconds: float) -> None:
    """Logs one request, without query string, headers and body."""
    client = scope.get("client")
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "ms": round(seconds * 1000, 1),
        "client": client[0] if client else None,
    }
    _access.info("%s %s %d", scope["method"], scope["path"], status, extra={"fields": fields})
