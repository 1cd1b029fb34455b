"""Errors that clients of OpenAI's API understand, wherever in the service they come from."""

import json

import httpx
import pytest

from rdhy_qa.errors import ModelError
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app

CHAT = "/v1/chat/completions"
WHO = {"role": "user", "content": "Who?"}
PICTURE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}


def error_of(reply: httpx.Response) -> dict:
    """The error in a reply, which has the shape of OpenAI's and no other."""
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body["error"]


@pytest.mark.parametrize(
    ("body", "param", "said"),
    [
        ({}, "messages", "messages: is required."),
        ({"messages": []}, "messages", "no message with the role 'user'"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages", "must not be empty"),
        ({"messages": [{"role": "user", "content": "x" * 1001}]}, "messages", "1000 characters"),
        ({"messages": [{"role": "user"}]}, "messages.0.content", "messages.0.content: is required."),
        ({"messages": [WHO, PICTURE]}, "messages.1.content", "only text can be read"),
        ({"messages": [PICTURE, WHO]}, "messages.0.content", "only text can be read"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages.0.content", "messages.0.content"),
        ({"messages": [{"role": "assistant", "content": "\ud800"}, WHO]}, "messages.0.content", "messages.0.content"),
        ({"messages": [{"role": "assistant", "content": 1}, WHO]}, "messages.0.content", "valid string"),
        ({"messages": [{"role": "assistant", "content": ["a"]}, WHO]}, "messages.0.content", "an object"),
        ({"messages": [{"role": "robot", "content": "Who?"}]}, "messages.0", "robot"),
        ({"messages": [WHO], "n": 2}, "n", "n: Input should be 1"),
        ({"messages": [WHO], "response_format": {"type": "json_object"}}, "response_format.type", "'text'"),
        ({"messages": [WHO], "stream": "perhaps"}, "stream", "boolean"),
    ],
)
def test_what_would_make_the_reply_wrong_is_refused(client: httpx.Client, engine, body: dict, param: str, said: str):
    for stream in ({}, {"stream": True}):
        reply = client.post(CHAT, content=json.dumps(stream | body), headers={"Content-Type": "application/json"})
        assert reply.status_code == 400
        error = error_of(reply)
        assert (error["type"], error["param"]) == ("invalid_request_error", param)
        assert said in error["message"]
        assert error["message"].endswith(".")
    assert engine.asked == []


@pytest.mark.parametrize("path", ["/v1/models/gpt", CHAT])
def test_another_model_is_not_found(client: httpx.Client, path: str):
    body = {"model": "gpt", "messages": [WHO]}
    reply = client.post(path, json=body) if path == CHAT else client.get(path)
    assert reply.status_code == 404
    error = error_of(reply)
    assert (error["param"], error["code"]) == ("model", "model_not_found")
    assert "Name rdhy-qa" in error["message"]


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (lambda client: client.post(CHAT, content=b"{", headers={"Content-Type": "application/json"}), 400),
        (lambda client: client.post(CHAT, content=b"\xff", headers={"Content-Type": "application/json"}), 400),
        (lambda client: client.get("/v1/models/a/b"), 404),
        (lambda client: client.get(CHAT), 405),
        (lambda client: client.post(CHAT, content=b" " * (1024 * 1024 + 1)), 413),
        (lambda client: client.post(CHAT, content=b"{}"), 415),
    ],
)
def test_what_the_frameworks_refuse_has_the_same_shape(client: httpx.Client, reply, status: int):
    refused = reply(client)
    assert refused.status_code == status
    assert error_of(refused)["type"] == "invalid_request_error"
    assert refused.headers["x-request-id"]


def test_a_fault_leaks_nothing(client: httpx.Client, engine):
    engine.fault = ValueError("secret/path")
    reply = client.post(CHAT, json={"messages": [WHO]})
    assert reply.status_code == 500
    assert error_of(reply)["type"] == "server_error"
    assert "secret" not in reply.text


def test_what_can_not_answer_now_says_when_to_come_back(client: httpx.Client, engine):
    engine.fault = ModelError("The reader is missing.", "Install it again.")
    reply = client.post(CHAT, json={"messages": [WHO]})
    assert reply.status_code == 503
    assert reply.headers["retry-after"]
    assert error_of(reply)["message"] == "The reader is missing. Install it again."


def test_limits_and_keys_are_told_in_the_same_shape(serve, engine):
    with serve(create_app(load_settings(rate_limit="1/hour"), engine=engine)) as client:
        assert client.post(CHAT, json={"messages": [WHO]}).status_code == 200
        limited = client.post(CHAT, json={"messages": [WHO]})
        wrong = client.get("/v1/models", headers={"Authorization": "Bearer rdhy_wrong"})
    assert (limited.status_code, error_of(limited)["type"]) == (429, "rate_limit_error")
    assert limited.headers["retry-after"]
    assert (wrong.status_code, error_of(wrong)["type"]) == (401, "authentication_error")


def test_other_paths_keep_their_own_shape(client: httpx.Client):
    for path in ("/v1/modelsx", "/v1/chat", "/nothing"):
        assert client.get(path).headers["content-type"] == "application/problem+json"
