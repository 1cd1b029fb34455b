"""The service on an index in Milvus, which is killed and comes back."""

import time
from pathlib import Path

import httpx
import pytest

from rdhy_qa.index import places
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app

ASK = {"question": "Who lit the lantern?"}


def until(client: httpx.Client, path: str, status: int) -> httpx.Response:
    deadline = time.monotonic() + 30
    while (reply := client.get(path)).status_code != status and time.monotonic() < deadline:
        time.sleep(0.05)
    return reply


@pytest.fixture
def settings(lite, tmp_path: Path):
    text = "---\nid: norby\ntitle: Norby\nkind: post\n---\n\nThe keeper Bruno Salt lit the lantern on 4 May 2021.\n"
    (tmp_path / "norby.md").write_text(text, encoding="utf-8")
    settings = load_settings(index=lite.index("service"))
    places.ingest([tmp_path], settings=settings)
    return settings


def test_killed_server_is_told_with_503_and_service_recovers_by_itself(serve, lite, settings) -> None:
    with serve(create_app(settings)) as client:
        before = client.post("/v1/ask", json=ASK)
        assert before.status_code == 200
        assert until(client, "/readyz", 200).status_code == 200
        lite.kill()
        try:
            reply = client.post("/v1/ask", json=ASK, timeout=30)
            ready = until(client, "/readyz", 503)
        finally:
            lite.start()
        assert (reply.status_code, ready.status_code) == (503, 503)
        assert "Start Milvus" in reply.json()["detail"]
        assert ready.json()["detail"] == "Milvus, which holds the index, does not answer. Start Milvus."
        assert reply.headers["Retry-After"]
        assert until(client, "/readyz", 200).status_code == 200
        after = client.post("/v1/ask", json=ASK, timeout=30)
        assert after.status_code == 200
        assert after.json()["answer_id"] == before.json()["answer_id"]


def test_restart_between_two_questions_is_not_noticed(serve, lite, settings) -> None:
    with serve(create_app(settings)) as client:
        assert client.post("/v1/ask", json=ASK).status_code == 200
        lite.kill()
        lite.start()
        assert client.post("/v1/ask", json=ASK, timeout=30).status_code == 200


def test_server_that_hangs_is_given_up_on_in_time(serve, lite, settings) -> None:
    with serve(create_app(settings)) as client:
        assert client.post("/v1/ask", json=ASK).status_code == 200
        lite.hang()
        try:
            reply = client.post("/v1/ask", json=ASK, timeout=30)
        finally:
            lite.go_on()
        assert reply.status_code == 503
        assert reply.elapsed.total_seconds() < 15
        assert until(client, "/readyz", 200).status_code == 200
        assert client.post("/v1/ask", json=ASK, timeout=30).status_code == 200
