"""What every reply has and every request passes: addresses that can't be forged, CORS, security headers."""

import httpx
import pytest

from rdhy_qa.errors import SettingsError
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app

QUESTION = {"question": "Who won?"}
ORIGIN = "https://example.org"
JSON = {"content-type": "application/json"}
MANY = "1000000/second"


@pytest.fixture
def service(serve, engine):
    """Serves with settings of the test's own."""

    def start(**changes: object):
        return serve(create_app(load_settings(**{"rate_limit": MANY, **changes}), engine=engine))

    return start


def ask(client: httpx.Client, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/ask", json=QUESTION, headers=named).status_code


def test_an_address_that_a_stranger_claims_is_not_believed(service):
    with service(rate_limit="1/year", trusted_proxies=("192.0.2.1", "10.0.0.0/8", "::1")) as client:
        assert ask(client, x_forwarded_for="203.0.113.1") == 200
        assert ask(client, x_forwarded_for="203.0.113.2") == 429
        assert ask(client, forwarded="for=203.0.113.3", x_real_ip="203.0.113.3") == 429
        reply = client.get("/healthz", headers={"x-forwarded-proto": "https"})
        assert "strict-transport-security" not in reply.headers


def test_nobody_is_believed_unless_the_settings_say_so(service):
    with service(rate_limit="1/year") as client:
        assert ask(client, x_forwarded_for="203.0.113.1") == 200
        assert ask(client, x_forwarded_for="203.0.113.2") == 429


@pytest.mark.parametrize("proxies", ["127.0.0.1", "127.0.0.0/8", "192.0.2.1, 127.0.0.1"])
def test_a_trusted_proxy_says_who_calls(service, proxies: str):
    with service(rate_limit="1/year", trusted_proxies=proxies) as client:
        assert ask(client, x_forwarded_for="203.0.113.1") == 200
        assert ask(client, x_forwarded_for="203.0.113.1") == 429
        assert ask(client, x_forwarded_for="203.0.113.2") == 200
        # What the caller claimed stands before what the proxy saw.
        assert ask(client, x_forwarded_for="203.0.113.9, 203.0.113.2") == 429
        assert ask(client, x_forwarded_for="127.0.0.1, 203.0.113.2") == 429
        assert ask(client) == 200


def test_a_caller_behind_several_trusted_proxies_is_found(service):
    with service(rate_limit="1/year", trusted_proxies="127.0.0.1,10.0.0.0/8") as client:
        assert ask(client, x_forwarded_for="203.0.113.1, 10.1.2.3") == 200
        assert ask(client, x_forwarded_for="203.0.113.9, 203.0.113.1, 10.3.2.1") == 429
        assert ask(client, x_forwarded_for="203.0.113.1, 192.0.2.1") == 200


@pytest.mark.parametrize("value", ["proxy.example.org", "*", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "10.0.0.1:80"])
def test_a_proxy_that_is_no_address_keeps_the_service_from_starting(value: str):
    with pytest.raises(SettingsError, match=r"RDHY_QA_TRUSTED_PROXIES.*10\.0\.0\.0/8"):
        create_app(load_settings(trusted_proxies=f"127.0.0.1,{value}"), engine=object())


def failing(client: httpx.Client, engine, origin: str | None) -> dict[int, httpx.Response]:
    """One reply of each kind."""
    headers = {} if origin is None else {"origin": origin}

    def send(method: str, path: str, **more: object) -> httpx.Response:
        return client.request(method, path, headers=headers | more.pop("headers", {}), **more)

    replies = [
        send("POST", "/v1/ask", json=QUESTION),
        send("GET", "/test/nothing"),
        send("DELETE", "/v1/ask"),
        send("POST", "/v1/ask", content=b" " * 70_000, headers=JSON),
        send("POST", "/v1/ask", content=b"x"),
        send("POST", "/v1/ask", content=b"{", headers=JSON),
        send("GET", "/v1/documents", headers={"authorization": "Bearer wrong"}),
        send("POST", "/v1/ask", json={}),
    ]
    engine.fault = RuntimeError("boom")
    replies.append(send("POST", "/v1/ask", json=QUESTION))
    engine.reset()
    while replies[-1].status_code != 429:
        replies.append(send("POST", "/v1/ask", json=QUESTION))
    found = {reply.status_code: reply for reply in replies}
    assert found.keys() == {200, 404, 405, 413, 415, 400, 401, 422, 500, 429}
    return found


def preflight(client: httpx.Client, origin: str, method: str = "POST", headers: str = "content-type") -> httpx.Response:
    asked = {"access-control-request-method": method, "access-control-request-headers": headers}
    return client.options("/v1/ask", headers={"origin": origin, **asked})


def cors(reply: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name.startswith("access-control-")}


def test_no_other_site_may_use_the_service_unless_the_settings_say_so(service, engine):
    with service(rate_limit="10/year") as client:
        for reply in (*failing(client, engine, ORIGIN).values(), preflight(client, ORIGIN)):
            assert cors(reply) == {}


@pytest.mark.parametrize("allowed", [ORIGIN, f"https://other.org, {ORIGIN.upper()}:443", "*"])
def test_a_page_of_an_allowed_site_can_read_every_reply(service, engine, allowed: str):
    with service(rate_limit="10/year", cors_origins=allowed) as client:
        for status, reply in failing(client, engine, ORIGIN).items():
            assert reply.headers["access-control-allow-origin"] == ("*" if allowed == "*" else ORIGIN), status
            exposed = reply.headers["access-control-expose-headers"].lower().split(", ")
            assert set(exposed) == {"x-request-id", "retry-after", "ratelimit", "ratelimit-policy"}
            assert "access-control-allow-credentials" not in reply.headers
            assert "origin" in reply.headers.get("vary", "").lower() or allowed == "*"


@pytest.mark.parametrize("origin", ["https://example.com", "http://example.org", "https://example.org:8443", "null"])
def test_a_page_of_another_site_can_read_no_reply(service, engine, origin: str):
    with service(rate_limit="10/year", cors_origins=ORIGIN) as client:
        for reply in failing(client, engine, origin).values():
            assert "access-control-allow-origin" not in reply.headers
        assert "access-control-allow-origin" not in preflight(client, origin).headers


def test_a_page_may_ask_and_send_what_the_service_takes(service):
    with service(cors_origins=ORIGIN) as client:
        for method in ("GET", "POST"):
            reply = preflight(client, ORIGIN, method, "accept, authorization, content-type, x-request-id")
            assert reply.status_code == 200
            assert reply.headers["access-control-allow-origin"] == ORIGIN
            assert "access-control-allow-credentials" not in reply.headers
        assert preflight(client, ORIGIN, "POST", "mcp-protocol-version").status_code == 200
        assert preflight(client, ORIGIN, "DELETE").status_code == 400
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    "value",
    [
        "example.org",
        "https://",
        "https://example.org/",
        "https://example.org/path",
        "https://*.example.org",
        "https://user@example.org",
        "https://example.org:port",
        "ftp://example.org",
        "null",
        "https://exämple.org",
    ],
)
def test_an_origin_that_is_none_keeps_the_service_from_starting(value: str):
    with pytest.raises(SettingsError, match=r"RDHY_QA_CORS_ORIGINS.*https://example\.org, with no path"):
        create_app(load_settings(cors_origins=f"{ORIGIN},{value}"), engine=object())


