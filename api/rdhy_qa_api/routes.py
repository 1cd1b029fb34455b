"""The routes that speak JSON."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from sse_starlette import EventSourceResponse

from rdhy_qa.contracts import Answer, AskRequest, SearchReply, SearchRequest
from rdhy_qa.journal.scopes import Scope
from rdhy_qa_api import examples
from rdhy_qa_api.access.callers import limited, requires
from rdhy_qa_api.access.places import while_connected
from rdhy_qa_api.bodies import JsonRoute
from rdhy_qa_api.problems import describe
from rdhy_qa_api.recording import Recorder, recorder_of
from rdhy_qa_api.schemas import (
    DocumentList,
    DocumentReply,
    DocumentSummary,
    GenerationReply,
    Health,
    Ready,
    SearchQuery,
)
from rdhy_qa_api.service import Service, service_of
from rdhy_qa_api.streaming import event_stream, wants_events

router = APIRouter(route_class=JsonRoute)

_BODY_PROBLEMS = describe(400, 401, 403, 413, 415, 422, 429, 503)
# To ask or search takes a place and counts towards the caller's limit; to read does not.
_LIMITED = [Depends(limited)]
_READING = [requires(Scope.READ)]


UsedService = Annotated[Service, Depends(service_of)]
DocumentId = Annotated[str, Path(description="Id of a document.", examples=["post-4"])]


@router.post(
    "/v1/ask",
    tags=["ask"],
    summary="Ask a question",
    response_model=Answer,
    dependencies=_LIMITED,
    responses=examples.ok(examples.ANSWER, events=examples.EVENTS) | _BODY_PROBLEMS,
)
async def ask(
    http: Request,
    service: UsedService,
    recorder: Annotated[Recorder, Depends(recorder_of)],
    request: Annotated[AskRequest, Body(openapi_examples=examples.ASK_REQUESTS)],
) -> Answer | EventSourceResponse:
    """Answer from the documents with citations, or decline with a reason.

    With `Accept: text/event-stream` the answer comes as server-sent events; the last one, `done`, holds what would
    come as JSON.
    """
    if wants_events(http):
        return event_stream(http, recorder.watched(request, "stream", service.stream(request)))
    answering = while_connected(http, lambda: service.ask(request))
    return await recorder.recorded(request, "http", answering)


@router.get(
    "/v1/search",
    tags=["search"],
    summary="Find passages",
    responses=examples.ok(examples.SEARCH_REPLY) | describe(401, 403, 422, 429, 503),
    dependencies=_LIMITED,
)
async def search(http: Request, service: UsedService, query: Annotated[SearchQuery, Query()]) -> SearchReply:
    """Find the passages nearest to a question. Repeat a filter to allow several values."""
    request = query.request()
    return await while_connected(http, lambda: service.call(lambda engine: engine.search(request)))


@router.post(
    "/v1/search",
    tags=["search"],
    summary="Find passages (JSON body)",
    responses=examples.ok(examples.SEARCH_REPLY) | _BODY_PROBLEMS,
    dependencies=_LIMITED,
)
async def search_with_body(
    http: Request,
    service: UsedService,
    request: Annotated[SearchRequest, Body(openapi_examples=examples.SEARCH_REQUESTS)],
) -> SearchReply:
    """Find the passages nearest to a question."""
    return await while_connected(http, lambda: service.call(lambda engine: engine.search(request)))


@router.get(
    "/v1/documents",
    tags=["documents"],
    summary="List the documents",
    responses=examples.ok({"documents": [examples.DOCUMENT], "generation": "3f9c0a1b2c3d"}) | describe(401, 403, 503),
    dependencies=_READING,
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
    responses=examples.ok(examples.DOCUMENT | {"text": "The ZeroDX Awards 2024 …"}) | describe(401, 403, 404, 503),
    dependencies=_READING,
)
async def document(service: UsedService, document_id: DocumentId) -> DocumentReply:
    """Return a document with its canonical text, into which the offsets of all citations point."""
    return await service.call(lambda engine: DocumentReply.with_text(engine.document(document_id)))


@router.get(
    "/v1/generation",
    tags=["service"],
    summary="Describe the index",
    responses=examples.ok(examples.GENERATION) | describe(401, 403, 503),
    dependencies=_READING,
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
    """Answer 200 when an index is loaded and within reach, otherwise 503 with what to do."""
    return Ready(generation=service.ready.generation.manifest.id)
