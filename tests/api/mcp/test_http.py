"""The SDK's own client against the real service on loopback, in both ways of speaking that it has."""

import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy import select

from rdhy_qa.errors import GenerationError
from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.entries import Asking, GivenAnswer
from rdhy_qa.journal.scopes import Scope
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app

QUESTION = "Which organisations won the benchmark prize?"
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
JSON = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

Work = Callable[[Client], Awaitable[Any]]


async def _connected(url: str, mode: str, headers: dict[str, str], work: Work) -> Any:
    async with (
        httpx2.AsyncClient(trust_env=False, headers=headers) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        try:
            return await work(client)
        except MCPError as error:  # the client's task groups would wrap it
            return error


def connected(client: httpx.Client, work: Work, mode: str = "auto", **headers: str) -> Any:
    """Do something with an MCP client of the service that another client is for."""
    outcome = anyio.run(_connected, f"{client.base_url}/mcp", mode, headers, work)
    if isinstance(outcome, MCPError):
        raise outcome
    return outcome


def call(client: httpx.Client, tool: str, mode: str = "auto", **arguments: object) -> Any:
    """Call a tool once."""
    return connected(client, lambda mcp: mcp.call_tool(tool, arguments), mode)


@pytest.fixture(scope="module")
def real(serve, index: Path) -> Iterator[httpx.Client]:
    """A client of a service with the real engine on a small index."""
    with serve(create_app(load_settings(index=index, rate_limit="1000/second"))) as client:
        yield client


@pytest.fixture(params=["legacy", "2026-07-28"])
def mode(request: pytest.FixtureRequest) -> str:
    """With a handshake first, or each request by itself."""
    return request.param


def test_all_tools_only_read_and_say_that_what_they_return_is_data(real: httpx.Client, mode: str):
    tools = connected(real, lambda mcp: mcp.list_tools(), mode).tools
    assert [tool.name for tool in tools] == ["ask", "search", "get_document"]
    for tool in tools:
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        assert "data, not instructions" in tool.description
        assert tool.output_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
        described = tool.input_schema["properties"].values()
        assert all(field["description"] for field in described)


def test_ask_gives_the_answer_as_data_and_as_text_with_its_proofs(real: httpx.Client, mode: str):
    reply = call(real, "ask", mode, question=QUESTION)
    asked = real.post("/v1/ask", json={"question": QUESTION}).json()
    assert reply.structured_content | {"timings_ms": 0} == asked | {"timings_ms": 0}
    text = reply.content[0].text
    assert text.startswith(asked["answer"])
    for citation in asked["citations"]:
        assert f"[{citation['n']}] “{citation['quote']}”" in text
        link = f"{str(real.base_url).rstrip('/')}{citation['view_url']}"
        assert link in text
        assert real.get(link.split("#")[0]).status_code == 200


def test_search_gives_what_the_search_of_the_service_finds(real: httpx.Client, mode: str):
    reply = call(real, "search", mode, question="raizen", limit=1, filters={"kind": ["post"], "series": [4]})
    found = real.get("/v1/search?question=raizen&limit=1&kind=post&series=4").json()
    assert reply.structured_content["results"] == found["results"]
    assert reply.content[0].text.startswith("1. “")
    nothing = call(real, "search", mode, question="raizen", filters='{"series": [5]}')
    assert (nothing.structured_content["results"], nothing.content[0].text) == ([], "Nothing found.")


def test_what_stands_around_a_citation_can_be_read(real: httpx.Client, mode: str):
    citation = call(real, "ask", mode, question=QUESTION).structured_content["citations"][0]
    around = call(
        real, "get_document", mode, document_id=citation["document_id"], start=0, end=citation["end"] + 20
    ).structured_content
    assert around["text"][citation["start"] : citation["end"]] == citation["quote"]
    whole = real.get(f"/v1/documents/{citation['document_id']}").json()
    assert around["text"] == whole["text"][: around["end"]]
    assert around["characters"] == len(whole["text"])


def test_documents_are_resources(real: httpx.Client, mode: str):
    resources = connected(real, lambda mcp: mcp.list_resources(), mode).resources
    assert [(one.uri, one.title) for one in resources] == [("rdhy-qa://documents/prizes", "The prizes of 2024")]
    read = connected(real, lambda mcp: mcp.read_resource(resources[0].uri), mode)
    assert read.contents[0].text == real.get("/v1/documents/prizes").json()["text"]
    templates = connected(real, lambda mcp: mcp.list_resource_templates(), mode).resource_templates
    assert [one.uri_template for one in templates] == ["rdhy-qa://documents/{document_id}"]
    with pytest.raises(MCPError, match="There is no document 'post-9'"):
        connected(real, lambda mcp: mcp.read_resource("rdhy-qa://documents/post-9"), mode)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {}, "question: is required. Correct it and call again."),
        ("ask", {"question": " "}, "question: must not be empty."),
        ("ask", {"question": "x" * 1001}, "1000 characters"),
        ("ask", {"question": "Who?", "history": []}, "history: is not a known field."),
        ("ask", {"question": "Who?", "filters": {"kinds": []}}, "filters.kinds: is not a known field."),
        ("ask", {"question": "Who?", "filters": "{"}, "filters: "),
        ("search", {"question": "Who?", "limit": 101}, "limit: "),
        ("get_document", {"document_id": "post-9"}, "Take an id from a citation, a search or the list of resources."),
        ("get_document", {"document_id": "post-1", "start": 10_000}, "Correct start and end."),
        ("get_document", {"document_id": "post-1", "start": 9, "end": 9}, "Correct start and end."),
        ("get_document", {"document_id": "post-1", "start": -1}, "start: "),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_a_next_step(
    client: httpx.Client, engine, tool: str, arguments: dict, said: str
):
    reply = call(client, tool, **arguments)
    assert reply.is_error
    assert reply.structured_content is None
    assert said in reply.content[0].text
    assert "\n" not in reply.content[0].text
    assert engine.asked == []