def test_every_reply_has_the_security_headers_and_an_id(service, engine):
    with service(rate_limit="10/year", cors_origins=ORIGIN) as client:
        others = [
            client.get(path) for path in ("/documents/post-1", "/static/document.js", "/openapi.json", "/healthz")
        ]
        for reply in (*failing(client, engine, None).values(), *others, preflight(client, ORIGIN)):
            headers = reply.headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "camera=()" in headers["permissions-policy"]
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["x-request-id"]
            assert "server" not in headers
            assert "strict-transport-security" not in headers


def test_only_the_widget_is_there_for_other_sites_to_load(client: httpx.Client):
    assert client.get("/widget/nothing.js").headers["cross-origin-resource-policy"] == "cross-origin"
    assert client.get("/widgets").headers["cross-origin-resource-policy"] == "same-origin"


def test_https_is_insisted_on_where_it_is_used(service):
    with service(trusted_proxies="127.0.0.1") as client:
        secure = client.get("/healthz", headers={"x-forwarded-proto": "https"}).headers
        assert secure["strict-transport-security"] == "max-age=31536000"
        assert "strict-transport-security" not in client.get("/healthz").headers


def test_answers_are_stored_nowhere_on_their_way(client: httpx.Client):
    for reply in (
        client.post("/v1/ask", json=QUESTION),
        client.post("/v1/ask", json={}),
        client.get("/v1/search", params=QUESTION),
        client.get("/v1/documents"),
        client.get("/healthz"),
    ):
        assert reply.headers["cache-control"] == "no-store"
    stream = client.post("/v1/ask", json=QUESTION, headers={"accept": "text/event-stream"})
    assert stream.headers["cache-control"] == "no-store, no-transform"


def test_files_may_be_kept_but_not_their_absence(client: httpx.Client):
    assert "no-store" not in client.get("/static/document.js").headers.get("cache-control", "")
    assert client.get("/static/nothing.js").headers["cache-control"] == "no-store"
