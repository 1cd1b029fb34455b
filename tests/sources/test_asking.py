import gzip
import http.server
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from rdhy_qa.errors import FetchError
from rdhy_qa.sources.asking import Asker, Known, Limits, Redirect, Reply, StatusError
from rdhy_qa.sources.network import CheckedNetwork

HOST = "127.0.0.1"
Handler = http.server.BaseHTTPRequestHandler


@pytest.fixture
def ask(ticker) -> Iterator[Callable[..., Reply | Redirect]]:
    """Asks with limits; pauses only make the clock tick."""
    askers = []

    def call(address: str, headers: dict[str, str] | None = None, *, at_most: int | None = None, **limits: float):
        asker = Asker(Limits(**limits), CheckedNetwork({HOST}), contact="https://example.org/us", clock=ticker.clock())
        askers.append(asker)
        return asker.ask(httpx.URL(address), headers or {}, at_most=at_most)

    yield call
    for asker in askers:
        asker.close()


def status(code: int, **headers: str) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def good(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "4")
    handler.end_headers()
    handler.wfile.write(b"good")


def hang_up(handler: Handler) -> None:
    """Close without a word."""


def break_off(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"only the beginning")


def dribble(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b".")
        time.sleep(0.01)


def dribble_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b".")
        time.sleep(0.01)


def wait(handler: Handler) -> None:
    handler.rfile.read(1)  # until the other end closes


def nonsense(handler: Handler) -> None:
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n")


def test_a_page_comes_with_its_headers(ask, site):
    reply = ask(site.page("/x", b"<p>Piers", ETag='"1"'))
    assert (reply.address, reply.body, reply.headers["etag"]) == (f"{site.url}/x", b"<p>Piers", '"1"')


def test_requests_say_who_asks_and_what_for(ask, site):
    ask(site.page("/x", b"<p>"))
    headers = site.headers()
    assert headers["User-Agent"].startswith("rdhy-qa/")
    assert headers["User-Agent"].endswith(" (+https://example.org/us)")
    assert headers["Accept-Encoding"] == "gzip"
    assert "text/html" in headers["Accept"]
    assert headers["Host"] == httpx.URL(site.url).netloc.decode()


def test_what_is_packed_is_unpacked(ask, site):
    assert ask(site.page("/x", gzip.compress(b"<p>Piers"), Content_Encoding="gzip")).body == b"<p>Piers"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(ask, site, code: int):
    assert ask(site.redirect("/x", "/y", code)) == Redirect("/y")
    assert site.paths() == ["/x"]


def test_a_redirect_to_nowhere_is_an_error(ask, site):
    with pytest.raises(StatusError, match="HTTP 302"):
        ask(site.page("/x", b"", 302))
    with pytest.raises(FetchError):
        ask(site.redirect("/y", "http://[::1/"))


@pytest.mark.parametrize("answer", [status(503), status(429), status(500), hang_up, break_off, nonsense])
def test_a_failure_that_passes_is_waited_for(ask, site, ticker, answer):
    assert ask(site.in_turn("/x", answer, answer, good)).body == b"good"
    assert ticker.slept == [2.0, 4.0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(503), r"HTTP 503\. Try again later"),
        (hang_up, "breaks off or answers wrongly"),
        (break_off, "breaks off or answers wrongly"),
        (nonsense, "breaks off or answers wrongly"),
    ],
)
def test_a_failure_that_stays_is_told_after_three_attempts(ask, site, answer, reason: str):
    with pytest.raises(FetchError, match=reason):
        ask(site.in_turn("/x", answer))
    assert len(site.asked) == 3


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (204, "HTTP 204"),
        (206, "HTTP 206"),
        (304, "HTTP 304"),
        (401, "wants a login.*fetch = false"),
        (403, "forbids it.*fetch = false"),
        (404, "not there.*correct its address"),
        (410, "gone for good"),
        (501, "HTTP 501"),
    ],
)
def test_a_failure_that_does_not_pass_is_told_at_once(ask, site, ticker, code: int, reason: str):
    with pytest.raises(StatusError, match=reason):
        ask(site.in_turn("/x", status(code)))
    assert len(site.asked) == 1
    assert ticker.slept == []


