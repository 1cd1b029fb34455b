"""An answer as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import anyio
from fastapi import Request
from sse_starlette import EventSourceResponse

from rdhy_qa.errors import RdhyQaError
from rdhy_qa.events import Event
from rdhy_qa_api.problems import FAULT, problem_of, status_of

MEDIA_TYPE = "text/event-stream"

_HEADERS = {"Cache-Control": "no-store, no-transform"}  # a proxy that compresses would hold events back
_HEARTBEAT_SECONDS = 10
_SECONDS_TO_FINISH = 8
"""Streams that are under way when the service is told to stop may go on so long."""

log = logging.getLogger("rdhy_qa_api")

Stream = AbstractAsyncContextManager[AsyncIterator[Event]]


def wants_events(request: Request) -> bool:
    """Whether the caller asks for a stream and not for one piece of JSON."""
    accepted = request.headers.get("accept", "").lower()
    return any(part.split(";")[0].strip() == MEDIA_TYPE for part in accepted.split(","))


def event_stream(request: Request, stream: Stream) -> EventSourceResponse:
    """Send the events of an answer; a client that goes away ends the work.

    What fails once the stream has begun can't have a status of its own any more: it ends in an event ``error`` that
    holds the same problem details.
    """
    return EventSourceResponse(
        _messages(request, stream),
        headers=_HEADERS,
        ping=_HEARTBEAT_SECONDS,
        sep="\n",
        shutdown_event=anyio.Event(),
        shutdown_grace_period=_SECONDS_TO_FINISH,
    )


async def _messages(request: Request, stream: Stream) -> AsyncIterator[dict[str, str]]:
    try:
        async with stream as events:
            async for event in events:
                yield {"event": event.name, "data": event.model_dump_json()}
    except RdhyQaError as error:
        yield _failure(request, status_of(error), str(error))
    except Exception:
        log.exception("The stream of request %s failed.", request.state.request_id)
        yield _failure(request, 500, FAULT)


def _failure(request: Request, status: int, detail: str) -> dict[str, str]:
    return {"event": "error", "data": problem_of(request.scope, status, detail).model_dump_json()}
