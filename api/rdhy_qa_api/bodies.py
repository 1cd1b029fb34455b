"""Bodies: JSON in UTF-8, or a clear refusal before anything looks at it."""

from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response


class JsonRoute(APIRoute):
    """A route whose bodies have to be JSON; other content types are refused instead of guessed at."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Check the body, then handle the request as usual."""
        handle = super().get_route_handler()

        async def check_and_handle(request: Request) -> Response:
            if self.body_field is not None:
                await _check(request)
            return await handle(request)

        return check_and_handle


async def _check(request: Request) -> None:
    if not _is_json(request.headers.get("content-type", "")):
        raise HTTPException(415, "The body must be JSON. Send it with Content-Type: application/json.")
    try:
        (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"The body is not valid UTF-8 at byte {error.start}. Encode it as UTF-8.") from error


def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    return message.get_content_type() == "application/json"
