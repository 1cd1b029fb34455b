"""The application: ``uvicorn --factory rdhy_qa_api.app:create_app``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from rdhy_qa.engine import Engine
from rdhy_qa.journal.handle import DatabaseHandle
from rdhy_qa.settings import Settings, load_settings
from rdhy_qa_api import (
    feedback,
    middleware,
    pages,
    problems,
    routes,
    suggestions,
    widget_files,
)
from rdhy_qa_api.access.callers import Access, describe_security
from rdhy_qa_api.chat import completions
from rdhy_qa_api.mcp.http import McpEndpoint
from rdhy_qa_api.operations import routes as operation_routes
from rdhy_qa_api.operations.metrics import Metrics
from rdhy_qa_api.operations.observing import Observed
from rdhy_qa_api.recording import Recorder
from rdhy_qa_api.service import EngineLike, Service
from rdhy_qa_api.suggestions import Suggestions

_DESCRIPTION = """Cited answers over the RenDanHeYi and ZeroDX blog series.

Every citation carries character offsets: `document.text[start:end] == quote`, with the text from
`/v1/documents/{document_id}`. Errors are problem details (RFC 9457) and carry the id of the request."""


def create_app(settings: Settings | None = None, engine: EngineLike | None = None) -> FastAPI:
    """Make the application. The index is loaded when it starts, not before.

    Without an index it starts as well, says what to do, and takes up the index when there is one.
    """
    settings = settings or load_settings()
    metrics = Metrics()
    service = Service(
        lambda: Engine.open(settings) if engine is None else engine,
        max_waiting=settings.max_waiting,
        under_way=metrics.under_way,
    )
    database = DatabaseHandle(settings.database)
    recorder = Recorder(settings, database.get, metrics)
    suggested = Suggestions(service)
    mcp = McpEndpoint(service, frozenset(middleware.allowed_origins(settings)))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with recorder.running(), service.running(), suggested.running(), mcp.running():
            yield
        database.close()

    app = FastAPI(
        title="rdhy-qa",
        version=version("rdhy-qa"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        # The interactive pages load their scripts from a foreign network.
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.state.suggestions = suggested
    app.state.database = database
    app.state.recorder = recorder
    app.state.metrics = metrics
    app.state.access = Access(settings, database.get)
    app.include_router(routes.router)
    app.include_router(feedback.router)
    app.include_router(operation_routes.router)
    app.include_router(suggestions.router)
    app.include_router(widget_files.router)
    app.include_router(pages.router)
    app.include_router(completions.router)
    app.router.routes.append(Route("/mcp", mcp))
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    problems.install(app)
    middleware.install(app, settings)
    app.add_middleware(Observed, metrics=metrics)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schema["components"]["schemas"]["Problem"] = problems.Problem.model_json_schema()
        describe_security(schema)
        app.openapi_schema = schema
    return app.openapi_schema
