"""Bad requests and faults: always problem details, never a 500 for what a caller sends."""

import json
import logging

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = {"content-type": "application/json"}


def check_problem(reply: httpx.Response, status: int) -> str:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["request_id"] == reply.headers["x-request-id"]
    assert problem["instance"] == httpx.URL(reply.url).path
    return problem["detail"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"question": ""}, "question"),
        ({"question": " \n\t "}, "question: must not be empty"),
        ({"question": "x" * 1001}, "1000 characters"),
        ({"question": "a\u0000b"}, "question: must not contain control characters"),
        ({"question": "a\u001b[31mb"}, "question: must not contain control characters"),
        ({"question": 5}, "question"),
        ({"question": None}, "question"),
        ({"question": ["Who?"]}, "question"),
        ({}, "question: is required"),
        ({"question": "Who?", "colour": 1}, "colour: is not a known field"),
        ({"question": "Who?", "filters": {"series": [10**30]}}, "filters.series.0"),
        ({"question": "Who?", "filters": {"series": ["4"]}}, "filters.series.0"),
        ({"question": "Who?", "filters": {"series": [True]}}, "filters.series.0"),
        ({"question": "Who?", "filters": {"kind": ["x"] * 101}}, "filters.kind"),
        ({"question": "Who?", "filters": {"kind": "post"}}, "filters.kind"),
        ({"question": "Who?", "history": [{"role": "system", "content": "x"}]}, "history.0.role"),
        ({"question": "Who?", "history": "x"}, "history"),
        ([], "body"),
        ("Who?", "body"),
    ],
)
def test_a_bad_field_is_named(client: httpx.Client, body: object, named: str):
    assert named in check_problem(client.post("/v1/ask", json=body), 422)


@pytest.mark.parametrize(
    "body",
    [
        rb'{"question": "\ud800"}',
        rb'{"\ud800": 1, "question": "Who?"}',
        rb'{"question": "Who?", "filters": {"kind": ["\udfff"]}}',
        b'{"question": NaN}',
        b'{"question": "Who?", "filters": {"series": [NaN]}}',
        b'{"question": "Who?", "filters": {"series": [1e400]}}',
        b'{"question": "Who?", "filters": {"series": [-1]}}',
    ],
)
def test_odd_but_valid_json_is_refused_by_its_content(client: httpx.Client, body: bytes):
    check_problem(client.post("/v1/ask", content=body, headers=JSON), 422)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"question=Who",
        b'{"question": "caf\xe9"}',
        b"\xff\xfe{\x00}\x00",
        b"\x00\x00",
        b"[" * 60_000,
        b'{"question": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_json_in_utf8_is_a_bad_request(client: httpx.Client, body: bytes):
    assert "UTF-8" in check_problem(client.post("/v1/ask", content=body, headers=JSON), 400)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"]
)
def test_another_content_type_is_refused(client: httpx.Client, content_type: str):
    reply = client.post("/v1/ask", content=b'{"question": "Who?"}', headers={"content-type": content_type})
    assert "application/json" in check_problem(reply, 415)


def test_an_empty_body_is_named(client: httpx.Client):
    assert check_problem(client.post("/v1/ask", headers=JSON), 422) == "body: is required"


def test_a_body_with_no_content_type_is_refused(client: httpx.Client):
    check_problem(client.post("/v1/ask", content=b'{"question": "Who?"}'), 415)


def test_json_with_a_charset_is_taken(client: httpx.Client):
    headers = {"content-type": "application/json; charset=utf-8"}
    assert client.post("/v1/ask", content='{"question": "Raízen?"}'.encode(), headers=headers).status_code == 200


@pytest.mark.parametrize("size", [64 * 1024 + 1, 200_000, 8_000_000])
def test_a_body_over_64_kib_is_refused(client: httpx.Client, size: int):
    assert "64 KiB" in check_problem(client.post("/v1/ask", content=b" " * size, headers=JSON), 413)


