"""Pages for people: a document with the cited sentences lit."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import HTMLResponse

from rdhy_qa_api import examples
from rdhy_qa_api.document_page import render
from rdhy_qa_api.problems import describe
from rdhy_qa_api.routes import UsedService

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

router = APIRouter()


@router.get(
    "/documents/{document_id:path}",
    tags=["documents"],
    summary="Read a document as a page",
    response_class=HTMLResponse,
    responses=examples.ok("<!doctype html>…", "text/html") | describe(404, 503),
)
async def document_page(
    service: UsedService, document_id: Annotated[str, Path(description="Id of a document.", examples=["post-4"])]
) -> HTMLResponse:
    """Show a document; the fragment `#cSTART-END` lights that range of its text."""
    page = await service.call(lambda engine: render(engine.document(document_id)))
    return HTMLResponse(page, headers={"Content-Security-Policy": _CSP})
