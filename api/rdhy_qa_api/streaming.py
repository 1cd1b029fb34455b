"""An answer as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import anyio
from fastapi import Request
from sse_starlette import EventSourceResponse
from sse_starlette.event import ensure_bytes
from starlette.types import Message, Receive, Scope, Send

from rdhy_qa.errors import RdhyQaError
from rdhy_qa.events import Event
from rdhy_qa_api.problems import FAULT, problem_of, status_of

MEDIA_TYPE = "text/event-stream"
STOPPING = "The service is being restarted. Ask again in a few seconds."

_HEADERS = {"Cache-Control": "no-store, no-transform"}  # a proxy that compresses would hold events back
_HEARTBEAT_SECONDS = 10
_SECONDS_TO_FINISH = 8
"""Streams that are under way when the service is told to stop may go on so long."""
_SEPARATOR = "\n"

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
    return sse_response(_messages(request, stream), _failure(request, 503, STOPPING))


def sse_response(
    messages: AsyncIterator[dict[str, str]], farewell: dict[str, str] | None = None
) -> EventSourceResponse:
    """Send messages as they come, with heartbeats between them; a client that goes away ends what makes them.

    ``farewell`` takes the place of the messages that do not come in time when the service is told to stop.
    """
    return _Stream(messages, farewell)


class _Stream(EventSourceResponse):
    def __init__(self, messages: AsyncIterator[dict[str, str]], farewell: dict[str, str] | None) -> None:
        self._farewell = ensure_bytes(farewell, _SEPARATOR) if farewell else b""
        self._stopping = anyio.Event()
        super().__init__(
            messages,
            headers=_HEADERS,
            ping=_HEARTBEAT_SECONDS,
            sep=_SEPARATOR,
            shutdown_event=self._stopping,
            shutdown_grace_period=_SECONDS_TO_FINISH,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream, and its proper end where the messages were cut off."""
        more = False

        async def send_and_note(message: Message) -> None:
            nonlocal more
            more = message.get("more_body", False)
            await send(message)

        await super().__call__(scope, receive, send_and_note)
        if more and self._stopping.is_set():
            await send({"type": "http.response.body", "body": self._farewell, "more_body": False})


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
