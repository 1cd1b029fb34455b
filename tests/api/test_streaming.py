"""An answer as server-sent events: the same answer, told step by step, and stopped when nobody listens."""

import json
import time

import httpx
import pytest

from rdhy_qa.errors import GenerationError
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app

STREAM = {"Accept": "text/event-stream"}


def events_of(text: str) -> list[tuple[str, dict]]:
    """Names and data of the events of a stream; heartbeats left out."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def ask(client: httpx.Client, question: str = "Who won?", **headers: str) -> httpx.Response:
    return client.post("/v1/ask", json={"question": question}, headers=STREAM | headers)


@pytest.fixture(scope="module")
def real(serve, index):
    """A client of a service with the real engine on a small index."""
    with serve(create_app(load_settings(index=index))) as client:
        for _ in range(300):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.1)
        yield client


@pytest.mark.parametrize(
    "question", ["Who won the benchmark prize in 2024?", "Where were the prizes handed over?", "What is the weather?"]
)
def test_the_last_event_is_the_answer_that_json_gives(real, question: str):
    answer = real.post("/v1/ask", json={"question": question}).json()
    name, data = events_of(ask(real, question).text)[-1]
    assert name == "done"
    streamed = data["answer"]
    assert streamed | {"timings_ms": 0} == answer | {"timings_ms": 0}


def test_the_sentences_are_the_answer_and_no_number_comes_before_its_citation(real):
    events = events_of(ask(real, "Who won the benchmark prize in 2024?").text)
    answer = events[-1][1]["answer"]
    assert "".join(data["text"] for name, data in events if name == "sentence") == answer["answer"]
    shown: list[int] = []
    for name, data in events:
        if name == "citation":
            shown.append(data["citation"]["n"])
        elif name == "sentence":
            assert set(data["citations"]) <= set(shown)
    assert shown == [citation["n"] for citation in answer["citations"]]
    assert shown


def test_a_stream_says_what_is_being_done_and_where_it_looks(real):
    events = events_of(ask(real).text)
    assert [data["stage"] for name, data in events if name == "status"] == ["retrieving", "reading"]
    passages = next(data["passages"] for name, data in events if name == "passages")
    assert passages[0]["document_id"] == "prizes"


def test_proxies_are_told_neither_to_hold_back_nor_to_change_the_stream(client):
    headers = ask(client).headers
    assert headers["content-type"].startswith("text/event-stream")
    assert "no-transform" in headers["cache-control"]
    assert headers["x-accel-buffering"] == "no"


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("text/event-stream", True),
        ("application/json, text/event-stream;q=0.5", True),
        ("TEXT/EVENT-STREAM", True),
        ("*/*", False),
        ("application/json", False),
        ("text/event-stream-not", False),
    ],
)
def test_a_stream_comes_only_to_those_who_accept_one(client, accept: str, streams: bool):
    kind = ask(client, Accept=accept).headers["content-type"]
    assert kind.startswith("text/event-stream") is streams


def test_what_is_wrong_from_the_start_has_its_own_status(client, serve):
    assert ask(client, "").status_code == 422

    class NoEngine:
        def __getattr__(self, name: str):
            raise GenerationError("The index is damaged.", "Build it again: rdhy-qa ingest")

    with serve(create_app(engine=NoEngine())) as other:
        reply = ask(other)
        assert reply.status_code == 503
        assert reply.headers["content-type"].startswith("application/problem+json")


def test_what_fails_on_the_way_ends_in_an_event_with_the_problem(client, engine):
    engine.fault = GenerationError("The index is damaged.", "Build it again: rdhy-qa ingest")
    name, problem = events_of(ask(client).text)[-1]
    assert (name, problem["status"], problem["instance"]) == ("error", 503, "/v1/ask")
    assert problem["detail"].endswith("rdhy-qa ingest")
    assert problem["request_id"]


def test_a_fault_on_the_way_leaks_nothing(client, engine):
    engine.fault = ValueError("secret/path")
    text = ask(client).text
    assert events_of(text)[-1][1]["status"] == 500
    assert "secret" not in text


def test_work_stops_when_the_client_goes_away(client, engine):
    engine.steps, engine.seconds = 10_000, 0.01
    with client.stream("POST", "/v1/ask", json={"question": "Who won?"}, headers=STREAM) as reply:
        lines = reply.iter_lines()  # thrown away, it would end the stream
        next(lines)
        assert engine.open_streams == 1
    for _ in range(500):
        if not engine.open_streams:
            break
        time.sleep(0.01)
    assert engine.open_streams == 0
