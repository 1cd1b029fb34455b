"""The journal is written behind the answers' backs: what happens to its database costs no answer and loses no entry."""

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from sqlalchemy import select, update

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.entries import Asking, GivenAnswer
from rdhy_qa.journal.handle import DatabaseHandle
from rdhy_qa.settings import Settings, load_settings
from rdhy_qa_api import recording
from rdhy_qa_api.app import create_app
from rdhy_qa_api.recording import Recorder

STREAM = {"Accept": "text/event-stream"}


def settled(condition: Callable[[], bool]) -> bool:
    """Whether something comes true within a time that is long enough for any machine."""
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def askings(url: str) -> list[tuple[str, str]]:
    """Question and surface of all entries, in order."""
    with closing(Database.open(url)) as database, database.reading() as session:
        rows = select(GivenAnswer.question, Asking.surface).join(Asking).order_by(Asking.at)
        return [tuple(row) for row in session.execute(rows)]


def ask(client: httpx.Client, number: int, **headers: str) -> None:
    reply = client.post("/v1/ask", json={"question": f"Question {number}?"}, headers=headers)
    assert reply.status_code == 200, reply.text


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "journal" in record.getMessage()]


def writers() -> int:
    """How many journals are being written in this process."""
    return sum(thread.name == "journal" for thread in threading.enumerate())


@pytest.fixture
def answering(engine, monkeypatch: pytest.MonkeyPatch):
    """The engine, with an id on each answer."""
    ask = engine.ask

    def with_id(request: AskRequest) -> Answer:
        return ask(request).model_copy(update={"answer_id": hashlib.sha256(request.question.encode()).hexdigest()[:16]})

    monkeypatch.setattr(engine, "ask", with_id)
    return engine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(database=f"sqlite:///{tmp_path}/journal.sqlite", rate_limit="1000/second")


def recorder_at(settings: Settings) -> tuple[Recorder, DatabaseHandle]:
    handle = DatabaseHandle(settings.database)
    return Recorder(settings, handle.get), handle


def record(recorder: Recorder, *numbers: int) -> None:
    for number in numbers:
        answer = Answer(
            answer_id=f"{number:016x}", question=f"Question {number}?", answered=True, short_answer=None, answer="Yes.",
            confidence=1, generation="1",
        )  # fmt: skip
        recorder.record(AskRequest(question=answer.question), answer, "mcp", 1.0)


def test_each_way_to_ask_leaves_an_entry_with_its_name(serve, answering, settings):
    with serve(create_app(settings, engine=answering)) as client:
        ask(client, 1)
        ask(client, 2, **STREAM)
        ask(client, 1)
    assert askings(settings.database) == [("Question 1?", "http"), ("Question 2?", "stream"), ("Question 1?", "http")]


def test_an_entry_says_how_long_the_reader_waited(serve, answering, settings):
    answering.seconds = 0.2
    with serve(create_app(settings, engine=answering)) as client:
        ask(client, 1)
        ask(client, 2, **STREAM)
    with closing(Database.open(settings.database)) as database, database.reading() as session:
        waited = session.scalars(select(Asking.milliseconds)).all()
    assert all(200 <= milliseconds < 20_000 for milliseconds in waited)


def test_what_failed_or_was_given_up_leaves_no_entry(serve, answering, settings):
    answering.seconds, answering.steps = 0.05, 1_000
    with serve(create_app(settings, engine=answering)) as client:
        with client.stream("POST", "/v1/ask", json={"question": "Who won?"}, headers=STREAM) as reply:
            next(reply.iter_lines())
        assert settled(lambda: answering.open_streams == 0)
        answering.reset()
        answering.fault = RuntimeError("broken")
        assert client.post("/v1/ask", json={"question": "Who won?"}).status_code == 500
    assert askings(settings.database) == []


def test_the_settings_say_what_is_kept(serve, answering, settings, tmp_path: Path):
    with serve(create_app(settings.model_copy(update={"journal_text": "none"}), engine=answering)) as client:
        ask(client, 1)
    assert askings(settings.database) == [(None, "http")]
    assert b"Question" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_database_that_is_locked_costs_no_answer_and_no_entry(serve, answering, settings, caplog):
    caplog.set_level(logging.WARNING, "rdhy_qa_api")
    Database.open(settings.database).close()
    with (
        closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"), isolation_level=None)) as other,
        serve(create_app(settings, engine=answering)) as client,
    ):
        ask(client, 0)
        assert settled(lambda: len(askings(settings.database)) == 1)
        other.execute("BEGIN EXCLUSIVE")
        for number in range(1, 40):
            ask(client, number)
        assert settled(lambda: bool(logged(caplog)))
        other.execute("COMMIT")
        assert settled(lambda: len(askings(settings.database)) == 40)
    assert askings(settings.database) == [(f"Question {number}?", "http") for number in range(40)]
    broken, mended = logged(caplog)
    assert "locked by another process" in broken
    assert mended == "The journal is written again; 0 entries are lost."
    assert "Traceback" not in caplog.text


def test_a_full_disk_costs_no_answer_and_no_entry(serve, answering, disk, caplog):
    caplog.set_level(logging.WARNING, "rdhy_qa_api")
    small = disk(1)
    settings = load_settings(database=f"sqlite:///{small.folder}/journal.sqlite", rate_limit="1000/second")
    asked = 0
    with serve(create_app(settings, engine=answering)) as client:
        with small.filled():
            while not logged(caplog) and asked < 300:
                ask(client, asked)
                asked += 1
            assert settled(lambda: bool(logged(caplog)))
        assert settled(lambda: len(logged(caplog)) == 2)
    assert [question for question, _ in askings(settings.database)] == [f"Question {n}?" for n in range(asked)]
    broken, mended = logged(caplog)
    assert "Make room on its disk" in broken
    assert mended == "The journal is written again; 0 entries are lost."
    assert "Traceback" not in caplog.text


