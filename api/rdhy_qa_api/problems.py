"""Errors over HTTP: problem details (RFC 9457), always with the id of the request."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Scope

from rdhy_qa.contracts import explain
from rdhy_qa.errors import BusyError, DatabaseError, GenerationError, ModelError, NotFoundError, RdhyQaError, UsageError
from rdhy_qa_api.chat import errors as chat_errors

MEDIA_TYPE = "application/problem+json"
FAULT = "The service failed on this request. Report it with the request id."

log = logging.getLogger("rdhy_qa_api")


class Problem(BaseModel):
    """What went wrong with a request, and what to do about it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = "about:blank"
    """Always `about:blank`: the status says what kind of problem it is."""
    title: str = Field(examples=["Unprocessable Content"])
    """The status in words."""
    status: int = Field(examples=[422])
    """The HTTP status code."""
    detail: str = Field(examples=["question: must not be empty"])
    """What is wrong with this request, and what to do."""
    instance: str = Field(examples=["/v1/ask"])
    """The path that was asked for."""
    request_id: str = Field(examples=["4f2f0d6f6f9f4d6a8a4f1f7f4a7e0c11"])
    """The same as the header `X-Request-ID`; quote it when you report a fault."""


def problem_of(scope: Scope, status: int, detail: str) -> Problem:
    """Describe what went wrong with a request."""
    return Problem(
        title=_title(status),
        status=status,
        detail=detail,
        instance=scope["path"],
        request_id=scope.get("state", {}).get("request_id", ""),
    )


def problem_response(scope: Scope, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Build the reply for a failed request."""
    if chat_errors.expected(scope):
        return chat_errors.error_response(status, detail, headers=headers)
    problem = problem_of(scope, status, detail)
    # Paths and field names come from the caller: ASCII escapes keep lone surrogates from breaking the encoding.
    return Response(json.dumps(problem.model_dump()), status, headers, MEDIA_TYPE)


def _title(status: int) -> str:
    # Python 3.13 renamed these two; clients should see one name.
    return {413: "Content Too Large", 422: "Unprocessable Content"}.get(status) or HTTPStatus(status).phrase


def status_of(error: RdhyQaError) -> int:
    """Choose the HTTP status for an error raised on purpose."""
    if isinstance(error, NotFoundError):
        return 404
    if isinstance(error, UsageError):
        return 422
    if isinstance(error, (BusyError, DatabaseError, GenerationError, ModelError)):
        return 503
    return 500


def describe(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Make the entries of OpenAPI ``responses`` for these statuses, and one for any other failure."""
    others = _describe(500) | {"description": "Any other failure"}
    return {status: _describe(status) for status in statuses} | {"default": others}


_DETAILS = {
    400: "The body is not valid JSON in UTF-8.",
    401: "The API key is wrong, revoked or expired. Use another one, or none to ask as a reader.",
    403: "The API key lacks the scope read. Use one that has it.",
    404: "There is no document 'post-9'. List them at /v1/documents.",
    413: "The body is larger than 64 KiB. Send a shorter one.",
    415: "The body must be JSON. Send it with Content-Type: application/json.",
    422: "question: must not be empty",
    429: "More than 30 requests in 60 seconds came from this address. Try again in 12 seconds.",
    500: FAULT,
    503: "There is no index yet. Run: rdhy-qa ingest",
}
_HEADERS = {
    401: {"WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}},
    429: {"Retry-After": {"description": "Seconds until the next try.", "schema": {"type": "integer"}}},
    503: {"Retry-After": {"description": "Seconds until the next try.", "schema": {"type": "integer"}}},
}
# What the frameworks say on their own, and what helps instead.
_INSTEAD = {
    (400, "There was an error parsing the body"): _DETAILS[400],
    (404, "Not Found"): "There is nothing at this address. /openapi.json describes what there is.",
    (405, "Method Not Allowed"): "This address does not take that method. The header Allow names those that it takes.",
}


def _describe(status: int) -> dict[str, Any]:
    phrase = _title(status)
    example = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "detail": _DETAILS[status],
        "instance": "/v1/documents/post-9" if status == 404 else "/v1/ask",
        "request_id": "4f2f0d6f6f9f4d6a8a4f1f7f4a7e0c11",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    described = {"description": phrase, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
    return described | ({"headers": _HEADERS[status]} if status in _HEADERS else {})


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = _INSTEAD.get((error.status_code, error.detail), error.detail)
    headers = _allowed(request) if error.status_code == 405 else None
    return problem_response(request.scope, error.status_code, detail, headers or error.headers)


def _allowed(request: Request) -> dict[str, str] | None:
    """Methods of an address: where several routes have it, the framework names those of the first one alone."""
    path = getattr(request.scope.get("route"), "path_format", "")
    methods = request.app.openapi()["paths"].get(path)
    return {"Allow": ", ".join(sorted(map(str.upper, methods)))} if methods else None


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    violations = error.errors()
    if any(violation["type"] == "json_invalid" for violation in violations):
        return problem_response(request.scope, 400, _DETAILS[400])
    return problem_response(request.scope, 422, explain(violations, skip=1))


async def _on_own_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RdhyQaError)
    status = status_of(error)
    headers = {"Retry-After": "5"} if status == 503 else None
    if status >= 500 and not isinstance(error, BusyError):  # that is no fault, and would flood the log
        log.error("%s: %s", type(error).__name__, error)
    return problem_response(request.scope, status, str(error), headers)


async def _on_disconnect(_: Request, __: Exception) -> Response:
    # Nobody reads it; it is for logs and figures, which know this status from proxies.
    return Response(status_code=499)


def install(app: FastAPI) -> None:
    """Make all errors that the application raises problem details."""
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(RdhyQaError, _on_own_error)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