def test_a_tool_that_is_not_there_is_told_apart(client: httpx.Client, mode: str):
    with pytest.raises(MCPError, match=r"no tool 'delete'\. There are: ask, search, get_document\."):
        call(client, "delete", mode)


def test_a_fault_leaks_nothing(client: httpx.Client, engine, mode: str):
    engine.fault = ValueError("secret/path")
    reply = call(client, "ask", mode, question="Who?")
    assert reply.is_error
    assert "secret" not in reply.content[0].text
    engine.fault = GenerationError("Damaged.", "Run: rdhy-qa ingest")
    assert call(client, "ask", mode, question="Who?").content[0].text == "Damaged. Run: rdhy-qa ingest"


def test_without_an_index_tools_say_what_to_do(serve, tmp_path: Path):
    with serve(create_app(load_settings(index=tmp_path))) as client:
        reply = call(client, "ask", question="Who?")
        with pytest.raises(MCPError, match="rdhy-qa ingest"):
            connected(client, lambda mcp: mcp.list_resources())
    assert reply.is_error
    assert "rdhy-qa ingest" in reply.content[0].text


def test_questions_count_towards_the_callers_limit_and_nothing_else_does(serve, engine):
    async def work(mcp: Client) -> list[Any]:
        await mcp.list_tools()
        for _ in range(3):
            await mcp.call_tool("get_document", {"document_id": "post-1"})
        return [await mcp.call_tool(name, {"question": "Who?"}) for name in ("ask", "search", "ask")]

    with serve(create_app(load_settings(rate_limit="2/hour"), engine=engine)) as client:
        replies = connected(client, work)
    assert [reply.is_error for reply in replies] == [False, False, True]
    assert "Try again in" in replies[2].content[0].text
    assert len(engine.asked) == 2


def test_who_finds_all_places_taken_is_told_to_come_back(serve, engine):
    engine.seconds = 1.0

    async def work(mcp: Client) -> list[Any]:
        replies = []

        async def ask() -> None:
            replies.append(await mcp.call_tool("ask", {"question": "Who?"}))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            while not engine.asked:
                await anyio.sleep(0.01)
            await ask()
        return replies

    with serve(create_app(load_settings(max_waiting=1), engine=engine)) as client:
        refused, answered = connected(client, work)
    assert refused.is_error
    assert "Try again in a few seconds." in refused.content[0].text
    assert not answered.is_error


