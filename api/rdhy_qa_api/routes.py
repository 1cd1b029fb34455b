"""The routes that speak JSON."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from sse_starlette import EventSourceResponse

from rdhy_qa.contracts import Answer, AskRequest, SearchReply, SearchRequest
from rdhy_qa_api import examples
from rdhy_qa_api.bodies import JsonRoute
from rdhy_qa_api.problems import describe
from rdhy_qa_api.schemas import (
    DocumentList,
    DocumentReply,
    DocumentSummary,
    GenerationReply,
    Health,
    Ready,
    SearchQuery,
)
from rdhy_qa_api.service import Service
from rdhy_qa_api.streaming import event_stream, wants_events

router = APIRouter(route_class=JsonRoute)

_BODY_PROBLEMS = describe(400, 413, 415, 422, 503)


def service_of(request: Request) -> Service:
    """Find the service of the application that a request came to."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


UsedService = Annotated[Service, Depends(service_of)]
DocumentId = Annotated[str, Path(description="Id of a document.", examples=["post-4"])]


@router.post(
    "/v1/ask",
    tags=["ask"],
    summary="Ask a question",
    response_model=Answer,
    responses=examples.ok(examples.ANSWER, events=examples.EVENTS) | _BODY_PROBLEMS,
)
async def ask(
    http: Request,
    service: UsedService,
    request: Annotated[AskRequest, Body(openapi_examples=examples.ASK_REQUESTS)],
) -> Answer | EventSourceResponse:
    """Answer from the documents with citations, or decline with a reason.

    With `Accept: text/event-stream` the answer comes as server-sent events; the last one, `done`, holds what would
    come as JSON.
    """
    if wants_events(http):
        return event_stream(http, service.stream(request))
    return await service.call(lambda engine: engine.ask(request))


@router.get(
    "/v1/search",
    tags=["search"],
    summary="Find passages",
    responses=examples.ok(examples.SEARCH_REPLY) | describe(422, 503),
)
async def search(service: UsedService, query: Annotated[SearchQuery, Query()]) -> SearchReply:
    """Find the passages nearest to a question. Repeat a filter to allow several values."""
    request = query.request()
    return await service.call(lambda engine: engine.search(request))


@router.post(
    "/v1/search",
    tags=["search"],
    summary="Find passages (JSON body)",
    responses=examples.ok(examples.SEARCH_REPLY) | _BODY_PROBLEMS,
)
async def search_with_body(
    service: UsedService, request: Annotated[SearchRequest, Body(openapi_examples=examples.SEARCH_REQUESTS)]
) -> SearchReply:
    """Find the passages nearest to a question."""
    return await service.call(lambda engine: engine.search(request))


@router.get(
    "/v1/documents",
    tags=["documents"],
    summary="List the documents",
    responses=examples.ok({"documents": [examples.DOCUMENT], "generation": "3f9c0a1b2c3d"}) | describe(503),
)
async def documents(service: UsedService) -> DocumentList:
    """List all documents of the generation in use, those included of which no text is held."""
    return await service.call(
        lambda engine: DocumentList(
            documents=tuple(DocumentSummary.of(metadata) for metadata in engine.documents()),
            generation=engine.generation.manifest.id,
        )
    )


@router.get(
    "/v1/documents/{document_id:path}",
    tags=["documents"],
    summary="Read a document",
    responses=examples.ok(examples.DOCUMENT | {"text": "The ZeroDX Awards 2024 …"}) | describe(404, 503),
)
async def document(service: UsedService, document_id: DocumentId) -> DocumentReply:
    """Return a document with its canonical text, into which the offsets of all citations point."""
    return await service.call(lambda engine: DocumentReply.with_text(engine.document(document_id)))


@router.get(
    "/v1/generation",
    tags=["service"],
    summary="Describe the index",
    responses=examples.ok(examples.GENERATION) | describe(503),
)
async def generation(service: UsedService) -> GenerationReply:
    """Describe the generation in use: what it was built from and with."""
    return GenerationReply.of(service.engine.generation.manifest)


@router.get(
    "/healthz", tags=["service"], summary="Is the process alive?", responses=examples.ok({"status": "ok"}) | describe()
)
async def healthz() -> Health:
    """Answer as long as the process lives, with or without an index."""
    return Health()


@router.get(
    "/readyz",
    tags=["service"],
    summary="Are questions answered?",
    responses=examples.ok({"status": "ready", "generation": "3f9c0a1b2c3d"}) | describe(503),
)
async def readyz(service: UsedService) -> Ready:
    """Answer 200 when an index is loaded, otherwise 503 with what to do."""
    return Ready(generation=service.engine.generation.manifest.id)
