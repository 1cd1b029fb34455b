import time
from pathlib import Path

import httpcore
import httpx
import pytest

from rdhy_qa.errors import FetchError, RefusedError
from rdhy_qa.sources.addresses import ask_the_system
from rdhy_qa.sources.asking import Asker, Limits, Reply
from rdhy_qa.sources.network import CheckedNetwork
from rdhy_qa.sources.pace import Clock

HOST = "127.0.0.1"
NAME = "pier.test"


class Recording(httpcore.NetworkBackend):
    """Says where it was told to connect, and fails."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    def connect_tcp(self, host: str, port: int, timeout=None, local_address=None, socket_options=None):
        self.hosts.append(host)
        raise httpcore.ConnectError("no")


def network(resolver, backend: httpcore.NetworkBackend | None = None, allowed: tuple[str, ...] = ()) -> CheckedNetwork:
    made = CheckedNetwork(frozenset(allowed), resolver=resolver, backend=backend)
    made.deadline = time.monotonic() + 60
    return made


def test_a_name_that_leads_elsewhere_the_second_time_is_asked_for_once():
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    recording = Recording()
    with pytest.raises(httpcore.ConnectError):
        network(lambda *_: answers.pop(0), recording).connect_tcp("rebind.example", 80)
    assert recording.hosts == ["93.184.215.14"]
    assert len(answers) == 1


def test_the_next_address_is_tried_where_one_does_not_answer():
    recording = Recording()
    with pytest.raises(httpcore.ConnectError):
        network(lambda *_: ["93.184.215.14", "2606:2800:220::1"], recording).connect_tcp("example.org", 443)
    assert recording.hosts == ["93.184.215.14", "2606:2800:220::1"]


def test_no_connection_is_made_where_any_address_is_private():
    recording = Recording()
    with pytest.raises(RefusedError):
        network(lambda *_: ["93.184.215.14", "::ffff:10.0.0.1"], recording).connect_tcp("example.org", 80)
    assert recording.hosts == []


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".example", "a..b"])
def test_a_host_that_nobody_knows_is_a_failed_connection(host: str):
    with pytest.raises(httpcore.ConnectError, match="is not known"):
        network(ask_the_system).connect_tcp(host, 80)


def test_after_the_deadline_nothing_is_begun():
    late = network(lambda *_: [HOST], allowed=(HOST,))
    late.deadline = time.monotonic()
    with pytest.raises(httpcore.ReadTimeout):
        late.connect_tcp(HOST, 9)


def get(address: str) -> Reply:
    limits = Limits(attempts=1, pause=0.0)
    names = (NAME, "other.test")
    asker = Asker(limits, CheckedNetwork(names, resolver=lambda *_: [HOST]), contact=None, clock=Clock())
    try:
        reply = asker.ask(httpx.URL(address), {})
    finally:
        asker.close()
    assert isinstance(reply, Reply)
    return reply


def test_tls_and_the_request_have_the_name_though_the_address_was_connected_to(
    tls_site, certificate: Path, asked_names: list[str | None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls_site.page("/x", b"<p>Over TLS")
    port = httpx.URL(tls_site.url).port
    assert get(f"https://{NAME}:{port}/x").body == b"<p>Over TLS"
    assert asked_names == [NAME]
    assert tls_site.headers()["Host"] == f"{NAME}:{port}"


def test_a_certificate_of_another_name_or_of_nobody_known_is_not_passed_over(
    tls_site, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    port = httpx.URL(tls_site.url).port
    with pytest.raises(FetchError, match=f"{NAME} does not prove who it is"):
        get(f"https://{NAME}:{port}/x")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(FetchError, match=r"other\.test does not prove who it is"):
        get(f"https://other.test:{port}/x")
    assert tls_site.asked == []


def test_proxies_of_the_environment_are_not_used(site, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.page("/x", b"<p>Direct")
    assert get(f"http://{NAME}:{httpx.URL(site.url).port}/x").body == b"<p>Direct"
