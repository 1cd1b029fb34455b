"""The part of OpenAI's API that chat clients need, so that any of them can ask.

A client can't take back what it has shown, and an answer is certain only when it is whole: one that a language model
words may yet be replaced. So a stream says at once that an answer is coming, keeps the connection alive meanwhile, and
sends the text when it is certain. Without a language model that costs nothing: the whole answer is there at once.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, SecurityScopes
from sse_starlette import EventSourceResponse

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.errors import RdhyQaError
from rdhy_qa.events import Done
from rdhy_qa.journal.scopes import Scope
from rdhy_qa_api import examples
from rdhy_qa_api.access.callers import BEARER, Caller, identified, limited
from rdhy_qa_api.access.places import while_connected
from rdhy_qa_api.chat.errors import ChatError, ChatRoute, describe, error_of
from rdhy_qa_api.chat.schemas import MODEL, ChatCompletion, ChatRequest, Choice, Model, ModelList, ReplyMessage, Usage
from rdhy_qa_api.chat.text import body, footer
from rdhy_qa_api.problems import FAULT, status_of
from rdhy_qa_api.recording import Recorder, recorder_of
from rdhy_qa_api.service import Service, service_of
from rdhy_qa_api.streaming import STOPPING, Stream, sse_response

_OUR_KEYS = "rdhy_"

log = logging.getLogger("rdhy_qa_api")


async def _caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> Caller:
    """Who asks. Clients of OpenAI's API send something as a key even where none is needed: only ours are looked at."""
    ours = given is not None and given.credentials.startswith(_OUR_KEYS)
    return await identified(request, SecurityScopes([Scope.READ.value]), given if ours else None)


async def _limited(request: Request, caller: Annotated[Caller, Depends(_caller)]) -> AsyncIterator[None]:
    async with asynccontextmanager(limited)(request, caller):
        yield


_Service = Annotated[Service, Depends(service_of)]
_READING = [Depends(_caller)]
_LIMITED = [Depends(_limited)]

router = APIRouter(route_class=ChatRoute, tags=["chat"])


@router.get(
    "/v1/models",
    summary="List the models",
    dependencies=_READING,
    responses=examples.ok({"object": "list", "data": [examples.MODEL]}) | describe(401, 403, 503),
)
async def models(service: _Service) -> ModelList:
    """List what can be named as the model of a chat completion: there is one."""
    return ModelList(data=(_model(service),))


@router.get(
    "/v1/models/{model}",
    summary="Describe the model",
    dependencies=_READING,
    responses=examples.ok(examples.MODEL) | describe(401, 403, 404, 503),
)
async def model(service: _Service, model: Annotated[str, Path(examples=[MODEL])]) -> Model:
    """Describe a model."""
    _check_model(model)
    return _model(service)


@router.post(
    "/v1/chat/completions",
    summary="Answer in a chat",
    response_model=ChatCompletion,
    dependencies=_LIMITED,
    responses=examples.ok(examples.CHAT_COMPLETION, events=examples.CHAT_CHUNKS)
    | describe(400, 401, 403, 404, 413, 415, 429, 503),
)
async def chat_completions(
    http: Request,
    service: _Service,
    recorder: Annotated[Recorder, Depends(recorder_of)],
    chat: Annotated[ChatRequest, Body(openapi_examples=examples.CHAT_REQUESTS)],
) -> ChatCompletion | EventSourceResponse:
    """Answer the last user message as `POST /v1/ask` would, for clients of OpenAI's API.

    Earlier messages of the user and the assistant are the history. Messages with other roles and parameters that are
    not listed here are accepted and ignored. With `stream` the reply comes as server-sent events.
    """
    _check_model(chat.model)
    request = chat.question()
    reply = _Reply(http, request)
    if chat.stream:
        with_usage = bool(chat.stream_options and chat.stream_options.include_usage)
        stream = recorder.watched(request, "chat", service.stream(request))
        farewell = {"data": error_of(503, STOPPING).model_dump_json()}
        return sse_response(_messages(reply, stream, with_usage), farewell)
    answering = while_connected(http, lambda: service.ask(request))
    return reply.completion(await recorder.recorded(request, "chat", answering))


def _check_model(name: str) -> None:
    if name != MODEL:
        raise ChatError(404, f"There is no model {name!r}. Name {MODEL} as the model.", "model", "model_not_found")


def _model(service: Service) -> Model:
    return Model(created=int(service.engine.generation.manifest.created.timestamp()))


class _Reply:
    """One reply, in one piece or in chunks."""

    def __init__(self, http: Request, request: AskRequest) -> None:
        self._request = request
        self._base = str(http.base_url).rstrip("/")
        self._id = f"chatcmpl-{http.state.request_id}"
        self._created = int(time.time())

    def completion(self, answer: Answer) -> ChatCompletion:
        """The reply in one piece."""
        content = "".join(self.texts(answer))
        message = ReplyMessage(content=content, rdhy_qa=answer)
        usage = Usage.of(self._request, content)
        return ChatCompletion(id=self._id, created=self._created, choices=(Choice(message=message),), usage=usage)

    def texts(self, answer: Answer) -> tuple[str, str]:
        """The answer, and what stands below it."""
        return body(answer, self._base), footer(answer, self._base)

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> str:
        """A piece of the reply."""
        return self._chunk([{"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}])

    def usage(self, answer: Answer) -> str:
        """The chunk with which a stream ends that is asked for its usage."""
        usage = Usage.of(self._request, "".join(self.texts(answer)))
        return self._chunk([], usage=usage.model_dump())

    def _chunk(self, choices: list[dict[str, Any]], **more: object) -> str:
        fields = {"id": self._id, "object": "chat.completion.chunk", "created": self._created, "model": MODEL}
        return json.dumps({**fields, "choices": choices, **more})


def _chunks(reply: _Reply, answer: Answer, with_usage: bool) -> Iterator[str]:
    text, below = reply.texts(answer)
    yield reply.chunk({"content": text})
    if below:
        yield reply.chunk({"content": below})
    yield reply.chunk({"rdhy_qa": answer.model_dump(mode="json")}, "stop")
    if with_usage:
        yield reply.usage(answer)


async def _messages(reply: _Reply, stream: Stream, with_usage: bool) -> AsyncIterator[dict[str, str]]:
    try:
        yield {"data": reply.chunk({"role": "assistant", "content": ""})}
        async with stream as events:
            async for event in events:
                if isinstance(event, Done):
                    for chunk in _chunks(reply, event.answer, with_usage):
                        yield {"data": chunk}
        yield {"data": "[DONE]"}
    except RdhyQaError as error:
        yield {"data": error_of(status_of(error), str(error)).model_dump_json()}
    except Exception:
        log.exception("The stream of a chat failed.")
        yield {"data": error_of(500, FAULT).model_dump_json()}
