"""The routes, by topic."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from urllib.parse import unquote

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel

from sosie.server.problems import MEDIA_TYPE, Problem


def _decoded(encoded: str) -> str:
    try:
        return unquote(encoded, errors="strict")
    except UnicodeDecodeError as error:
        raise ValueError("the id is no UTF-8 in percent-encoding") from error


ItemId: TypeAlias = Annotated[
    str, Path(min_length=1, description="The item's id, percent-encoded."), AfterValidator(_decoded)
]

ItemIdInQuery: TypeAlias = Annotated[str, Query(min_length=1, pattern=r"^[^\x00]*$", description="The item's id.")]
"""For ids that a proxy does not pass on in a path: some proxies refuse an encoded slash, others decode it."""

Version: TypeAlias = Annotated[
    str, Query(max_length=64, description="The version in a link; with it the picture may be cached for ever.")
]


def problems(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Documentation of the failures of a route."""
    document = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}
    always = (400, 401, 403, 429, 500, 503)
    return {
        status: {"description": _SAYS[status], "content": {MEDIA_TYPE: document}}
        for status in sorted({*always, *statuses})
    }


_SAYS = {
    400: "The request is invalid.",
    401: "A key is required, or the given one is not valid.",
    403: "The key lacks the permission, or the request is from another site.",
    404: "There is no such item.",
    408: "The body did not arrive in time.",
    413: "The body or the picture is too large.",
    415: "The type of the body, or the format of the picture, is not supported.",
    422: "The picture is broken, or could not be fetched.",
    429: "Too many requests; Retry-After says when to try again.",
    500: "The server failed.",
    503: "The server is saturated, or its store cannot be used; Retry-After says when to try again.",
}

PICTURE_PROBLEMS = (408, 413, 415, 422)


def either_body(options: type[BaseModel], whole: type[BaseModel], most: int = 1) -> dict[str, object]:
    """The documentation of a body that is a form with pictures, or JSON."""
    return json_or({"multipart/form-data": {"schema": _form(options, most)}}, whole)


def form_body(options: type[BaseModel]) -> dict[str, object]:
    """The documentation of a body that is a form with one picture."""
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _form(options, 1)}}}}


def _form(options: type[BaseModel], most: int) -> dict[str, object]:
    fields = options.model_json_schema(ref_template="#/components/schemas/{model}")
    file = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
    image = {"type": "array", "items": file, "minItems": 1, "maxItems": most} if most > 1 else file
    return {
        "type": "object",
        "properties": {"image": image, **fields["properties"]},
        "required": ["image", *fields.get("required", [])],
        "additionalProperties": False,
    }


def json_or(other: dict[str, object], whole: type[BaseModel]) -> dict[str, object]:
    """The documentation of a JSON body, beside other types."""
    reference = {"schema": {"$ref": f"#/components/schemas/{whole.__name__}"}}
    return {"requestBody": {"required": True, "content": {**other, "application/json": reference}}}
