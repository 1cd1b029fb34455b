"""``rdhy-qa doctor --url`` against a real service: as it is, in TLS, and behind proxies of either kind."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn

from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app


class ReadyEngine:
    """Says that it is ready, and nothing more."""

    generation = SimpleNamespace(manifest=SimpleNamespace(id="0123456789ab"))

    def reload(self) -> bool:
        return False

    def documents(self) -> list[object]:
        return []


@contextmanager
def serving(app, **options) -> Iterator[int]:
    """Run an application on a free port of loopback."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", server_header=False, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """Address of a service that is ready."""
    settings = load_settings(rate_limit="1000000/second", cors_origins=("https://blog.example.org",))
    with serving(create_app(settings, engine=ReadyEngine())) as port:
        yield f"http://127.0.0.1:{port}"


class Buffering(BaseHTTPRequestHandler):
    """A proxy that passes a reply on when it has all of it."""

    server_version = "holdback\x1b[31m/1.0"
    upstream = ""

    def do_GET(self) -> None:
        with httpx.stream("GET", self.upstream + self.path, trust_env=False) as reply:
            pieces = reply.iter_bytes() if self.passes_on() else [reply.read()]
            self.send_response(reply.status_code)
            self.send_header("Content-Type", reply.headers["content-type"])
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece)

    def passes_on(self) -> bool:
        return False

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def proxy(handler: type[BaseHTTPRequestHandler], upstream: str) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), {"upstream": upstream}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_service_with_nothing_in_between_is_all_well(command, service: str):
    result = command("doctor", "--url", service)
    assert result.code == 0
    lines = dict(line.split(": ", 1) for line in result.out.splitlines())
    assert list(lines) == ["ok   reachable", "ok   tls", "ok   ready", "ok   stream"]
    assert lines["ok   ready"] == "answers from generation 0123456789ab"


def test_a_proxy_that_passes_on_at_once_is_well(command, service: str):
    class Passing(Buffering):
        def passes_on(self) -> bool:
            return True

    with proxy(Passing, service) as address:
        result = command("doctor", "--url", address)
    assert result.code == 0
    assert "ok   stream: passed on at once" in result.out


def test_a_proxy_that_holds_streams_back_is_found_out_and_named(command, service: str):
    with proxy(Buffering, service) as address:
        result = command("doctor", "--url", f"{address}/")
    assert result.code == 1
    assert "ok   ready" in result.out
    assert "fail stream: something in between (holdback[31m/1.0" in result.out
    assert "holds streams back" in result.out
    assert "\x1b" not in result.out


def test_events_that_came_together_just_once_are_no_proof(command, service: str):
    seen: list[str] = []

    class Once(Buffering):
        def passes_on(self) -> bool:
            seen.append(self.path)
            return seen.count("/v1/stream-test") != 1

    with proxy(Once, service) as address:
        result = command("doctor", "--url", address)
    assert result.code == 0
    assert seen.count("/v1/stream-test") == 2


def test_a_proxy_that_cuts_streams_off_is_found_out(command, service: str):
    class Cutting(Buffering):
        def passes_on(self) -> bool:
            return self.path == "/v1/stream-test"

        def do_GET(self) -> None:
            written = self.wfile.write
            count = iter(range(10))
            self.wfile.write = lambda piece: written(piece) if next(count) < 3 else None
            super().do_GET()

    with proxy(Cutting, service) as address:
        result = command("doctor", "--url", address)
    assert result.code == 1
    assert "does not let all of the test stream through" in result.out


def test_a_service_without_an_index_says_what_to_do(command, tmp_path: Path):
    with serving(create_app(load_settings(index=tmp_path))) as port:
        result = command("doctor", "--url", f"http://127.0.0.1:{port}")
    assert result.code == 1
    assert "fail ready: There is no index yet. Run: rdhy-qa ingest" in result.out
    assert "ok   stream" in result.out


def test_something_else_is_not_taken_for_the_service(command):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

        def log_message(self, *arguments: object) -> None:
            pass

    with proxy(Other, "") as address:
        result = command("doctor", "--url", address)
    assert result.code == 1
    assert result.out.startswith("fail reachable: What answers is not rdhy-qa: status 200")
    assert result.out.count("\n") == 1


def test_nobody_there_is_one_line(command):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    result = command("doctor", "--url", f"http://127.0.0.1:{port}")
    assert result.code == 1
    assert result.out.startswith("fail reachable: ")
    assert "Check the address" in result.out
    assert result.out.count("\n") == 1


@pytest.mark.parametrize(
    ("origin", "code", "said"),
    [
        ("https://blog.example.org", 0, "ok   origin: pages of https://blog.example.org may ask"),
        ("https://evil.example.org", 1, "fail origin: pages of https://evil.example.org may not ask."),
    ],
)
def test_which_pages_may_ask_is_told(command, service: str, origin: str, code: int, said: str):
    result = command("doctor", "--url", service, "--origin", origin)
    assert result.code == code
    assert said in result.out


@pytest.mark.parametrize("url", ["qa.example.org", "ftp://qa.example.org", "http://", "http://a:b", ""])
def test_what_is_no_address_is_bad_usage(command, url: str):
    result = command("doctor", "--url", url)
    assert result.code == 2
    assert "is no address of a service" in result.err


def test_an_origin_needs_a_service_to_ask(command):
    assert command("doctor", "--origin", "https://blog.example.org").code == 2


@pytest.mark.parametrize(("days", "status"), [(60, "ok"), (3, "warn")])
def test_tls_is_described_and_a_certificate_that_ends_soon_is_told(
    command, certificate, monkeypatch: pytest.MonkeyPatch, days: int, status: str
):
    options = certificate(days)
    monkeypatch.setenv("SSL_CERT_FILE", options["ssl_certfile"])
    with serving(create_app(load_settings(), engine=ReadyEngine()), **options) as port:
        result = command("doctor", "--url", f"https://127.0.0.1:{port}")
    assert result.code == 0
    until = (datetime.now(UTC) + timedelta(days=days, hours=1)).date()
    assert f"{status:<5}tls: TLSv1.3, the certificate is valid until {until}" in result.out


def test_a_certificate_of_nobody_known_is_refused(command, certificate):
    with serving(create_app(load_settings(), engine=ReadyEngine()), **certificate(60)) as port:
        result = command("doctor", "--url", f"https://127.0.0.1:{port}")
    assert result.code == 1
    assert result.out.startswith("fail reachable: ")
    assert "certificate" in result.out


def test_a_remote_service_without_tls_is_warned_of(monkeypatch: pytest.MonkeyPatch):
    from rdhy_qa.cli.proxy_check import _tls

    stream = SimpleNamespace(get_extra_info=lambda _: None)
    request = httpx.Request("GET", "http://qa.example.org/healthz")
    found = _tls(httpx.Response(200, request=request, extensions={"network_stream": stream}))
    assert found.status == "warn"
