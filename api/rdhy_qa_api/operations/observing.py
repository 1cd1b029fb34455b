"""What is known of every request when it has ended: one line of the log, and its share of the figures."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rdhy_qa.contracts import Answer
from rdhy_qa_api.operations import logs
from rdhy_qa_api.operations.metrics import Metrics, known_method

UNROUTED = "unrouted"
"""Stands for the route of requests that come to none: unknown paths, refused bodies, preflights of CORS."""

log = logging.getLogger("rdhy_qa_api.access")


class Observed:
    """Measures each request from its first byte to the last of its reply. It belongs outside of everything else."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status: int | None = None

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with logs.taking_notes() as notes:
            try:
                await self._app(scope, receive, send_and_note)
            finally:
                seconds = time.perf_counter() - started
                method, route = known_method(scope["method"]), _template(scope)
                self._metrics.request(method, route, status, seconds)
                fields = {
                    "method": method,
                    "route": route,
                    "status": status,
                    "milliseconds": round(seconds * 1000, 1),
                    "request_id": scope.get("state", {}).get("request_id"),
                }
                log.info("request", extra=fields | notes)


def note_answer(answer: Answer) -> None:
    """Let the line of the request under way name an answer."""
    logs.note(
        answer_id=answer.answer_id,
        mode=answer.mode,
        answered=answer.answered,
        reason=answer.reason,
        fallback=answer.fallback,
        confidence=answer.confidence,
    )


def _template(scope: Scope) -> str:
    """The route's path with names for its parameters, so that it takes few values and none of the caller's."""
    route = scope.get("route")
    if route is not None:
        return str(route.path_format)
    if scope.get("root_path"):  # what is mounted there names its parts by itself
        return str(scope["root_path"])
    return str(scope["path"]) if "endpoint" in scope else UNROUTED
