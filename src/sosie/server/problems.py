"""Turns exceptions into problem documents (RFC 9457), with a table of statuses."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from sosie import errors

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:sosie:error:"
RETRY_SECONDS = 2


class ServerRefusal(errors.SosieError):
    """The server refuses a request. The response may have additional headers."""

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = dict(headers or {})


class BadRequest(ServerRefusal):
    """The request is not as its route expects."""


class Unauthorized(ServerRefusal):
    """A key is required, or the given one is not valid."""


class UnknownCatalog(ServerRefusal):
    """The server has no catalog with this name, or it has several and the URL names none."""


class Forbidden(ServerRefusal):
    """The key lacks the permission, or the request is from a page that is not allowed."""


class BodyTooLarge(ServerRefusal):
    """The body has more bytes than the limit allows."""


class BodyTooSlow(ServerRefusal):
    """The body did not arrive in time."""


class KeysUnreadable(ServerRefusal):
    """The key file cannot be read, so every request is refused."""


class WrongMediaType(ServerRefusal):
    """The route does not accept the type of the body."""


class TooManyRequests(ServerRefusal):
    """The key or the address has exceeded its rate limit."""


class Saturated(ServerRefusal):
    """The queue is full, or the work did not end in time."""


TABLE: Mapping[type[BaseException], HTTPStatus] = {
    errors.UsageError: HTTPStatus.BAD_REQUEST,
    errors.ImageError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnsupportedImage: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.ImageTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.ItemNotFound: HTTPStatus.NOT_FOUND,
    errors.StoreNotFound: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreLocked: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreReadOnly: HTTPStatus.FORBIDDEN,
    errors.ManifestConflict: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.UpdateConflict: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.EmbedderUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ClientDisconnect: HTTPStatus.BAD_REQUEST,
    BadRequest: HTTPStatus.BAD_REQUEST,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    UnknownCatalog: HTTPStatus.NOT_FOUND,
    Forbidden: HTTPStatus.FORBIDDEN,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    KeysUnreadable: HTTPStatus.SERVICE_UNAVAILABLE,
    WrongMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    Saturated: HTTPStatus.SERVICE_UNAVAILABLE,
    Exception: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_log = logging.getLogger("sosie.server")


class FieldProblem(BaseModel):
    """An invalid field of a request."""

    field: str
    detail: str


class Problem(BaseModel):
    """A problem (RFC 9457): ``type`` names the kind of failure, ``detail`` explains it."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "type": "urn:sosie:error:UsageError", "title": "Bad Request", "status": 400,
        "detail": "k is 0; expected a whole number from 1 to 1000", "instance": "urn:request:4f1c",
    }})  # fmt: skip

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str | None = None
    errors: list[FieldProblem] | None = None


def install(app: FastAPI, secrets: tuple[str, ...]) -> None:
    """Turns every failure of the app into a problem document. ``secrets`` are texts that must not be in it."""

    async def refuse(request: Request, error: Exception) -> JSONResponse:
        return problem_response(problem_of(error, secrets), request, headers_of(error))

    for kind in (
        Exception,
        errors.SosieError,
        ClientDisconnect,
        HTTPException,
        RequestValidationError,
        ValidationError,
    ):
        app.add_exception_handler(kind, refuse)


def status_of(error: BaseException) -> HTTPStatus:
    """The status in ``TABLE`` for the exception's class, or else for its nearest base class there."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def problem_of(error: BaseException, secrets: tuple[str, ...] = ()) -> Problem:
    """The problem document of an exception. Details of server failures are only logged."""
    if isinstance(error, RequestValidationError | ValidationError):
        return _of_validation(error)
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return Problem(type="about:blank", title=status.phrase, status=status, detail=_http_detail(error))
    status = status_of(error)
    shown = status < HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, ServerRefusal)
    if not shown:
        _log.error("request failed", exc_info=error)
    detail = _MESSAGES.get(type(error)) or (_without(str(error), secrets) if shown else _HIDDEN_MESSAGES[status])
    return Problem(type=type_of(error), title=status.phrase, status=status, detail=detail)


_MESSAGES: Mapping[type[BaseException], str] = {
    errors.StoreReadOnly: "the catalog is read-only: its files on the server cannot be written",
    errors.StoreDamaged: "the catalog's store is damaged; the server's log says how to repair it",
    ClientDisconnect: "the connection ended before the body was complete: send it again",
}
"""Messages that replace those of an exception, which would name a folder of the server or explain nothing."""

_HIDDEN_MESSAGES: Mapping[HTTPStatus, str] = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "the server failed; its log says why, under the request's id",
    HTTPStatus.SERVICE_UNAVAILABLE: "the catalog cannot be used just now: try again soon; the server's log says why",
}


def type_of(error: BaseException) -> str:
    """The URN of an exception's type. A client can raise the exception again from it."""
    kinds = (kind for kind in type(error).__mro__ if issubclass(kind, errors.SosieError))
    public = (kind for kind in kinds if kind.__module__ == errors.__name__ or kind in TABLE)
    return TYPE_PREFIX + next(public, errors.SosieError).__name__


def headers_of(error: BaseException) -> dict[str, str]:
    """Headers for the response, such as ``Retry-After`` and ``Allow``."""
    own = dict(getattr(error, "headers", None) or {})
    if isinstance(error, errors.SosieError) and status_of(error) == HTTPStatus.SERVICE_UNAVAILABLE:
        own.setdefault("Retry-After", str(RETRY_SECONDS))
    return own


def problem_response(problem: Problem, request: Request, headers: Mapping[str, str]) -> JSONResponse:
    """The response with a problem document."""
    request_id = request.scope.get("request_id")
    shown = problem.model_copy(update={"instance": f"urn:request:{request_id}" if request_id else None})
    content = shown.model_dump(exclude_none=True)
    return JSONResponse(content, problem.status, headers=dict(headers), media_type=MEDIA_TYPE)


def _of_validation(error: RequestValidationError | ValidationError) -> Problem:
    field_errors: list[Any] = list(error.errors())
    fields = [
        FieldProblem(field=".".join(map(str, field["loc"])) or "body", detail=field["msg"])
        for field in field_errors[:20]
    ]
    status = HTTPStatus.BAD_REQUEST
    summary = "; ".join(f"{field.field}: {field.detail}" for field in fields[:3])
    detail = f"the request is not as expected: {summary}"
    return Problem(type=TYPE_PREFIX + "BadRequest", title=status.phrase, status=status, detail=detail, errors=fields)


def _http_detail(error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return "there is nothing at this address; /openapi.json lists all routes"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"this address takes {(error.headers or {}).get('Allow', 'other methods')} only"
    return str(error.detail)


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "the catalog")
    return text
