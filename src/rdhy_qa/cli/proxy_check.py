"""A running service as its callers see it, with whatever lies in between: TLS, proxies that hold streams back, CORS."""

import ipaddress
import json
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx

from rdhy_qa.cli.finding import Finding
from rdhy_qa.cli.output import clean, shorten
from rdhy_qa.errors import UsageError

_SECONDS = 30
_TRIES = 3
_DAYS_TO_RENEW = 14
_SHOWN = 200


def look(url: str, origin: str | None) -> Iterator[tuple[str, Finding]]:
    """Check a service from outside; what can't be told when it is not there is left out.

    Raises:
        UsageError: when the address is none.
    """
    with _client(url) as client:
        try:
            reply = client.get("healthz")
            tls = _tls(reply)
        except httpx.HTTPError as error:
            yield "reachable", Finding("fail", f"{_said(error)}. Check the address, and whether the service runs.")
            return
        if not _is_ours(reply):
            yield "reachable", Finding("fail", f"What answers is not rdhy-qa: {_described(reply)}. Check the address.")
            return
        yield "reachable", Finding("ok", f"answers in {reply.elapsed.total_seconds() * 1000:.0f} ms")
        yield "tls", tls
        yield "ready", _tried(_ready, client)
        yield "stream", _tried(_stream, client)
        if origin is not None:
            yield "origin", _tried(_origin, client, origin)


def _client(url: str) -> httpx.Client:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in {"http", "https"} or not address.host:
        raise UsageError(f"{url!r} is no address of a service.", "Write it like https://qa.example.org.")
    return httpx.Client(base_url=address, timeout=_SECONDS)


def _tried(check: Callable[..., Finding], client: httpx.Client, *more: str) -> Finding:
    try:
        return check(client, *more)
    except httpx.HTTPError as error:
        return Finding("fail", f"{_said(error)}. Look at the log of what lies in between.")
    except (ValueError, LookupError, TypeError):  # not the JSON that the service sends
        return Finding("fail", "What comes is not what rdhy-qa sends. Look at what lies in between.")


def _said(error: httpx.HTTPError) -> str:
    return shorten(clean(str(error)), _SHOWN).rstrip(".") or type(error).__name__


def _described(reply: httpx.Response) -> str:
    return clean(f"status {reply.status_code}, {reply.headers.get('content-type', 'no content type')}")


def _is_ours(reply: httpx.Response) -> bool:
    try:
        return reply.status_code == 200 and reply.json() == {"status": "ok"}
    except ValueError:
        return False


def _tls(reply: httpx.Response) -> Finding:
    connection = reply.extensions["network_stream"].get_extra_info("ssl_object")
    if connection is None:
        if _is_this_machine(reply.url.host):
            return Finding("ok", "none, and within this machine none is needed")
        return Finding("warn", "none: others on the way can read and change all that is asked. Put TLS in front.")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(connection.getpeercert()["notAfter"]), UTC)
    detail = f"{connection.version()}, the certificate is valid until {ends:%Y-%m-%d}"
    if (ends - datetime.now(UTC)).days < _DAYS_TO_RENEW:
        return Finding("warn", f"{detail}. Renew it.")
    return Finding("ok", detail)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ready(client: httpx.Client) -> Finding:
    reply = client.get("readyz")
    told = reply.json()
    if reply.status_code == 200:
        return Finding("ok", clean(f"answers from generation {told['generation']}"))
    return Finding("fail", clean(told["detail"]))


def _stream(client: httpx.Client) -> Finding:
    """Receive a stream whose events say when they were sent.

    Events that come together by chance do not do so again and again.
    """
    finding = _received(client)
    for _ in range(_TRIES - 1):
        if finding.status == "ok":
            break
        finding = _received(client)
    return finding


def _received(client: httpx.Client) -> Finding:
    ticks: list[dict[str, int]] = []
    came: list[float] = []
    asked = time.perf_counter()
    with client.stream("GET", "v1/stream-test", headers={"Accept": "text/event-stream"}) as reply:
        if reply.status_code != 200:
            return Finding("fail", f"The test stream is refused: {_described(reply)}. Try again in a minute.")
        for line in reply.iter_lines():
            if line.startswith("data:"):
                came.append((time.perf_counter() - asked) * 1000)
                ticks.append(json.loads(line.removeprefix("data:")))
    between = _named(reply)
    if not ticks or len(ticks) < ticks[0]["of"]:
        return Finding("fail", f"{between} does not let all of the test stream through. Look at its log.")
    span = f"the first event came after {came[0]:.0f} ms, the last after {came[-1]:.0f} ms"
    # Half of the pauses is far from either: what passes on at once keeps all of them, what holds back keeps none.
    if came[-1] - came[0] < (ticks[-1]["milliseconds"] - ticks[0]["milliseconds"]) / 2:
        return Finding(
            "fail", f"{between} holds streams back: {span}. Turn its buffering off; docs/deploy.md says how."
        )
    return Finding("ok", f"passed on at once: {span}")


def _named(reply: httpx.Response) -> str:
    """The service itself tells no name."""
    found = [reply.headers[name] for name in ("via", "server") if name in reply.headers]
    encoding = reply.headers.get("content-encoding")
    names = clean(", ".join(found) + (f", compressing with {encoding}" if encoding else "")).strip(", ")
    return f"something in between ({names})" if names else "something in between"


def _origin(client: httpx.Client, origin: str) -> Finding:
    """Ask what a browser asks before it lets a page of another site ask a question."""
    wanted = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    reply = client.options("v1/ask", headers=wanted)
    allowed = reply.headers.get("access-control-allow-origin")
    if reply.status_code == 200 and allowed in {origin, "*"}:
        return Finding("ok", f"pages of {origin} may ask")
    return Finding("fail", f"pages of {origin} may not ask. Add it to RDHY_QA_CORS_ORIGINS.")