def test_postgresql_may_stop_and_come_back(serve, answering, settings, postgresql, caplog):
    caplog.set_level(logging.WARNING, "rdhy_qa_api")
    settings = settings.model_copy(update={"database": postgresql.create()})
    with serve(create_app(settings, engine=answering)) as client:
        ask(client, 0)
        assert settled(lambda: len(askings(settings.database)) == 1)
        postgresql.stop()
        try:
            for number in range(1, 40):
                ask(client, number)
            assert settled(lambda: bool(logged(caplog)))
        finally:
            postgresql.start()
        ask(client, 40)
        assert settled(lambda: len(askings(settings.database)) == 41)
    assert askings(settings.database) == [(f"Question {number}?", "http") for number in range(41)]
    assert len(logged(caplog)) == 2
    assert "Traceback" not in caplog.text


def test_a_service_starts_and_answers_without_its_database(serve, answering, tmp_path: Path, caplog):
    caplog.set_level(logging.WARNING, "rdhy_qa_api")
    folder = tmp_path / "later"
    settings = load_settings(database=f"sqlite:///{folder}/journal.sqlite", rate_limit="1000/second")
    with serve(create_app(settings, engine=answering)) as client:
        ask(client, 0)
        assert settled(lambda: bool(logged(caplog)))
        ask(client, 1)
        folder.mkdir()
        assert settled(lambda: len(logged(caplog)) == 2)
    assert askings(settings.database) == [("Question 0?", "http"), ("Question 1?", "http")]


def test_what_waits_is_written_before_the_service_ends(serve, answering, settings):
    with serve(create_app(settings, engine=answering)) as client:
        for number in range(150):
            ask(client, number)
    assert len(askings(settings.database)) == 150


def test_a_service_ends_though_its_database_never_comes_back(serve, answering, tmp_path: Path, caplog):
    caplog.set_level(logging.WARNING, "rdhy_qa_api")
    settings = load_settings(database=f"sqlite:///{tmp_path}/nowhere/journal.sqlite")
    before = writers()
    with serve(create_app(settings, engine=answering)) as client:
        for number in range(3):
            ask(client, number)
        began = time.monotonic()
    assert time.monotonic() - began < recording._CLOSING_SECONDS + 10
    assert logged(caplog)[-1] == "3 entries of the journal are lost."
    assert writers() == before


def test_beyond_the_bound_entries_are_lost_and_counted(settings, monkeypatch: pytest.MonkeyPatch, caplog):
    monkeypatch.setattr(recording, "_MOST_WAITING", 5)
    recorder, handle = recorder_at(settings)
    record(recorder, *range(8))
    assert recorder.lost == 3

    async def run() -> None:
        async with recorder.running():
            record(recorder)

    anyio.run(run)
    handle.close()
    assert [question for question, _ in askings(settings.database)] == [f"Question {number}?" for number in range(5)]
    assert logged(caplog) == ["The journal is written again; 3 entries are lost."]


def test_an_entry_that_can_not_be_written_does_not_hold_up_the_others(
    settings, monkeypatch: pytest.MonkeyPatch, caplog
):
    monkeypatch.setattr(recording, "_BATCH", 1)
    recorder, handle = recorder_at(settings)
    broken = Answer.model_construct(**Answer(
        answer_id="f" * 16, question="?", answered=True, short_answer=None, answer="", confidence=0, generation="1"
    ).__dict__ | {"generation": None})  # fmt: skip
    record(recorder, 1)
    for _ in range(5):
        recorder.record(AskRequest(question="Broken?"), broken, "http", 1.0)
    record(recorder, 2)

    async def run() -> None:
        async with recorder.running():
            pass

    anyio.run(run)
    handle.close()
    assert [question for question, _ in askings(settings.database)] == ["Question 1?", "Question 2?"]
    assert recorder.lost == 5
    taken, mended = logged(caplog)
    assert "can't take" in taken
    assert "5 entries" in mended
    assert "Broken?" not in caplog.text


def test_to_record_takes_no_time_whatever_the_database_does(settings, monkeypatch: pytest.MonkeyPatch):
    reached, release = threading.Event(), threading.Event()

    def hang() -> Database:
        reached.set()
        release.wait()
        raise AssertionError

    recorder = Recorder(settings, hang)
    monkeypatch.setattr(recording, "_CLOSING_SECONDS", 0.01)

    async def run() -> None:
        async with recorder.running():
            reached.wait()
            began = time.thread_time()
            record(recorder, *range(1_000))
            assert time.thread_time() - began < 1

    anyio.run(run)
    assert recorder.lost == 1_000
    release.set()


def test_old_entries_go_when_the_service_starts(serve, answering, settings):
    with serve(create_app(settings, engine=answering)) as client:
        ask(client, 1)
    with closing(Database.open(settings.database)) as database, database.session() as session:
        session.execute(update(Asking).values(at=datetime.now(UTC) - timedelta(days=91)))
    with serve(create_app(settings, engine=answering)):
        assert settled(lambda: askings(settings.database) == [])


def test_old_entries_go_each_hour_though_nobody_asks(settings, monkeypatch: pytest.MonkeyPatch):
    removed: list[int] = []
    monkeypatch.setattr(recording, "remove_old", lambda _, days: removed.append(days))
    monkeypatch.setattr(recording, "_REMOVAL_SECONDS", 0.01)
    recorder, handle = recorder_at(settings)

    async def run() -> None:
        async with recorder.running():
            while len(removed) < 3:
                await anyio.sleep(0.01)

    anyio.run(run)
    handle.close()
    assert set(removed) == {90}
