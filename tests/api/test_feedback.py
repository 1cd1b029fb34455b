"""Feedback and gaps over HTTP, with a real database behind them."""

import hashlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import httpx
import numpy as np
import pytest
from sqlalchemy import select

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.events import Done
from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.feedback import Feedback
from rdhy_qa.journal.scopes import Scope
from rdhy_qa.settings import Settings, load_settings
from rdhy_qa_api.app import create_app

ANSWER = "0123456789abcdef"


class Declining:
    """An engine that declines each question, or fails to embed it; all else is as in the shared one."""

    def __init__(self, engine) -> None:
        self.engine = engine
        self.fault: Exception | None = None

    def __getattr__(self, name: str):
        return getattr(self.engine, name)

    def ask(self, request: AskRequest) -> Answer:
        return Answer(
            answer_id=hashlib.sha256(request.question.encode()).hexdigest()[:16],
            question=request.question, answered=False, short_answer=None,
            answer="No.", confidence=0, reason="no_evidence", generation="1",
        )  # fmt: skip

    def ask_stream(self, request: AskRequest):
        yield Done(answer=self.ask(request))

    def embed(self, question: str) -> np.ndarray:
        if self.fault:
            raise self.fault
        return np.eye(256, dtype=np.float32)[sum(question.encode()) % 256]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(database=f"sqlite:///{tmp_path}/journal.sqlite", rate_limit="1000/second")


@pytest.fixture
def service(serve, engine, settings):
    """A client of a service that declines everything."""
    with serve(create_app(settings, engine=Declining(engine))) as client:
        yield client


@pytest.fixture
def admin(settings: Settings) -> dict[str, str]:
    """A header with a key that may look at gaps."""
    with closing(Database.open(settings.database)) as database:
        return {"Authorization": f"Bearer {keys.create(database, 'test', [Scope.ADMIN]).text}"}


def ask(client: httpx.Client, question: str) -> str:
    return client.post("/v1/ask", json={"question": question}).json()["answer_id"]


def say(client: httpx.Client, answer_id: str, verdict: str = "down", **more: object) -> httpx.Response:
    return client.post("/v1/feedback", json={"answer_id": answer_id, "verdict": verdict} | more)


def said(settings: Settings) -> list[tuple[str, str, str | None]]:
    with closing(Database.open(settings.database)) as database, database.reading() as session:
        return [(one.answer_id, one.verdict, one.comment) for one in session.scalars(select(Feedback))]


def test_a_verdict_right_after_the_answer_finds_it(service, settings):
    for number in range(20):
        answer_id = ask(service, f"Question {number}?")
        reply = say(service, answer_id)
        assert (reply.status_code, reply.content) == (204, b"")
    assert len(said(settings)) == 20


def test_an_answer_may_get_several_verdicts_with_comments(service, settings):
    answer_id = ask(service, "Who won?")
    assert say(service, answer_id, "up").status_code == 204
    assert say(service, answer_id, "down", comment="  Wrong:\n“2023” ✗  ").status_code == 204
    assert say(service, answer_id, "down", comment="x" * 2000).status_code == 204
    assert say(service, answer_id, "down", comment=" ").status_code == 204
    assert said(settings) == [
        (answer_id, "up", None),
        (answer_id, "down", "Wrong:\n“2023” ✗"),
        (answer_id, "down", "x" * 2000),
        (answer_id, "down", None),
    ]


def test_an_answer_that_nobody_got_is_not_found(service, settings):
    reply = say(service, ANSWER)
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert "holds no answer" in reply.json()["detail"]
    assert "Send the id" in reply.json()["detail"]
    assert said(settings) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answer_id": ANSWER},
        {"answer_id": ANSWER, "verdict": "sideways"},
        {"answer_id": ANSWER.upper(), "verdict": "up"},
        {"answer_id": ANSWER + "\n", "verdict": "up"},
        {"answer_id": ANSWER + "0", "verdict": "up"},
        {"answer_id": "' OR 1=1 --", "verdict": "up"},
        {"answer_id": 1, "verdict": "up"},
        {"answer_id": ANSWER, "verdict": "up", "comment": "x" * 2001},
        {"answer_id": ANSWER, "verdict": "up", "comment": "nul \x00"},
        {"answer_id": ANSWER, "verdict": "up", "comment": "escape \x1b[31m"},
        {"answer_id": ANSWER, "verdict": "up", "comment": 5},
        {"answer_id": ANSWER, "verdict": "up", "name": "Ada"},
        [],
    ],
)
def test_bad_feedback_is_refused(service, body: object):
    reply = service.post("/v1/feedback", json=body)
    assert reply.status_code == 422, reply.text
    assert reply.json()["detail"]


