"""The routes of feedback, and of what it is for: the gaps of the corpus."""

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rdhy_qa.journal.feedback import Verdict, keep_feedback
from rdhy_qa.journal.gaps import PERIOD, GapReport, find_gaps, parse_period
from rdhy_qa.journal.handle import DatabaseHandle
from rdhy_qa.journal.scopes import Scope
from rdhy_qa_api import examples
from rdhy_qa_api.access.callers import feedback_limited, requires
from rdhy_qa_api.bodies import JsonRoute
from rdhy_qa_api.problems import describe
from rdhy_qa_api.recording import Recorder, recorder_of
from rdhy_qa_api.service import Service, service_of

MAX_COMMENT_CHARACTERS = 2_000

router = APIRouter(route_class=JsonRoute)


def _printable(comment: str) -> str:
    if any((ord(character) < 32 and character not in "\t\n\r") or ord(character) == 127 for character in comment):
        raise ValueError("must not contain control characters")
    return comment.strip()


class FeedbackRequest(BaseModel):
    """What a reader says of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    answer_id: str = Field(pattern=r"^[0-9a-f]{16}$", examples=["5d0f3a6b8c1e2f47"])
    """The `id` of the answer."""
    verdict: Verdict
    comment: Annotated[str, Field(max_length=MAX_COMMENT_CHARACTERS), AfterValidator(_printable)] | None = Field(
        None, examples=["The prize of 2023 is missing."]
    )
    """What was wrong or good about it, for those who look after the documents."""


def _database_of(request: Request) -> DatabaseHandle:
    database = request.app.state.database
    assert isinstance(database, DatabaseHandle)
    return database


_UsedDatabase = Annotated[DatabaseHandle, Depends(_database_of)]


@router.post(
    "/v1/feedback",
    tags=["feedback"],
    summary="Say whether an answer was good",
    status_code=204,
    dependencies=[Depends(feedback_limited)],
    responses=describe(400, 401, 403, 404, 413, 415, 422, 429, 503),
)
async def feedback(
    database: _UsedDatabase,
    recorder: Annotated[Recorder, Depends(recorder_of)],
    said: Annotated[FeedbackRequest, Body(openapi_examples=examples.FEEDBACK)],
) -> None:
    """Keep a verdict on an answer, with or without a comment. An answer may get many."""

    def keep() -> None:
        recorder.settle(said.answer_id)
        keep_feedback(database.get(), said.answer_id, said.verdict, said.comment or None)

    await anyio.to_thread.run_sync(keep)


@router.get(
    "/v1/gaps",
    tags=["feedback"],
    summary="What the corpus lacks",
    dependencies=[requires(Scope.ADMIN)],
    responses=examples.ok(examples.GAPS) | describe(401, 403, 422, 503),
)
async def gaps(
    service: Annotated[Service, Depends(service_of)],
    database: _UsedDatabase,
    since: Annotated[
        str, Query(pattern=f"^{PERIOD}$", description="How far to look back: hours, days or weeks.", examples=["7d"])
    ] = "7d",
    limit: Annotated[int, Query(ge=1, le=100, description="Gaps to show.")] = 20,
) -> GapReport:
    """Show what was declined or voted down, grouped by what was asked; what cost readers most comes first."""
    period = parse_period(since)

    def find() -> GapReport:
        return find_gaps(database.get(), period, lambda question: service.engine.embed(question), limit=limit)

    return await anyio.to_thread.run_sync(find)