@pytest.mark.parametrize("chunks", [70, 2_000])
def test_a_chunked_body_over_64_kib_is_refused(client: httpx.Client, chunks: int):
    check_problem(client.post("/v1/ask", content=(b" " * 1024 for _ in range(chunks)), headers=JSON), 413)


def test_a_body_of_just_64_kib_is_read(client: httpx.Client):
    body = b'{"question": "Who?"}'.ljust(64 * 1024)
    assert client.post("/v1/ask", content=body, headers=JSON).status_code == 200
    assert client.post("/v1/ask", content=iter([body[:9], body[9:]]), headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1/documents/post-9", 404),
        ("GET", "/documents/post-9", 404),
        ("GET", "/documents/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/v1/documents/%00", 404),
        ("GET", "/v1/documents/%ff", 404),
        ("GET", "/static/nothing.js", 404),
        ("GET", "/static/..%2f..%2fapp.py", 404),
        ("GET", "/static/%00", 404),
        ("GET", "/static/" + "a" * 5000, 404),
        ("POST", "/static/document.js", 405),
        ("GET", "/v1/ask", 405),
        ("DELETE", "/v1/search", 405),
        ("GET", "/v1/search", 422),
        ("GET", "/v1/search?question=", 422),
        ("GET", "/v1/search?question=Who%00", 422),
        ("GET", "/v1/search?question=Who&limit=0", 422),
        ("GET", "/v1/search?question=Who&limit=" + "9" * 5000, 422),
        ("GET", "/v1/search?question=Who&limit=NaN", 422),
        ("GET", "/v1/search?question=Who&series=x", 422),
        ("GET", "/v1/search?question=Who&page=2", 422),
    ],
)
def test_a_bad_address_is_a_problem(client: httpx.Client, method: str, path: str, status: int):
    check_problem(client.request(method, path), status)


def test_405_names_the_methods_that_work(client: httpx.Client):
    assert client.get("/v1/ask").headers["allow"] == "POST"
    assert client.delete("/v1/search").headers["allow"] == "GET, POST"


def test_a_fault_tells_nothing_about_itself(client: httpx.Client, engine, caplog: pytest.LogCaptureFixture):
    engine.fault = RuntimeError("password is hunter2")
    with caplog.at_level(logging.ERROR, "rdhy_qa_api"):
        reply = client.post("/v1/ask", json={"question": "Who?"})
    check_problem(reply, 500)
    assert "hunter2" not in reply.text
    assert "hunter2" in caplog.text
    assert reply.headers["x-request-id"] in caplog.text
    assert client.get("/healthz").status_code == 200


def test_a_request_id_is_echoed_where_it_is_safe(client: httpx.Client):
    assert client.get("/healthz", headers={"x-request-id": "trace-1.a_B"}).headers["x-request-id"] == "trace-1.a_B"
    for unsafe in ("a b", "<script>", "x" * 65, "", "é".encode("latin-1")):
        given_back = client.get("/healthz", headers={"x-request-id": unsafe}).headers["x-request-id"]
        assert len(given_back) == 32
    first, second = (client.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=[])), inner),
    max_leaves=8,
)
bodies = anything | st.fixed_dictionaries(
    {"question": st.just("Who won?") | anything},
    optional={
        "history": anything,
        "filters": anything | st.fixed_dictionaries({"series": anything}),
        "limit": anything,
    },
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, path=st.sampled_from(["/v1/ask", "/v1/search"]))
def test_no_json_ever_gives_a_500(client: httpx.Client, body: object, path: str):
    reply = client.post(path, content=json.dumps(body).encode(), headers=JSON)
    assert reply.status_code in {200, 422}
    if reply.status_code == 422:
        check_problem(reply, 422)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_no_bytes_ever_give_a_500(client: httpx.Client, body: bytes):
    assert client.post("/v1/ask", content=body, headers=JSON).status_code in {200, 400, 422}
