"""The application: routes and middleware."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from sosie.server import problems
from sosie.server.middleware.bodies import BodyLimit
from sosie.server.middleware.chosen import ChosenCatalog
from sosie.server.middleware.doorkeeper import Doorkeeper
from sosie.server.middleware.failures import Failures
from sosie.server.middleware.methods import Methods
from sosie.server.middleware.proxied import Proxied
from sosie.server.middleware.security import SecurityHeaders
from sosie.server.middleware.telemetry import Telemetry
from sosie.server.routes import (
    catalogs,
    description,
    feedback,
    health,
    item_by_query,
    items,
    page,
    preview,
    questions,
    reference,
    search,
    stats,
    updating,
)
from sosie.server.schemas import (
    AllIn,
    BatchIn,
    ExplainIn,
    FacetsOptions,
    FeedbackIn,
    IdentifyIn,
    ItemChange,
    ItemsChange,
    ItemSimilarOptions,
    ItemsOptions,
    ItemWithPicture,
    MoreOptions,
    PreviewIn,
    SearchIn,
    TextOptions,
)
from sosie.server.served import ServedCatalogs
from sosie.server.settings import Settings
from sosie.support.version import sosie_version

BODIES = (
    SearchIn, AllIn, IdentifyIn, ExplainIn, ItemWithPicture, BatchIn, FeedbackIn, PreviewIn, ItemsOptions,
    ItemSimilarOptions,
    TextOptions, MoreOptions, FacetsOptions, ItemChange, ItemsChange, problems.Problem,
)  # fmt: skip
TOPICS = (
    search, preview, questions, item_by_query, updating, items, stats, catalogs, feedback, health, reference, page,
    description,
)  # fmt: skip
COMPRESSION = 5
"""The level of gzip. Level 9 takes three times as long, and responses are only 1 % smaller."""
_EXPOSED = ("X-Request-Id", "Retry-After", "ETag", "Allow")
_ALLOWED = ("Authorization", "Content-Type", "If-None-Match", "Prefer", "X-Request-Id")


def create_app(settings: Settings) -> FastAPI:
    """Creates the ASGI application for the catalogs in the settings. Their stores are opened when it starts."""
    served = ServedCatalogs(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await served.warm()
        yield
        await anyio.to_thread.run_sync(served.close)

    app = FastAPI(
        title="Sosie", version=sosie_version(), lifespan=lifespan, docs_url=None, redoc_url=None,
        description="Which product is this, and what looks like it?", redirect_slashes=False,
        openapi_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    app.state.served = served
    app.state.access = served.access
    for topic in TOPICS:
        app.include_router(topic.router)
    page.mount(app)
    problems.install(app, tuple(settings.catalogs.values()))
    _add_middleware(app, served)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def from_environment() -> FastAPI:
    """Creates the application in a process that ``sosie serve`` started."""
    return create_app(Settings.from_environment())


def _add_middleware(app: FastAPI, served: ServedCatalogs) -> None:
    """Adds the middleware. The last one added handles a request first."""
    settings = served.settings
    app.add_middleware(Methods, routes=[route for topic in TOPICS for route in topic.router.routes])
    app.add_middleware(Failures, secrets=tuple(settings.catalogs.values()))
    app.add_middleware(Doorkeeper, settings=settings)
    app.add_middleware(GZipMiddleware, compresslevel=COMPRESSION)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=settings.origins, allow_methods=["*"], allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
        )  # fmt: skip
    app.add_middleware(BodyLimit, settings=settings)
    app.add_middleware(SecurityHeaders, settings=settings)
    app.add_middleware(Telemetry, metrics=served.metrics)
    app.add_middleware(ChosenCatalog, only=served.only)
    app.add_middleware(Proxied, settings=settings)


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, with the models of the bodies that Sosie parses instead of the framework."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes,
            license_info=app.license_info,
        )  # fmt: skip
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in BODIES:
            _add(schemas, model)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        _drop_default_validation(document)
        app.openapi_schema = document
    return app.openapi_schema


def _add(schemas: dict[str, Any], model: type[BaseModel]) -> None:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema


def _drop_default_validation(document: dict[str, Any]) -> None:
    """Removes the framework's documentation of status 422, because invalid requests get 400."""
    for operations in document["paths"].values():
        for operation in operations.values():
            content = operation["responses"].get("422", {}).get("content", {})
            if "application/json" in content:
                del operation["responses"]["422"]
