"""The log: one line an event, for machines or for people, in which nothing stands that a reader wrote."""

import contextlib
import io
import json
import logging
import logging.config
import pickle
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.errors import DatabaseError
from rdhy_qa_api.operations import logs

SECRET = "the question of a reader"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def line(message: str, *, terminal: bool = False, error: BaseException | None = None, **extra: object) -> str:
    """What one event looks like."""
    record = logging.LogRecord("rdhy_qa_api", logging.INFO, __file__, 1, message, (), None)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    record.__dict__.update(extra)
    return logs.formatter(terminal=terminal).format(record)


def raised(work) -> BaseException:
    try:
        work()
    except BaseException as error:
        return error
    raise AssertionError


def test_machines_get_json():
    told = json.loads(line("request", route="/v1/ask", status=200, milliseconds=1.5))
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "event": "request",
        "level": "info",
        "logger": "rdhy_qa_api",
        "route": "/v1/ask",
        "status": 200,
        "milliseconds": 1.5,
    }


def test_people_get_a_readable_line():
    told = ANSI.sub("", line("request", terminal=True, route="/v1/ask", status=200))
    assert "request" in told
    assert "route=/v1/ask" in told
    assert "status=200" in told


def test_what_is_no_known_field_is_left_out():
    assert SECRET not in line("request", question=SECRET, color_message=SECRET)


@given(text=st.text(), terminal=st.booleans())
def test_no_text_makes_a_second_line_or_orders_a_terminal_about(text: str, terminal: bool):
    told = ANSI.sub("", line(text, terminal=terminal, request_id=text))
    assert len(told.splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", told)


def test_colours_of_a_caller_are_not_taken_for_ours():
    told = line("\x1b[31mred", terminal=True)
    assert "\\x1b[31mred" in told


def _fails_with_a_secret() -> None:
    try:
        json.loads(f'{{"question": {SECRET}')
    except ValueError as error:
        raise KeyError(SECRET) from error


@pytest.mark.parametrize("terminal", [False, True])
def test_an_error_tells_where_it_comes_from_but_not_what_it_quotes(terminal: bool):
    told = line("failed", terminal=terminal, error=raised(_fails_with_a_secret))
    assert "_fails_with_a_secret" in told
    assert "KeyError" in told
    assert "JSONDecodeError" in told
    assert SECRET not in told


def test_members_of_a_group_of_errors_are_told():
    group = ExceptionGroup(SECRET, [raised(_fails_with_a_secret), OSError(28, "No space left on device")])
    told = line("failed", error=group)
    assert "KeyError" in told
    assert "OSError: No space left on device" in told
    assert SECRET not in told


def test_our_own_errors_say_what_to_do():
    assert "DatabaseError: It is away. Try again." in line("failed", error=DatabaseError("It is away.", "Try again."))


def test_the_configuration_can_be_sent_to_workers():
    made = logs.configuration(terminal=False)
    assert pickle.loads(pickle.dumps(made)) == made


@contextlib.contextmanager
def logging_as_served() -> Iterator[io.StringIO]:
    """Log as the service does, but into memory; afterwards as before."""
    kept = [(name, logging.getLogger(name)) for name in ("", "uvicorn", "rdhy_qa", "rdhy_qa_api")]
    before = [(logger, logger.level, logger.handlers[:], logger.propagate) for _, logger in kept]
    written = io.StringIO()
    configuration = logs.configuration(terminal=False)
    configuration["handlers"]["stderr"]["stream"] = written
    logging.config.dictConfig(configuration)
    try:
        yield written
    finally:
        for logger, level, handlers, propagate in before:
            logger.level, logger.handlers, logger.propagate = level, handlers, propagate
            logger.setLevel(level)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged meanwhile."""
    with logging_as_served() as stream:
        yield stream


def lines(written: io.StringIO) -> list[dict[str, object]]:
    """What the service itself logged; the server of these tests logs accesses as well."""
    told = [json.loads(one) for one in written.getvalue().splitlines()]
    return [one for one in told if one["logger"] != "uvicorn.access"]


def ended(written: io.StringIO, request_id: str = "mine") -> dict[str, object]:
    """The line of a request. It is written when the reply is on its way, so it may come after it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for one in lines(written):
            if one["logger"] == "rdhy_qa_api.access" and one["request_id"] == request_id:
                return one
        time.sleep(0.01)
    raise AssertionError(written.getvalue())


def test_each_request_is_one_line_with_its_route_status_time_and_answer(client: httpx.Client, written: io.StringIO):
    reply = client.post("/v1/ask", json={"question": SECRET}, headers={"X-Request-ID": "mine"})
    told = ended(written)
    assert (told["method"], told["route"], told["status"]) == ("POST", "/v1/ask", 200)
    assert told["milliseconds"] > 0
    assert (told["answer_id"], told["mode"]) == (reply.json()["answer_id"], reply.json()["mode"])
    assert (told["answered"], told["confidence"]) == (True, 0.5)


def test_a_stream_is_logged_with_its_answer_too(client: httpx.Client, written: io.StringIO):
    headers = {"X-Request-ID": "mine", "Accept": "text/event-stream"}
    client.post("/v1/ask", json={"question": SECRET}, headers=headers)
    told = ended(written)
    assert told["confidence"] == 0.5


def test_nothing_that_a_reader_sent_is_logged(
    client: httpx.Client, engine, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
):
    body = {"question": SECRET, "history": [{"role": "user", "content": SECRET}]}
    client.post("/v1/ask", json=body, headers={"Authorization": f"Bearer {SECRET}"})
    client.post("/v1/ask", json=body)
    client.post("/v1/ask", json={SECRET: SECRET})
    client.get("/v1/search", params={"question": SECRET})
    client.get(f"/v1/documents/{SECRET}")
    client.post("/v1/feedback", json={"answer_id": "0" * 16, "verdict": "down", "comment": SECRET})
    engine.fault = ValueError(SECRET)
    assert client.post("/v1/ask", json=body).status_code == 500
    monkeypatch.delattr(engine, "held")  # what fails then is no error on purpose
    assert client.get(f"/v1/documents/{SECRET}").status_code == 500
    client.post("/v1/ask", json=body, headers={"Accept": "text/event-stream", "X-Request-ID": "mine"})
    ended(written)
    assert len(lines(written)) > 8
    assert SECRET not in written.getvalue()


def test_all_lines_about_a_request_have_its_id(client: httpx.Client, engine, written: io.StringIO):
    engine.fault = ValueError("broken")
    client.post("/v1/ask", json={"question": "?"}, headers={"X-Request-ID": "mine"})
    ended(written)
    assert [one["event"].split()[0] for one in lines(written) if one.get("request_id") == "mine"] == [
        "request", "request"
    ]  # fmt: skip


def test_what_other_libraries_do_is_logged_only_where_it_is_wrong(written: io.StringIO):
    logging.getLogger("another").info("working")
    logging.getLogger("another").warning("broken")
    logging.getLogger("uvicorn.error").info("started")
    assert [one["event"] for one in lines(written)] == ["broken", "started"]
