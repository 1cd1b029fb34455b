"""Good replies, and the description of them."""

import httpx
import pytest

from rdhy_qa.contracts import Answer, AskRequest, SearchReply, SearchRequest
from rdhy_qa_api import examples
from rdhy_qa_api.app import create_app
from rdhy_qa_api.chat import errors as chat_errors
from rdhy_qa_api.chat.schemas import ChatCompletion, ChatRequest, Model


def test_ask_hands_everything_to_the_engine(client: httpx.Client, engine):
    body = {
        "question": "Who won?",
        "history": [{"role": "user", "content": "Hello"}],
        "filters": {"kind": ["post"], "document_id": ["post-1"], "series": [1, 2]},
    }
    reply = client.post("/v1/ask", json=body)
    assert reply.json()["short_answer"] == "Two"
    assert engine.asked == [AskRequest.model_validate(body)]


def test_search_takes_repeated_filters_in_the_address(client: httpx.Client, engine):
    client.get(
        "/v1/search?question=Who&kind=post&kind=case-study&document_id=a&document_id=b&series=1&series=2&limit=3"
    )
    filters = {"kind": ["post", "case-study"], "document_id": ["a", "b"], "series": [1, 2]}
    assert engine.asked == [SearchRequest.model_validate({"question": "Who", "limit": 3, "filters": filters})]


def test_documents_are_listed_and_served_with_their_text(client: httpx.Client, engine):
    listed = client.get("/v1/documents").json()
    assert [document["id"] for document in listed["documents"]] == ["post-1"]
    assert "text" not in listed["documents"][0]
    assert client.get("/v1/documents/post-1").json()["text"] == engine.held.text


def test_the_generation_shows_no_file_names(client: httpx.Client):
    reply = client.get("/v1/generation")
    assert reply.json()["model"]["name"] == "toy"
    assert "secret" not in reply.text


def test_every_reply_has_the_security_headers(client: httpx.Client):
    for path in ("/healthz", "/nothing", "/documents/post-1", "/static/document.js", "/openapi.json"):
        headers = client.get(path, headers={"origin": "https://example.org"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


@pytest.fixture(scope="module")
def openapi() -> dict:
    return create_app(engine=object()).openapi()


def test_openapi_describes_each_route_with_examples(openapi: dict):
    operations = [operation for methods in openapi["paths"].values() for operation in methods.values()]
    assert len(operations) > 10
    for operation in operations:
        assert operation["tags"]
        assert operation["summary"]
        assert operation["description"]
        good = {status: reply for status, reply in operation["responses"].items() if status.startswith("2")}
        assert good
        for reply in good.values():
            assert all(content["example"] for content in reply.get("content", {}).values())
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"]


def test_openapi_describes_errors_as_problems(openapi: dict):
    assert "503" in openapi["paths"]["/v1/ask"]["post"]["responses"]
    for path, methods in openapi["paths"].items():
        if chat_errors.expected({"path": path}):
            continue
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status[0] not in "23":
                    content = response["content"]["application/problem+json"]
                    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                    assert str(content["example"]["status"]) == status.replace("default", "500")
    assert "Problem" in openapi["components"]["schemas"]
    assert "HTTPValidationError" not in openapi["components"]["schemas"]


def test_openapi_describes_errors_for_chat_clients_in_their_shape(openapi: dict):
    for path in ("/v1/chat/completions", "/v1/models", "/v1/models/{model}"):
        for operation in openapi["paths"][path].values():
            for status, response in operation["responses"].items():
                if status[0] not in "23":
                    content = response["content"]["application/json"]
                    assert content["schema"] == {"$ref": "#/components/schemas/ErrorReply"}
                    assert chat_errors.ErrorReply.model_validate(content["example"]).error.message.count(".") >= 1


def test_the_examples_are_valid():
    Answer.model_validate(examples.ANSWER)
    SearchReply.model_validate(examples.SEARCH_REPLY)
    ChatCompletion.model_validate(examples.CHAT_COMPLETION)
    Model.model_validate(examples.MODEL)
    for example in examples.CHAT_REQUESTS.values():
        ChatRequest.model_validate(example["value"]).question()
    for example in examples.ASK_REQUESTS.values():
        AskRequest.model_validate(example["value"])
    for example in examples.SEARCH_REQUESTS.values():
        SearchRequest.model_validate(example["value"])
