"""Bodies: multipart or JSON → pictures, and a model of what was said about them. Everything stays in memory."""

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
FILES = "image"
"""The form field that carries pictures."""

JSON_TYPE = "application/json"
MULTIPART = "multipart/form-data"


class _InMemory(MultiPartParser):
    """Starlette's parser, told to keep files in memory: the body as a whole is limited already."""

    spool_max_size = 1 << 62


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was sent: its bytes, or the URL where it is; ``name`` is what the sender calls it."""

    source: bytes | str
    name: str


def media_type(request: Request) -> str:
    """The type of the body, without parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request, model: type[Model]) -> Model:
    """The body as a model; ``BadRequest`` for what is no JSON, a validation error for what does not fit."""
    if media_type(request) != JSON_TYPE:
        raise WrongMediaType(f"the body is of type {media_type(request) or 'none'}; expected {JSON_TYPE}")
    body = await request.body()
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is no JSON that can be read: {error}") from error
    return model.model_validate(data)


async def read_form(request: Request, most: int) -> FormData:
    """The fields and files of a form; ``BadRequest`` for one that is broken or cut off."""
    parser = _InMemory(
        request.headers, request.stream(), max_files=most, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES
    )
    try:
        return await parser.parse()
    except (ClientDisconnect, KeyError, ValueError, MultiPartException) as error:
        if isinstance(error, ClientDisconnect):
            raise
        told = getattr(error, "message", "") or str(error)
        raise BadRequest(f"the form cannot be read: {told}; check its boundary and that it is complete") from error


async def read_query(
    request: Request, options: type[Model], whole: type[BaseModel], most: int = 1
) -> tuple[list[Picture], Model]:
    """Pictures and what was said about them: a form with the fields of ``options``, or JSON as ``whole``.

    ``whole`` adds to ``options`` the pictures, as ``image`` or ``images``. At least one picture and at most ``most``.
    """
    kind = media_type(request)
    if kind == MULTIPART:
        form = await read_form(request, most)
        try:
            return await _files(form), options.model_validate(_fields(form, options))
        finally:
            await form.close()
    if kind != JSON_TYPE:
        raise WrongMediaType(f"the body is of type {kind or 'none'}; expected {MULTIPART} or {JSON_TYPE}")
    body = (await read_json(request, whole)).model_dump(mode="json")
    pictures = body.pop("images", None) or [body.pop("image")]
    return [picture_of(PictureIn.model_validate(one)) for one in pictures], options.model_validate(body)


def picture_of(given: PictureIn, name: str = "") -> Picture:
    """The picture of a JSON body; ``BadRequest`` where it is no base64."""
    if given.base64 is None:
        return Picture(str(given.url), str(given.url))
    text = given.base64.partition(",")[2] if given.base64.startswith("data:") else given.base64
    try:
        return Picture(base64.b64decode(text, validate=True), name or "picture")
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"base64: it cannot be decoded: {error}") from error


async def _files(form: FormData) -> list[Picture]:
    uploads = form.getlist(FILES)
    files = [one for one in uploads if isinstance(one, UploadFile)]
    if not files or len(files) < len(uploads):
        raise BadRequest(
            f"expected from 1 to {MOST_TOGETHER} files in the form field {FILES!r}, such as -F image=@photo.jpg"
        )
    return [Picture(await one.read(), one.filename or "picture") for one in files]


def _fields(form: FormData, model: type[BaseModel]) -> dict[str, Any]:
    """The text fields, lists and objects read as the model's fields want them; unknown ones stay, to be refused."""
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
        raise BadRequest(f"the form field {name!r} came {len(values)} times; expected it once")
    if kind is not dict:
        return values[0]
    try:
        return json.loads(values[0])
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the form field {name!r} is no JSON object: {error}") from error
