"""Pages for people: the chat, and a document with the cited sentences lit."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import HTMLResponse

from rdhy_qa.errors import RdhyQaError
from rdhy_qa_api import examples, home_page
from rdhy_qa_api.document_page import render
from rdhy_qa_api.problems import describe
from rdhy_qa_api.routes import UsedService

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_HOME_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)

router = APIRouter()


@router.get(
    "/",
    tags=["documents"],
    summary="Ask on a page",
    response_class=HTMLResponse,
    responses=examples.ok("<!doctype html>…", "text/html") | describe(),
)
async def home(service: UsedService) -> HTMLResponse:
    """Show the chat and the list of documents; without an index, what to do about that."""
    try:
        page = home_page.render(await service.call(lambda engine: engine.documents()))
    except RdhyQaError as error:
        page = home_page.render([], str(error))
    return HTMLResponse(page, headers={"Content-Security-Policy": _HOME_CSP})


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