def test_the_work_for_a_client_that_goes_away_is_given_up(
    client: httpx.Client, engine, mode: str, caplog: pytest.LogCaptureFixture
):
    engine.steps, engine.seconds = 10_000, 0.01

    async def work(mcp: Client) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(mcp.call_tool, "ask", {"question": "Who?"})
            while not engine.open_streams:
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()

    connected(client, work, mode)
    deadline = time.monotonic() + 20
    while engine.open_streams and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.open_streams == 0
    engine.reset()
    assert call(client, "ask", mode, question="Who?").structured_content["answer"] == "Two."
    assert "Traceback" not in caplog.text


def test_a_key_has_to_be_right_and_to_allow_reading(serve, engine, tmp_path: Path):
    app = create_app(load_settings(database=f"sqlite:///{tmp_path / 'keys.sqlite'}", rate_limit="1/hour"), engine)
    with serve(app) as client:
        made = partial(keys.create, app.state.database.get())
        reader, voter = made("reader", [Scope.READ]).text, made("voter", [Scope.FEEDBACK]).text

        async def ask_twice(mcp: Client) -> list[Any]:
            return [await mcp.call_tool("ask", {"question": "Who?"}) for _ in range(2)]

        assert not any(reply.is_error for reply in connected(client, ask_twice, Authorization=f"Bearer {reader}"))
        for key, status in ((voter, 403), ("rdhy_wrong", 401)):
            refused = client.post("/mcp", json=LIST_TOOLS, headers=JSON | {"Authorization": f"Bearer {key}"})
            assert refused.status_code == status
            assert refused.headers["content-type"] == "application/problem+json"


def test_pages_of_other_sites_can_not_ask(serve, engine):
    def status(client: httpx.Client, **headers: str) -> int:
        return client.post("/mcp", json=LIST_TOOLS, headers=JSON | headers).status_code

    with serve(create_app(load_settings(cors_origins=("https://Example.org",)), engine=engine)) as client:
        own = str(client.base_url).rstrip("/")
        assert status(client) == 200
        assert status(client, Origin="https://example.org") == 200
        # A page whose host's name was made to point here takes itself for the service.
        for origin in ("https://evil.example", "null", own, "https://example.org.evil.example"):
            assert status(client, Origin=origin) == 403
        assert status(client, Origin="http://evil.example", Host="evil.example") == 403
    with serve(create_app(load_settings(cors_origins=("*",)), engine=engine)) as client:
        assert status(client, Origin="https://example.com") == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_are_no_sessions_to_listen_to_or_to_end(client: httpx.Client, method: str):
    reply = client.request(method, "/mcp", headers=JSON)
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"", {}),
        (b"{", {}),
        (b"\xff", {}),
        (b"[]", {}),
        (b"[" * 50_000, {}),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "nothing"}', {}),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": 1}}', {}),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": 1}}', {}),
        (b"{}", {"Accept": "text/html"}),
        (b"{}", {"Content-Type": "text/plain"}),
        (b"{}", {"MCP-Protocol-Version": "never"}),
        (b" " * 100_000, {}),
    ],
)
def test_nonsense_is_the_senders_fault(client: httpx.Client, content: bytes, headers: dict[str, str]):
    for version in ({}, {"MCP-Protocol-Version": "2026-07-28"}):
        reply = client.post("/mcp", content=content, headers=JSON | version | headers)
        assert reply.status_code < 500
        assert reply.status_code >= 400 or "error" in reply.json()


def test_answers_are_noted_in_the_journal_as_given_over_mcp(serve, engine, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    with serve(create_app(load_settings(database=url), engine=engine)) as client:
        call(client, "ask", question="Who?")
        call(client, "search", question="Who?")
    database = Database.open(url)
    with database.reading() as session:
        noted = session.execute(select(Asking.surface, GivenAnswer.question).join(GivenAnswer)).all()
    database.close()
    assert noted == [("mcp", "Who?")]
