"""Parses bodies (multipart or JSON) into pictures and a model of the options, in memory."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_origin

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from sosie.server.problems import BadRequest, WrongMediaType
from sosie.server.schemas import MOST_TOGETHER, PictureIn

Model = TypeVar("Model", bound=BaseModel)
MOST_FIELDS = 100
MOST_FIELD_BYTES = 64 * 1024
_BASE64 = str.maketrans("-_", "+/", " \t\r\n")
FILES = "image"
"""The form field for pictures."""

ITEM_ID = "item_id"
"""This word stands for the item in addresses under ``/v1/item``."""

JSON_TYPE = "application/json"
MULTIPART = "multipart/form-data"


class _InMemory(MultiPartParser):
    """Starlette's parser. It keeps files in memory, because the size of the body is limited."""

    spool_max_size = 1 << 62
    has_ended = False

    def on_end(self) -> None:
        """Records that the closing boundary has arrived."""
        self.has_ended = True

    def discard(self) -> None:
        """Closes the files of incomplete parts."""
        for file in self._files_to_close_on_error:
            file.close()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture from a request: its bytes or its URL. ``name`` is the sender's name for it."""

    source: bytes | str
    name: str


def media_type(request: Request) -> str:
    """The type of the body, without parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request, model: type[Model]) -> Model:
    """The body as a model; ``BadRequest`` if it is not JSON, a validation error if it does not fit the model."""
    if media_type(request) != JSON_TYPE:
        raise WrongMediaType(f"the body is of type {media_type(request) or 'none'}; expected {JSON_TYPE}")
    return model.model_validate(await _json_of(request))


async def _json_of(request: Request) -> Any:
    try:
        text = (await request.body()).decode()
        return json.loads(text)
    except json.JSONDecodeError as error:
        is_cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        cut = "; the body ends there, was it cut short?" if is_cut else ""
        raise BadRequest(f"the body is no JSON that can be read: {error}{cut}") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is no JSON that can be read: {error}") from error


async def read_form(request: Request, most: int) -> FormData:
    """The fields and files of a form; ``BadRequest`` if the form is broken or incomplete."""
    parser = _InMemory(
        request.headers, request.stream(), max_files=most, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES
    )
    try:
        form = await parser.parse()
    except (ClientDisconnect, KeyError, ValueError, MultiPartException) as error:
        if isinstance(error, ClientDisconnect):
            raise
        reason = getattr(error, "message", "") or str(error)
        raise BadRequest(f"the form cannot be read: {reason}; check its boundary and that it is complete") from error
    if not parser.has_ended:
        await form.close()
        parser.discard()
        raise BadRequest("the form ends before its closing boundary: the body was cut short; send it again")
    return form


async def read_query(
    request: Request, options: type[Model], whole: type[BaseModel], most: int = 1
) -> tuple[list[Picture], Model]:
    """Reads pictures and options: from a form with the fields of ``options``, or from JSON as ``whole``.

    ``whole`` is ``options`` with the pictures as ``image`` or ``images``: at least one picture, and at most ``most``.
    Options may also be in the query string; ``BadRequest`` if an option is in both.
    """
    kind = media_type(request)
    if kind == MULTIPART:
        form = await read_form(request, most)
        try:
            return await _files(form), options.model_validate(_with_query(request, options, _fields(form, options)))
        finally:
            await form.close()
    if kind != JSON_TYPE:
        raise WrongMediaType(f"the body is of type {kind or 'none'}; expected {MULTIPART} or {JSON_TYPE}")
    given = await _json_of(request)
    described = _with_query(request, options, given) if isinstance(given, dict) else given
    body = whole.model_validate(described).model_dump(mode="json")
    pictures = body.pop("images", None) or [body.pop("image")]
    return [picture_of(PictureIn.model_validate(entry)) for entry in pictures], options.model_validate(body)


def _with_query(request: Request, model: type[BaseModel], given: dict[str, Any]) -> dict[str, Any]:
    """The fields in the body, and the model's fields in the query string."""
    unknown = request.query_params.keys() - model.model_fields.keys() - {ITEM_ID}
    if unknown:
        raise BadRequest(f"the address has {min(unknown)!r}: expected {', '.join(model.model_fields) or 'no options'}")
    in_query = {name: request.query_params.getlist(name) for name in request.query_params if name in model.model_fields}
    for name in in_query:
        if name in given:
            raise BadRequest(f"{name!r} is in the query string and in the body: expected it once")
    return {**given, **{name: _read_field(name, values, model) for name, values in in_query.items()}}


def picture_of(given: PictureIn, name: str = "") -> Picture:
    """The picture in a JSON body; ``BadRequest`` if it is not valid base64."""
    if given.base64 is None:
        return Picture(str(given.url), str(given.url))
    text = given.base64.partition(",")[2] if given.base64.startswith("data:") else given.base64
    try:
        return Picture(_from_base64(text), name or "picture")
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"base64: it cannot be decoded: {error}") from error


def _from_base64(text: str) -> bytes:
    """The bytes of base64 in its usual forms: with line breaks, URL-safe, or without padding (RFC 4648, 2045)."""
    plain = text.translate(_BASE64).rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


async def _files(form: FormData) -> list[Picture]:
    uploads = form.getlist(FILES)
    files = [upload for upload in uploads if isinstance(upload, UploadFile)]
    if len(files) < len(uploads):
        raise BadRequest(
            f"the form field {FILES!r} came without a file name, so it was read as text: give the part a file name, as "
            "-F image=@photo.jpg does"
        )
    if not files:
        raise BadRequest(
            f"expected from 1 to {MOST_TOGETHER} files in the form field {FILES!r}, such as -F image=@photo.jpg"
        )
    return [Picture(await upload.read(), upload.filename or "picture") for upload in files]


def _fields(form: FormData, model: type[BaseModel]) -> dict[str, Any]:
    """The text fields, converted for the model. Unknown fields are kept, so that they are refused later."""
    fields: dict[str, Any] = {}
    for name in form:
        values = form.getlist(name)
        if name == FILES:
            continue
        if any(not isinstance(value, str) for value in values):
            raise BadRequest(f"the form field {name!r} is a file; pictures go into {FILES!r}")
        fields[name] = _read_field(name, [str(value) for value in values], model)
    return fields


def _read_field(name: str, values: Sequence[str], model: type[BaseModel]) -> Any:
    field = model.model_fields.get(name)
    kind = get_origin(field.annotation) if field else None
    if kind is list:
        return list(values)
    if len(values) > 1:
        raise BadRequest(f"the field {name!r} came {len(values)} times; expected it once")
    if kind is not dict:
        return values[0]
    try:
        return json.loads(values[0])
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the field {name!r} is no JSON object: {error}") from error
