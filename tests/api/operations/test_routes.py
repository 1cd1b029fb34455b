"""Routes for those who run the service; the figures have tests of their own."""

import json
from itertools import pairwise

import httpx
import pytest

from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app
from rdhy_qa_api.operations import routes as operations


def ticks(text: str) -> list[dict[str, int]]:
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def test_the_test_stream_says_of_each_event_when_it_was_sent(client: httpx.Client):
    reply = client.get("/v1/stream-test")
    found = ticks(reply.text)
    assert [tick["n"] for tick in found] == [1, 2, 3, 4]
    assert {tick["of"] for tick in found} == {4}
    sent = [tick["milliseconds"] for tick in found]
    assert all(later - earlier >= 299 for earlier, later in pairwise(sent))


def test_proxies_are_told_to_pass_the_test_stream_on(client: httpx.Client):
    headers = client.get("/v1/stream-test").headers
    assert headers["content-type"].startswith("text/event-stream")
    assert "no-transform" in headers["cache-control"]
    assert headers["x-accel-buffering"] == "no"


def test_test_streams_count_towards_the_limit(serve, engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(operations, "_PAUSE_SECONDS", 0)
    with serve(create_app(load_settings(rate_limit="1/hour"), engine=engine)) as client:
        assert client.get("/v1/stream-test").status_code == 200
        assert client.get("/v1/stream-test").status_code == 429
