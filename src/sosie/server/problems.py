"""Every failure as a problem document (RFC 9457), by one table from exception to status."""

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
    """A request that the server itself refuses, with the headers that belong to the answer."""

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = dict(headers or {})


class BadRequest(ServerRefusal):
    """The request cannot be read as what its route expects."""


class Unauthorized(ServerRefusal):
    """A key is needed, or the one that was sent is not known."""


class UnknownCatalog(ServerRefusal):
    """The server has no catalog of that name, or several and the address names none."""


class Forbidden(ServerRefusal):
    """The key may not do that, or the request came from a page that may not send it."""


class BodyTooLarge(ServerRefusal):
    """The body has more bytes than the limit allows."""


class BodyTooSlow(ServerRefusal):
    """The body did not arrive in time."""


class KeysUnreadable(ServerRefusal):
    """The file that holds the keys cannot be read, so nobody can be let in."""


class WrongMediaType(ServerRefusal):
    """The body is of a type that the route does not take."""


class TooManyRequests(ServerRefusal):
    """The key or the address has used up its share for now."""


class Saturated(ServerRefusal):
    """More work waits than the server takes on, or the work did not end in time."""


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
    """One part of a request that is not as expected."""

    field: str
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457): ``type`` names the kind of failure, ``detail`` says what to do about it."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "type": "urn:sosie:error:UsageError", "title": "Bad Request", "status": 400,
        "detail": "k = 0 was asked for; expected a whole number from 1 to 1000", "instance": "urn:request:4f1c",
    }})  # fmt: skip

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str | None = None
    errors: list[FieldProblem] | None = None


def install(app: FastAPI, secrets: tuple[str, ...]) -> None:
    """Let every failure of the app become a problem document; ``secrets`` are texts that none may show."""

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
    """The status of the nearest class of the exception that the table has."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def problem_of(error: BaseException, secrets: tuple[str, ...] = ()) -> Problem:
    """The problem document of an exception; what a failure of the server says stays in its log."""
    if isinstance(error, RequestValidationError | ValidationError):
        return _of_validation(error)
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return Problem(type="about:blank", title=status.phrase, status=status, detail=_http_detail(error))
    status = status_of(error)
    shown = status < HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, ServerRefusal)
    if not shown:
        _log.error("request failed", exc_info=error)
    detail = _SAID.get(type(error)) or (_without(str(error), secrets) if shown else _UNSHOWN[status])
    return Problem(type=type_of(error), title=status.phrase, status=status, detail=detail)


_SAID: Mapping[type[BaseException], str] = {
    errors.StoreReadOnly: "the catalog may only be read: its files on the server cannot be written",
    errors.StoreDamaged: "the catalog's store is damaged: those who run the server see in its log how to mend it",
    ClientDisconnect: "the connection ended before the body was complete: send it again",
}
"""For errors that name a folder of the server, or say nothing."""

_UNSHOWN: Mapping[HTTPStatus, str] = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "the server failed; its log says why, under the request's id",
    HTTPStatus.SERVICE_UNAVAILABLE: "the catalogue cannot be used just now; try again soon, its log says why",
}


def type_of(error: BaseException) -> str:
    """The URN of a failure's kind: the public exception's name, from which a client can raise it again."""
    kinds = (kind for kind in type(error).__mro__ if issubclass(kind, errors.SosieError))
    public = (kind for kind in kinds if kind.__module__ == errors.__name__ or kind in TABLE)
    return TYPE_PREFIX + next(public, errors.SosieError).__name__


def headers_of(error: BaseException) -> dict[str, str]:
    """Headers that belong to the answer: when to come again, which methods there are."""
    own = dict(getattr(error, "headers", None) or {})
    if isinstance(error, errors.SosieError) and status_of(error) == HTTPStatus.SERVICE_UNAVAILABLE:
        own.setdefault("Retry-After", str(RETRY_SECONDS))
    return own


def problem_response(problem: Problem, request: Request, headers: Mapping[str, str]) -> JSONResponse:
    """The answer that carries a problem document."""
    request_id = request.scope.get("request_id")
    shown = problem.model_copy(update={"instance": f"urn:request:{request_id}" if request_id else None})
    content = shown.model_dump(exclude_none=True)
    return JSONResponse(content, problem.status, headers=dict(headers), media_type=MEDIA_TYPE)


def _of_validation(error: RequestValidationError | ValidationError) -> Problem:
    found: list[Any] = list(error.errors())
    fields = [FieldProblem(field=".".join(map(str, one["loc"])) or "body", detail=one["msg"]) for one in found[:20]]
    status = HTTPStatus.BAD_REQUEST
    told = "; ".join(f"{one.field}: {one.detail}" for one in fields[:3])
    detail = f"the request is not as expected: {told}"
    return Problem(type=TYPE_PREFIX + "BadRequest", title=status.phrase, status=status, detail=detail, errors=fields)


def _http_detail(error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return "nothing is at this address; /openapi.json lists what there is"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"this address takes {(error.headers or {}).get('Allow', 'other methods')} only"
    return str(error.detail)


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "the catalogue")
    return text
