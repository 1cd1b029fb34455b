"""Errors in the shape that clients of OpenAI's API read: https://platform.openai.com/docs/guides/error-codes"""

import json
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import Response
from starlette.types import Scope

from rdhy_qa.contracts import explain
from rdhy_qa_api.bodies import JsonRoute

_PATHS = ("/v1/chat/completions", "/v1/models")
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_EXAMPLES = {
    400: "The last user message is no question: question: must not be empty.",
    401: "The API key is wrong, revoked or expired. Use another one, or none to ask as a reader.",
    403: "The API key lacks the scope read. Use one that has it.",
    404: "There is no model 'gpt'. Name rdhy-qa as the model.",
    413: "The body is larger than 1024 KiB. Send a shorter one.",
    415: "The body must be JSON. Send it with Content-Type: application/json.",
    429: "More than 30 requests in 60 seconds came from this address. Try again in 12 seconds.",
    503: "There is no index yet. Run: rdhy-qa ingest",
}
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


class ErrorDetail(BaseModel):
    """What went wrong with a request, and what to do about it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    message: str
    type: str
    """The kind of error, which follows from the status."""
    param: str | None = None
    """The field that is wrong, where it is one."""
    code: str | None = None
    """`model_not_found` for a model that is not served; otherwise null."""


class ErrorReply(BaseModel):
    """A failed request."""

    error: ErrorDetail


class ChatError(Exception):
    """A chat request that can't be answered as it is meant."""

    def __init__(self, status: int, message: str, param: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code


class ChatRoute(JsonRoute):
    """A route whose errors name the field that is wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Handle the request as usual, and its errors as clients expect them."""
        handle = super().get_route_handler()

        async def handle_or_explain(request: Request) -> Response:
            try:
                return await handle(request)
            except ChatError as error:
                return error_response(error.status, error.message, error.param, error.code)
            except RequestValidationError as error:
                if any(violation["type"] == "json_invalid" for violation in error.errors()):
                    raise
                return _invalid([{**one, "loc": _path(one["loc"])} for one in error.errors()])

        return handle_or_explain


def expected(scope: Scope) -> bool:
    """Whether whoever made a request reads errors of this shape."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return any(path == known or path.startswith(f"{known}/") for known in _PATHS)


def error_response(
    status: int,
    message: str,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build the reply for a failed request; what is 422 elsewhere is 400 here."""
    status = 400 if status == 422 else status
    body = error_of(status, message, param, code).model_dump()
    return Response(json.dumps(body), status, headers, "application/json")


def error_of(status: int, message: str, param: str | None = None, code: str | None = None) -> ErrorReply:
    """Describe what went wrong."""
    kind = _TYPES.get(status) or ("server_error" if status >= 500 else "invalid_request_error")
    return ErrorReply(error=ErrorDetail(message=message, type=kind, param=param, code=code))


def wrong_question(error: ValidationError) -> ChatError:
    """Say what is wrong with the last user message."""
    return ChatError(400, f"The last user message is no question: {explain(error.errors())}.", "messages")


def describe(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Make the entries of OpenAPI ``responses`` for these statuses, and one for any other failure."""
    return {status: _described(status, HTTPStatus(status).phrase) for status in statuses} | {
        "default": _described(500, "Any other failure")
    }


def _described(status: int, phrase: str) -> dict[str, Any]:
    example = error_of(status, _EXAMPLES.get(status, "The service failed on this request."))
    return {
        "model": ErrorReply,
        "description": phrase,
        "content": {"application/json": {"example": example.model_dump()}},
    }


def _invalid(violations: list[dict[str, Any]]) -> Response:
    param = ".".join(map(str, violations[0]["loc"])) or None
    return error_response(400, f"{explain(violations)}.", param)


def _path(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where in the body a field is; the role by which a message was told from others is no part of that."""
    return tuple(part for part in location[1:] if part not in _ROLES)
