"""The service as a process of its own: what a caller sends gets into no header and no log, and no secret gets out."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rdhy_qa.settings import load_settings

SERVICE = Path(__file__).with_name("failing_service.py")
MARK = "Zz9Planted"
SECRETS = {
    "key": "rdhy_0123456789ab_" + "5ec2e7" * 10 + "abcd",
    "llm key": "sk-S3cretOfTheModel",
    "password": "S3cretOfTheDatabase",
    "login": "S3cretOfTheLogin",
    "question": "S3cretOfTheReader",
}
ENVIRONMENT = {
    "RDHY_QA_LLM_API_KEY": SECRETS["llm key"],
    "RDHY_QA_LLM_MODEL": "model",
    "RDHY_QA_LLM_BASE_URL": f"http://staff:{SECRETS['login']}@127.0.0.1:9/v1",
    "RDHY_QA_DATABASE": f"postgresql://staff:{SECRETS['password']}@127.0.0.1:9/journal",
    "RDHY_QA_TRUSTED_PROXIES": "127.0.0.1",
    "RDHY_QA_RATE_LIMIT": "1000000/second",
}
Send = Callable[..., str]


class Service:
    """The process, with what it says."""

    def __init__(self, log: Path) -> None:
        self._log = log
        environment = os.environ | ENVIRONMENT | {"RDHY_QA_INDEX": str(log.parent / "index")}
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, SERVICE], stdout=subprocess.PIPE, stderr=errors, env=environment, text=True
            )
        self.port = int(self.process.stdout.readline())

    def send(self, raw: str) -> str:
        """Send bytes as they are, and give all that comes back until the service hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(raw.encode("latin-1"))
            return b"".join(iter(lambda: connection.recv(65_536), b"")).decode("latin-1")

    def get(self, path: str, *headers: str) -> str:
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        return self.send("\r\n".join(lines) + "\r\n\r\n")

    def post(self, path: str, body: object, *headers: str) -> str:
        text = json.dumps(body)
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(text)}", *headers]
        return self.send("\r\n".join(lines) + "\r\n\r\n" + text)

    def end(self) -> str:
        """End it, and give its log."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.process.stdout.close()
        return self._log.read_text(encoding="utf-8")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "log")
    yield made
    if made.process.poll() is None:
        made.end()


INJECTIONS = [
    f"\r\nX-{MARK}: yes",
    f"\nX-{MARK}: yes",
    f"\rX-{MARK}: yes",
    f"%0d%0aX-{MARK}:%20yes",
    f"%0a{{%22event%22:%22{MARK}%22}}",
    f"\x1b[31m{MARK}",
    f"\x00{MARK}",
    f"%1b]0;{MARK}%07",
    f"%e2%80%ae{MARK}",
    f"\u0085{MARK}",
]


def test_nothing_that_a_caller_sends_becomes_a_header_or_a_line_of_the_log(service: Service):
    for text in INJECTIONS:
        encoded = "".join(one if one.isprintable() and one.isascii() else f"%{ord(one):02x}" for one in text)
        replies = [
            service.get("/healthz", f"X-Request-ID: a{text}"),
            service.get("/healthz", f"User-Agent: a{text}"),
            service.get("/healthz", f"X-Forwarded-For: 203.0.113.1{text}", f"Referer: {text}"),
            service.get("/healthz", f"Authorization: Bearer rdhy_{text}", f"Origin: http://a{text}"),
            service.get(f"/v1/documents/a{encoded}"),
            service.get(f"/documents/a{encoded}", "Accept: text/html"),
            service.get(f"/{encoded}?{encoded}={encoded}"),
            service.post("/v1/ask", {"question": f"Who? {MARK}", MARK: text}),
            service.post("/v1/ask", {"question": f"Who won {text.strip()}?"}),
            service.post("/v1/ask", {"question": f"Who won {MARK}\r\nX-{MARK}: yes"}, "Accept: text/event-stream"),
        ]
        for reply in replies:
            head, _, _ = reply.partition("\r\n\r\n")
            status, *lines = head.split("\r\n")
            assert re.fullmatch(r"HTTP/1\.1 [2-5]\d\d [A-Za-z '-]+", status), status
            # Where a header holds a line break, what follows is a header of the request, never of the reply.
            assert not any(MARK.lower() in line.lower() for line in lines), (text, head)
            assert all(re.fullmatch(r"[A-Za-z-]+: [ -~]*", line) for line in lines), head
    log = service.end()
    lines = log.splitlines()
    assert len(lines) > len(INJECTIONS)
    for line in lines:
        event = json.loads(line)
        assert {"event", "level", "timestamp"} <= event.keys()
        assert MARK not in {*event, event["level"], event["timestamp"], event.get("request_id")}
        assert event["event"] != MARK
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e]", event["event"]), line


def test_no_secret_comes_out(service: Service):
    key = SECRETS["key"]
    question = {"question": f"What is {SECRETS['question']}?"}
    said = [
        service.post("/v1/ask", question, f"Authorization: Bearer {key}"),
        service.post("/v1/ask", question, f"Authorization: Basic {key}"),
        service.post("/v1/search", question),
        service.post("/v1/chat/completions", {"model": "rdhy-qa", "messages": [{"role": "user", "content": key}]}),
        service.post("/v1/feedback", {"answer_id": "0" * 16, "verdict": "up", "comment": key}),
        *(service.get(path, f"Authorization: Bearer {key}") for path in ("/v1/documents", "/metrics", "/v1/admin")),
        *(service.get(path) for path in ("/metrics", "/healthz", "/readyz", "/openapi.json", "/v1/generation", "/mcp")),
        service.get("/v1/documents", f"Authorization: Bearer {key}, {key}"),
        service.send(f"NONSENSE {key}\r\n\r\n"),
    ]
    for command in (["doctor"], ["gaps"], ["keys", "list"], ["ask", "Who?"], ["doctor", "--debug"]):
        done = subprocess.run(
            [sys.executable, "-m", "rdhy_qa", *command],
            env=os.environ | ENVIRONMENT | {"RDHY_QA_INDEX": "/nonexistent"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode
        said += [done.stdout, done.stderr]
    said.append(service.end())
    assert any("127.0.0.1:9" in one for one in said), "doctor says whom it asked"
    for name, secret in SECRETS.items():
        for one in said:
            # An answer repeats the question to whoever asked it, and nothing else does.
            assert secret not in one, f"{name} in {one[:2_000]}"


def test_settings_are_shown_without_secrets(monkeypatch: pytest.MonkeyPatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    for shown in (repr(settings), str(settings), f"{settings}", repr([settings])):
        assert not any(secret in shown for secret in SECRETS.values())
    assert SECRETS["llm key"] not in settings.model_dump_json()
