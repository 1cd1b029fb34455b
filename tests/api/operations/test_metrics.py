"""The figures for Prometheus: what is counted, who may see it, and what never becomes a label."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from rdhy_qa.contracts import Answer
from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.scopes import Scope
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app
from rdhy_qa_api.operations.metrics import FOLDER, Metrics

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """Values by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something comes true: a request is counted when its reply is on its way, so maybe after it came."""
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


@pytest.fixture(scope="module")
def header() -> Callable[[Scope], dict[str, str]]:
    """Makes the header of somebody who has a scope."""

    def make(scope: Scope) -> dict[str, str]:
        database = Database.open(load_settings().database)
        made = keys.create(database, "figures", [scope])
        database.close()
        return {"Authorization": f"Bearer {made.text}"}

    return make


@pytest.fixture
def figures(client: httpx.Client, header) -> Callable[[], Samples]:
    """What the service tells an administrator."""
    admin = header(Scope.ADMIN)

    def read() -> Samples:
        reply = client.get("/metrics", headers=admin)
        assert reply.headers["content-type"].startswith("text/plain")
        return samples(reply.raise_for_status().text)

    return read


def test_only_administrators_see_the_figures(client: httpx.Client, header):
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=header(Scope.READ)).status_code == 403


def test_requests_are_counted_by_route_method_and_status(client: httpx.Client, figures):
    before = figures()
    client.get("/v1/documents/post-1")
    client.get("/v1/documents/another")
    client.post("/v1/ask", json={"question": " "})

    def more(name: str, **labels: str) -> float:
        return value(figures(), name, **labels) - value(before, name, **labels)

    for method, route, status in (
        ("GET", "/v1/documents/{document_id}", "200"),
        ("GET", "/v1/documents/{document_id}", "404"),
        ("POST", "/v1/ask", "422"),
    ):
        assert eventually(lambda: more("rdhy_qa_requests_total", method=method, route=route, status=status) == 1)  # noqa: B023
    assert more("rdhy_qa_request_duration_seconds_count", method="POST", route="/v1/ask") == 1


def test_times_are_told_apart_from_five_milliseconds_to_thirty_seconds():
    metrics = Metrics()
    metrics.request("GET", "/healthz", 200, 0.1)
    found = samples(metrics.text(None).decode())
    bounds = {dict(labels)["le"] for name, labels in found if name == "rdhy_qa_request_duration_seconds_bucket"}
    assert {"0.005", "0.15", "0.3", "30.0"} <= bounds


@pytest.mark.parametrize("stream", [False, True])
def test_answers_are_counted_by_what_became_of_them(client: httpx.Client, figures, stream: bool):
    before = figures()
    headers = {"Accept": "text/event-stream"} if stream else {}
    client.post("/v1/ask", json={"question": "Who won?"}, headers=headers)
    after = figures()
    labels = {
        "surface": "stream" if stream else "http",
        "mode": "extractive",
        "answered": "true",
        "reason": "",
        "fallback": "",
    }
    name = "rdhy_qa_answers_total"
    assert value(after, name, **labels) == value(before, name, **labels) + 1
    bucket = "rdhy_qa_answer_confidence_bucket"
    for bound, more in (("0.4", 0), ("0.5", 1)):  # the fake engine is sure by .5
        labels = {"answered": "true", "le": bound}
        assert value(after, bucket, **labels) == value(before, bucket, **labels) + more


def test_declined_answers_and_those_of_no_language_model_are_told_apart():
    metrics = Metrics()
    answer = Answer(
        question="?", answered=False, short_answer=None, answer="No.", confidence=0.1, reason="out_of_scope",
        fallback="unavailable", generation="1",
    )  # fmt: skip
    metrics.answered(answer, "chat")
    labels = {"surface": "chat", "mode": "extractive", "answered": "false"}
    labels |= {"reason": "out_of_scope", "fallback": "unavailable"}
    assert value(samples(metrics.text(None).decode()), "rdhy_qa_answers_total", **labels) == 1


def test_questions_under_way_are_those_that_have_a_place(client: httpx.Client, engine, figures):
    engine.steps, engine.seconds = 10_000, 0.01
    assert eventually(lambda: value(figures(), "rdhy_qa_questions_under_way") == 0)
    headers = {"Accept": "text/event-stream"}
    with client.stream("POST", "/v1/ask", json={"question": "Who won?"}, headers=headers) as reply:
        lines = reply.iter_lines()  # kept: httpx hangs up when nobody holds them any more
        next(lines)
        assert value(figures(), "rdhy_qa_questions_under_way") == 1


def test_the_generation_in_use_is_named_and_dated(client: httpx.Client, figures):
    found = figures()
    assert value(found, "rdhy_qa_generation_info", generation="000000000001", embedder="toy") == 1
    assert value(found, "rdhy_qa_generation_created_timestamp_seconds") == 1_767_225_600  # 1 January 2026


def test_entries_that_the_journal_lost_are_counted():
    metrics = Metrics()
    metrics.lost(3)
    assert value(samples(metrics.text(None).decode()), "rdhy_qa_journal_lost_total") == 3


def test_the_process_is_measured(figures):
    found = figures()
    assert 10**7 < value(found, "process_resident_memory_bytes") < 10**11
    assert value(found, "process_cpu_seconds_total") > 0
    assert value(found, "process_open_fds") > 2


@given(path=st.text(min_size=1, max_size=30), method=st.sampled_from(["GET", "BREW", "QUERY", "get"]))
def test_what_callers_make_up_is_no_label(path: str, method: str):
    text = requested(method, "/" + path).decode()
    assert {dict(labels)["route"] for name, labels in samples(text) if name == "rdhy_qa_requests_total"} <= ROUTES
    assert {dict(labels)["method"] for name, labels in samples(text) if name == "rdhy_qa_requests_total"} <= {
        "GET",
        "other",
    }


APP = create_app(load_settings(index=Path("nowhere")))
ROUTES = {*APP.openapi()["paths"], "/openapi.json", "/mcp", "/static", "/widget", "/", "unrouted"}


def requested(method: str, path: str) -> bytes:
    """Ask the application without a server, since clients refuse to send some of this; all that was counted so far."""
    import anyio

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: object) -> None:
        pass

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": b"", "headers": [], "root_path": "", "scheme": "http", "http_version": "1.1",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    anyio.run(APP, scope, receive, send)
    return APP.state.metrics.text(None)


WORKER = """
import sys, time
from rdhy_qa_api.operations.metrics import Metrics
metrics = Metrics()
metrics.request("GET", "/healthz", 200, 0.02)
metrics.under_way(2)
metrics.lost(5)
print("counted", flush=True)
sys.stdin.read()
"""
READER = "from rdhy_qa_api.operations.metrics import Metrics; print(Metrics().text(None).decode())"


def test_figures_of_several_processes_are_added_and_of_the_dead_only_what_happened(tmp_path: Path):
    environment = os.environ | {FOLDER: str(tmp_path)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(2)
    ]

    def read() -> Samples:
        done = subprocess.run([sys.executable, "-c", READER], capture_output=True, text=True, env=environment)
        return samples(done.stdout)

    counted = {"method": "GET", "route": "/healthz", "status": "200"}
    try:
        for worker in workers:
            assert worker.stdout.readline() == "counted\n"
        both = read()
        workers[0].kill()
        workers[0].wait()
        one = read()
    finally:
        for worker in workers:
            worker.communicate("")
    assert value(both, "rdhy_qa_requests_total", **counted) == value(one, "rdhy_qa_requests_total", **counted) == 2
    assert value(both, "rdhy_qa_journal_lost_total") == value(one, "rdhy_qa_journal_lost_total") == 10
    assert value(both, "rdhy_qa_questions_under_way") == 4
    assert value(one, "rdhy_qa_questions_under_way") == 2
    assert 0 < value(one, "process_resident_memory_bytes") < value(both, "process_resident_memory_bytes")


def test_applications_in_one_process_have_figures_of_their_own():
    first, second = Metrics(), Metrics()
    first.lost(1)
    assert value(samples(second.text(None).decode()), "rdhy_qa_journal_lost_total") == 0
