"""Routes for those who run the service: its figures, and a stream to try what lies between it and its callers."""

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from sse_starlette import EventSourceResponse
from starlette.responses import PlainTextResponse

from rdhy_qa.journal.scopes import Scope
from rdhy_qa_api import examples
from rdhy_qa_api.access.callers import limited, requires
from rdhy_qa_api.operations.metrics import Metrics
from rdhy_qa_api.problems import describe
from rdhy_qa_api.service import Service, service_of
from rdhy_qa_api.streaming import MEDIA_TYPE, sse_response

TICKS = 4
_PAUSE_SECONDS = 0.3

router = APIRouter(tags=["service"])


def metrics_of(request: Request) -> Metrics:
    """Find the figures of the application that a request came to."""
    metrics = request.app.state.metrics
    assert isinstance(metrics, Metrics)
    return metrics


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    dependencies=[requires(Scope.ADMIN)],
    responses=examples.ok(examples.METRICS, "text/plain") | describe(401, 403, 503),
)
def metrics(
    figures: Annotated[Metrics, Depends(metrics_of)], service: Annotated[Service, Depends(service_of)]
) -> PlainTextResponse:
    """Give the figures of the service, of all its workers together, in Prometheus's text format."""
    return PlainTextResponse(figures.text(service.manifest), media_type=CONTENT_TYPE_PLAIN_0_0_4)


@router.get(
    "/v1/stream-test",
    summary="Try a stream",
    response_class=EventSourceResponse,
    dependencies=[Depends(limited)],
    responses=examples.ok(examples.TICKS, MEDIA_TYPE) | describe(401, 403, 429, 503),
)
async def stream_test() -> EventSourceResponse:
    """Send four events with pauses between them.

    When they arrive together, something on the way holds streams back: `rdhy-qa doctor --url` looks for that.
    """
    return sse_response(_ticks())


async def _ticks() -> AsyncIterator[dict[str, str]]:
    """Each says when it was sent, so that a caller can compare when it came."""
    started = time.perf_counter()
    for n in range(1, TICKS + 1):
        sent = round((time.perf_counter() - started) * 1000)
        yield {"event": "tick", "data": json.dumps({"n": n, "of": TICKS, "milliseconds": sent})}
        if n < TICKS:
            await anyio.sleep(_PAUSE_SECONDS)
