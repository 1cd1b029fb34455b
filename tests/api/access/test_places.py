"""A bound on the questions under way: who comes too late is told at once, and who goes away leaves their place."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from fastapi import FastAPI

from rdhy_qa.errors import BusyError
from rdhy_qa.settings import load_settings
from rdhy_qa_api.access.places import Places
from rdhy_qa_api.app import create_app

QUESTION = {"question": "Who won?"}
STREAM = {"accept": "text/event-stream"}
THREADS = os.cpu_count() or 1


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def taken(app: FastAPI) -> int:
    return app.state.service._places.taken


def test_there_are_as_many_places_as_were_given():
    places = Places(2)
    with places.take():
        with places.take():
            with pytest.raises(BusyError, match="All 2 places"), places.take():
                pass
            assert places.taken == 2
        with places.take():
            pass
    assert places.taken == 0


def test_a_place_is_given_back_by_work_that_fails():
    places = Places(1)
    with pytest.raises(ValueError, match="boom"), places.take():
        raise ValueError("boom")
    assert places.taken == 0


@pytest.fixture
def app(engine) -> FastAPI:
    """A service that has one place more than it has threads."""
    settings = load_settings(rate_limit="1000000/second", max_waiting=THREADS + 1)
    return create_app(settings, engine=engine)


@pytest.fixture
def client(serve, app: FastAPI) -> Iterator[httpx.Client]:
    with serve(app) as client:
        yield client


class Hold:
    """Keeps an engine from answering until it is let go."""

    def __init__(self, engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let_go = threading.Event()
        self.begun = threading.Semaphore(0)
        answer = engine.ask

        def ask(request):
            self.begun.release()
            assert self.let_go.wait(30)
            return answer(request)

        monkeypatch.setattr(engine, "ask", ask)


@pytest.fixture
def hold(engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    """An engine that does not answer yet."""
    held = Hold(engine, monkeypatch)
    yield held
    held.let_go.set()


class Asking(threading.Thread):
    """A client that asks and waits."""

    def __init__(self, client: httpx.Client, **headers: str) -> None:
        super().__init__()
        self.client = client
        self.headers = headers
        self.status: int | None = None
        self.start()

    def run(self) -> None:
        url = self.client.base_url.join("/v1/ask")
        reply = httpx.post(url, json=QUESTION, headers=self.headers, timeout=30, trust_env=False)
        self.status = reply.status_code


def test_who_comes_too_late_is_turned_away_at_once(client: httpx.Client, app: FastAPI, engine, hold: Hold):
    asking = [Asking(client, **headers) for headers in ([{}] * THREADS + [STREAM])]
    wait_until(lambda: taken(app) == THREADS + 1)
    for method, path, body in (
        ("POST", "/v1/ask", QUESTION),
        ("POST", "/v1/search", QUESTION),
        ("GET", "/v1/search?question=Who", None),
    ):
        reply = client.request(method, path, json=body)
        assert reply.status_code == 503
        assert reply.headers["content-type"] == "application/problem+json"
        assert int(reply.headers["retry-after"]) > 0
        assert f"All {THREADS + 1} places" in reply.json()["detail"]
    assert client.post("/v1/ask", json=QUESTION, headers=STREAM).status_code == 503
    assert client.get("/healthz").status_code == 200
    assert engine.asked == []
    hold.let_go.set()
    for thread in asking:
        thread.join()
    assert [thread.status for thread in asking] == [200] * (THREADS + 1)
    wait_until(lambda: taken(app) == 0)
    assert client.post("/v1/ask", json=QUESTION).status_code == 200


def test_being_turned_away_does_not_fill_the_log(client: httpx.Client, app: FastAPI, hold: Hold, caplog):
    asking = [Asking(client) for _ in range(THREADS + 1)]
    wait_until(lambda: taken(app) == THREADS + 1)
    assert client.post("/v1/ask", json=QUESTION).status_code == 503
    hold.let_go.set()
    for thread in asking:
        thread.join()
    assert "places" not in caplog.text


@pytest.mark.parametrize("status", [422, 500])
def test_a_place_is_given_back_after_a_failure(client: httpx.Client, app: FastAPI, engine, status: int):
    engine.fault = ValueError("boom")
    for _ in range(THREADS + 2):
        reply = client.post("/v1/ask", json=QUESTION if status == 500 else {})
        assert reply.status_code == status
    wait_until(lambda: taken(app) == 0)


@contextmanager
def leaving(client: httpx.Client) -> Iterator[None]:
    """Ask, and go away without an answer when the context ends."""
    body = json.dumps(QUESTION)
    head = f"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=30) as connection:
        connection.sendall((head + body).encode())
        yield


def test_who_goes_away_while_waiting_leaves_the_place_to_others(client: httpx.Client, app: FastAPI, engine, hold: Hold):
    asking = [Asking(client) for _ in range(THREADS)]
    for _ in asking:
        assert hold.begun.acquire(timeout=20)
    with leaving(client):
        wait_until(lambda: taken(app) == THREADS + 1)
    # The threads are all taken yet, so that place was in the queue.
    wait_until(lambda: taken(app) == THREADS)
    hold.let_go.set()
    for thread in asking:
        thread.join()
    wait_until(lambda: taken(app) == 0)
    assert len(engine.asked) == THREADS


def test_who_goes_away_while_being_answered_leaves_the_place_with_the_thread(
    client: httpx.Client, app: FastAPI, hold: Hold, caplog: pytest.LogCaptureFixture
):
    with leaving(client):
        assert hold.begun.acquire(timeout=20)
    assert taken(app) == 1
    hold.let_go.set()
    wait_until(lambda: taken(app) == 0)
    assert client.post("/v1/ask", json=QUESTION).status_code == 200
    assert "failed" not in caplog.text


def test_a_stream_has_its_place_until_it_ends(client: httpx.Client, app: FastAPI, engine):
    engine.steps, engine.seconds = 10_000, 0.01
    with client.stream("POST", "/v1/ask", json=QUESTION, headers=STREAM) as reply:
        lines = reply.iter_lines()  # kept: httpx hangs up when nobody holds them any more
        next(lines)
        assert taken(app) == 1
    wait_until(lambda: taken(app) == 0)
    engine.reset()
    assert client.post("/v1/ask", json=QUESTION, headers=STREAM).text.count("event: done") == 1
    wait_until(lambda: taken(app) == 0)
