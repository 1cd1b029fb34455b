"""The application: ``uvicorn --factory rdhy_qa_api.app:create_app``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.staticfiles import StaticFiles

from rdhy_qa.engine import Engine
from rdhy_qa.settings import Settings, load_settings
from rdhy_qa_api import pages, problems, routes
from rdhy_qa_api.middleware import BodyLimit, RequestContext
from rdhy_qa_api.service import EngineLike, Service

_DESCRIPTION = """Cited answers over the RenDanHeYi and ZeroDX blog series.

Every citation carries character offsets: `document.text[start:end] == quote`, with the text from
`/v1/documents/{document_id}`. Errors are problem details (RFC 9457) and carry the id of the request."""


def create_app(settings: Settings | None = None, engine: EngineLike | None = None) -> FastAPI:
    """Make the application. The index is loaded when it starts, not before.

    Without an index it starts as well, says what to do, and takes up the index when there is one.
    """
    settings = settings or load_settings()
    service = Service(lambda: Engine.open(settings) if engine is None else engine)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

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
    app.include_router(routes.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    problems.install(app)
    # The one added last is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestContext)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schema["components"]["schemas"]["Problem"] = problems.Problem.model_json_schema()
        app.openapi_schema = schema
    return app.openapi_schema