def test_a_server_is_left_alone_for_as_long_as_it_wants(ask, site, ticker):
    assert ask(site.in_turn("/x", status(429, Retry_After="17"), good)).body == b"good"
    assert ticker.slept == [17.0]


def test_a_server_may_name_the_moment(ask, site, ticker):
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    assert ask(site.in_turn("/x", status(503, Retry_After=moment), good)).body == b"good"
    assert 10 < ticker.slept[0] <= 50


def test_a_server_that_wants_to_be_left_alone_for_long_is_left_for_another_run(ask, site, ticker):
    with pytest.raises(FetchError, match="wants no request for another 7,200 seconds"):
        ask(site.in_turn("/x", status(429, Retry_After="7200"), good))
    assert len(site.asked) == 1
    assert ticker.slept == []


@pytest.mark.parametrize("value", ["soon", "-1", "1e3", "", "Mon, 99 Foo 2024", "²"])
def test_a_wish_that_nobody_understands_is_passed_over(ask, site, ticker, value: str):
    answer = status(503, Retry_After=value.encode().decode("latin-1"))
    assert ask(site.in_turn("/x", answer, good)).body == b"good"
    assert ticker.slept == [2.0]


def test_a_server_that_never_answers_is_given_up(ask, site):
    with pytest.raises(FetchError, match="does not answer in time"):
        ask(site.in_turn("/x", wait), read=0.05, attempts=1)


@pytest.mark.parametrize("answer", [dribble, dribble_headers])
def test_a_server_that_always_sends_a_little_more_is_given_up(ask, site, answer):
    with pytest.raises(FetchError, match=r"takes more than 0\.3 seconds"):
        ask(site.in_turn("/x", answer), total=0.3)
    assert len(site.asked) <= 1


def test_a_port_where_nobody_listens_can_not_be_reached(ask, ticker):
    with pytest.raises(FetchError, match="can't be reached"):
        ask(f"http://{HOST}:9/")
    assert ticker.slept == [2.0, 4.0]


def test_a_page_may_be_smaller_than_another_file(ask, site):
    body = b"x" * 2_000
    with pytest.raises(FetchError, match="more than the"):
        ask(site.page("/x", body), page=1_999)
    assert ask(site.page("/y", body, Content_Type="application/pdf"), page=1_999).body == body
    with pytest.raises(FetchError, match="more than the"):
        ask(site.page("/y", body, Content_Type="application/pdf"), file=1_999)


def test_a_bomb_is_not_unpacked(ask, site):
    bomb = gzip.compress(bytes(30 * 2**20))
    assert len(bomb) < 2**16
    with pytest.raises(FetchError, match="more than the 10 MiB that are allowed"):
        ask(site.page("/x", bomb, Content_Encoding="gzip"))


def test_what_needs_no_end_is_cut(ask, site):
    assert ask(site.page("/x", b"x" * 2_000), at_most=10).body == b"x" * 10


def test_that_nothing_is_new_is_believed_only_where_it_was_asked(ask, site):
    address = site.in_turn("/x", status(304))
    reply = ask(address, Known(address, '"1"', "Fri, 20 Sep 2024 08:00:00 GMT").conditions(httpx.URL(address)))
    assert reply.not_modified
    assert site.headers()["If-None-Match"] == '"1"'
    assert site.headers()["If-Modified-Since"] == "Fri, 20 Sep 2024 08:00:00 GMT"


def test_conditions_hold_at_the_address_of_the_copy_only():
    known = Known("https://example.org/x", '"1"', None)
    assert known.conditions(httpx.URL("https://example.org/x")) == {"If-None-Match": '"1"'}
    assert known.conditions(httpx.URL("https://example.org/y")) == {}
