"""The real engine behind a real server, and the life of the service around its index."""

import logging
import shutil
import time
from pathlib import Path

import httpx
import pytest

from rdhy_qa.errors import StaleIndexError
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app


def wait_for(client: httpx.Client, path: str, status: int, seconds: float = 20) -> httpx.Response:
    deadline = time.monotonic() + seconds
    while (reply := client.get(path)).status_code != status and time.monotonic() < deadline:
        time.sleep(0.05)
    return reply


def test_cited_answer_reslices_and_its_link_lands_on_the_page(serve, index: Path):
    with serve(create_app(load_settings(index=index))) as client:
        answer = client.post("/v1/ask", json={"question": "Which organisations won the benchmark prize?"}).json()
        assert answer["answered"] is True
        assert answer["complete"] == {"found": 2, "expected": 2}
        assert {citation["n"] for citation in answer["citations"]} == {
            n for item in answer["items"] for n in item["citations"]
        }
        for citation in answer["citations"]:
            document = client.get(f"/v1/documents/{citation['document_id']}").json()
            assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
            path, fragment = citation["view_url"].split("#")
            assert f'id="{fragment}"' in client.get(path).text


def test_an_abstention_is_a_good_reply(serve, index: Path):
    with serve(create_app(load_settings(index=index))) as client:
        reply = client.post("/v1/ask", json={"question": "Who is the president of Zimbabwe?"})
    assert reply.status_code == 200
    assert reply.json()["answered"] is False
    assert reply.json()["reason"]


def test_search_by_address_and_by_body_find_the_same(serve, index: Path):
    with serve(create_app(load_settings(index=index))) as client:
        by_address = client.get("/v1/search", params={"question": "raizen", "limit": 1, "kind": "post", "series": 4})
        by_body = client.post(
            "/v1/search", json={"question": "raizen", "limit": 1, "filters": {"kind": ["post"], "series": [4]}}
        )
        assert by_address.json()["results"] == by_body.json()["results"]
        assert len(by_address.json()["results"]) == 1
        assert client.get("/v1/search", params={"question": "raizen", "series": 5}).json()["results"] == []
        generation = client.get("/v1/generation").json()
    assert generation["counts"]["documents"] == 1
    assert generation["id"] == by_body.json()["generation"]


def test_starts_without_an_index_and_takes_it_up_when_it_appears(serve, index: Path, tmp_path: Path):
    empty = tmp_path / "index"
    with serve(create_app(load_settings(index=empty))) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        for reply in (client.get("/readyz"), client.post("/v1/ask", json={"question": "Who won?"})):
            assert reply.status_code == 503
            assert reply.headers["content-type"] == "application/problem+json"
            assert "rdhy-qa ingest" in reply.json()["detail"]
        shutil.copytree(index, empty)
        assert wait_for(client, "/readyz", 200).status_code == 200
        assert client.post("/v1/ask", json={"question": "Who won the benchmark prize?"}).status_code == 200


def test_takes_up_another_generation_with_no_restart(client: httpx.Client, engine):
    assert client.get("/readyz").json()["generation"] == "000000000001"
    engine.next_generation = "000000000002"
    deadline = time.monotonic() + 5
    while client.get("/readyz").json()["generation"] != "000000000002" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert client.get("/v1/generation").json()["id"] == "000000000002"


@pytest.mark.parametrize("fault", [StaleIndexError("Other model.", "Run: rdhy-qa ingest"), OSError("Other model.")])
def test_keeps_serving_when_a_new_generation_cannot_be_used(
    serve, engine, fault: Exception, caplog: pytest.LogCaptureFixture
):
    engine.reload_fault = fault
    with caplog.at_level(logging.WARNING, "rdhy_qa_api"), serve(create_app(engine=engine)) as client:
        deadline = time.monotonic() + 5
        while "Other model." not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client.get("/readyz").status_code == 200
    assert "Other model." in caplog.text


@pytest.mark.parametrize(
    ("pointer", "told", "logged"),
    [
        (None, "There is no index yet. Run: rdhy-qa ingest", "There is no index in"),
        ("nonsense", "The index can't be used. The log of the service says why.", "does not name a generation"),
    ],
)
def test_readers_are_told_that_there_is_no_index_and_the_log_where(
    serve, tmp_path: Path, caplog: pytest.LogCaptureFixture, pointer: str | None, told: str, logged: str
):
    if pointer:
        (tmp_path / "active").write_text(pointer)
    with caplog.at_level(logging.WARNING, "rdhy_qa_api"), serve(create_app(load_settings(index=tmp_path))) as client:
        replies = [
            client.get("/readyz"),
            client.get("/v1/generation"),
            client.post("/v1/ask", json={"question": "Who won?"}),
            client.post("/v1/ask", json={"question": "Who won?"}, headers={"Accept": "text/event-stream"}),
        ]
        assert str(tmp_path) not in client.get("/").text
    for reply in replies:
        assert (reply.status_code, reply.json()["detail"]) == (503, told)
    assert logged in caplog.text
    assert str(tmp_path) in caplog.text


def test_a_slow_answer_holds_up_nothing_else(client: httpx.Client, engine):
    engine.seconds = 1.5
    with httpx.Client(base_url=client.base_url, trust_env=False) as other:
        import threading

        asking = threading.Thread(target=other.post, args=("/v1/ask",), kwargs={"json": {"question": "Slow?"}})
        asking.start()
        while not engine.asked:
            time.sleep(0.01)
        started = time.monotonic()
        assert client.get("/healthz").status_code == 200
        took = time.monotonic() - started
        asking.join()
    assert took < 0.5


def test_nothing_is_loaded_before_the_start(tmp_path: Path):
    app = create_app(load_settings(index=tmp_path / "none"))
    assert app.openapi()["info"]["title"] == "rdhy-qa"