def test_half_a_character_is_refused(service):
    content = b'{"answer_id": "0123456789abcdef", "verdict": "up", "comment": "\\ud800"}'
    reply = service.post("/v1/feedback", content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code == 422, reply.text


def test_a_database_that_is_away_is_said_with_when_to_come_back(serve, engine, tmp_path: Path):
    settings = load_settings(database=f"sqlite:///{tmp_path}/nowhere/journal.sqlite")
    with serve(create_app(settings, engine=Declining(engine))) as client:
        reply = say(client, ANSWER)
        assert reply.status_code == 503
        assert reply.headers["retry-after"] == "5"
        assert "can't be opened" in reply.json()["detail"]
        assert str(tmp_path) not in reply.text
        waiting = say(client, ask(client, "Who won?"))
        assert waiting.status_code == 503
        assert "not in the journal yet" in waiting.json()["detail"]


def test_a_lock_costs_feedback_a_later_try_and_questions_nothing(service, settings):
    answer_id = ask(service, "Who won?")
    assert say(service, answer_id).status_code == 204
    with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        replies: list[httpx.Response] = []
        voting = threading.Thread(target=lambda: replies.append(say(service, answer_id)))
        voting.start()
        for number in range(20):
            assert ask(service, f"Question {number}?")
        voting.join()
        other.execute("ROLLBACK")
    assert replies[0].status_code == 503
    assert "locked" in replies[0].json()["detail"]
    assert say(service, answer_id).status_code == 204


def test_gaps_are_for_those_who_look_after_the_documents(service, settings):
    assert service.get("/v1/gaps").status_code == 401
    with closing(Database.open(settings.database)) as database:
        reader = keys.create(database, "reader", [Scope.READ, Scope.FEEDBACK]).text
    assert service.get("/v1/gaps", headers={"Authorization": f"Bearer {reader}"}).status_code == 403


def test_gaps_show_what_was_declined_and_said_about_it(service, admin):
    for _ in range(3):
        answer_id = ask(service, "What is the revenue?")
    ask(service, "Who is Ada?")
    say(service, answer_id, comment="Please add it")
    reply = service.get("/v1/gaps", params={"since": "1h", "limit": 1}, headers=admin)
    assert reply.status_code == 200
    report = reply.json()
    assert (report["askings"], report["more"], report["unshown"]) == (4, 1, 0)
    (gap,) = report["gaps"]
    assert (gap["question"], gap["askings"], gap["reasons"]) == ("What is the revenue?", 3, {"no_evidence": 3})
    assert (gap["comments"], gap["votes_down"], gap["answer_id"]) == (["Please add it"], 1, answer_id)


@pytest.mark.parametrize(
    "query", ["since=soon", "since=", "since=0d", "since=99999d", "limit=0", "limit=101", "limit=x"]
)
def test_bad_queries_for_gaps_are_refused(service, admin, query: str):
    assert service.get(f"/v1/gaps?{query}", headers=admin).status_code == 422


def test_the_longest_time_is_one_that_dates_can_hold(service, admin):
    assert service.get("/v1/gaps?since=9999w", headers=admin).json()["gaps"] == []


def test_what_a_route_may_answer_is_declared(service):
    paths = service.get("/openapi.json").json()["paths"]
    assert set(paths["/v1/feedback"]["post"]["responses"]) >= {"204", "404", "422", "429", "503"}
    assert set(paths["/v1/gaps"]["get"]["responses"]) >= {"200", "401", "403", "422", "503"}
