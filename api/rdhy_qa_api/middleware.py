"""What every request passes through: its true address, an id, security headers, CORS, a last catch for faults, a limit.

``install`` puts them in order.
"""

import ipaddress
import logging
import re
import uuid
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from rdhy_qa.errors import SettingsError
from rdhy_qa.settings import Settings
from rdhy_qa_api.access import limits
from rdhy_qa_api.problems import FAULT, problem_response

MAX_BODY_BYTES = 64 * 1024
# Chat clients send the whole conversation each time, and often descriptions of tools with it.
_LARGER_BODIES = {"/v1/chat/completions": 1024 * 1024}

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_PORTS = {"http": 80, "https": 443}
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Not for subdomains: what else lies below the host's name is none of our business.
_HTTPS_ONLY = "max-age=31536000"
_FILES = ("/static/", "/widget/")
_EMBEDDED = "/widget/"
_CORS_REPLY_HEADERS = ("X-Request-ID", "Retry-After", *limits.HEADERS)

log = logging.getLogger("rdhy_qa_api")


def install(app: FastAPI, settings: Settings) -> None:
    """Put them around the application; the one added last is the outermost.

    CORS comes outside of all that may refuse a request, so that a page can read why it was refused; and inside of what
    gives every reply its id and its security headers.

    Raises:
        SettingsError: when an origin or a proxy is none.
    """
    app.add_middleware(BodyLimit)
    app.add_middleware(Faults)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=allowed_origins(settings),
            allow_methods=["GET", "POST"],
            # No cookies play a part, and clients of MCP and of the chat API send many headers of their own.
            allow_headers=["*"],
            expose_headers=_CORS_REPLY_HEADERS,
        )
    app.add_middleware(RequestContext)
    if settings.trusted_proxies:
        proxies = [_network(value) for value in settings.trusted_proxies]
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=proxies)


def allowed_origins(settings: Settings) -> list[str]:
    """Origins whose pages may use the service, or ``*``.

    Raises:
        SettingsError: when one of them is none.
    """
    return [_origin(value) for value in settings.cors_origins]


def _origin(value: str) -> str:
    """Bring an origin into the form in which browsers send it."""
    origin = value.lower()
    if origin == "*":
        return origin
    if not _ORIGIN.fullmatch(origin):
        raise SettingsError(
            f"RDHY_QA_CORS_ORIGINS: {value!r} is no origin.", "Write it like https://example.org, with no path, or *."
        )
    return origin.removesuffix(f":{_PORTS[urlsplit(origin).scheme]}")


def _network(value: str) -> str:
    """Check that a proxy is named by its address: names, and ``*``, would make it easy to trust too many."""
    try:
        return str(ipaddress.ip_network(value) if "/" in value else ipaddress.ip_address(value))
    except ValueError as error:
        raise SettingsError(
            f"RDHY_QA_TRUSTED_PROXIES: {value!r} is neither an address nor a network.",
            "Write it like 10.0.0.7 or 10.0.0.0/8.",
        ) from error


def add_headers(scope: Scope, headers: Mapping[str, str]) -> None:
    """Let the reply to a request have these headers, whatever becomes of it."""
    scope.setdefault("state", {}).setdefault("headers", {}).update(headers)


class RequestContext:
    """Gives each request an id, and its reply that id, the security headers and what ``add_headers`` was told."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id = _request_id(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.update(scope["state"].get("headers", {}))
                for name, value in _default_headers(scope, message["status"]):
                    headers.setdefault(name, value)
            await send(message)

        with bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_headers)


def _default_headers(scope: Scope, status: int) -> Iterable[tuple[str, str]]:
    """Headers that every reply has unless the route knows better."""
    path = scope["path"]
    yield from _SECURITY_HEADERS.items()
    # Pages of other sites load the widget; nothing else is theirs to load. What they fetch is subject to CORS instead.
    yield "Cross-Origin-Resource-Policy", "cross-origin" if path.startswith(_EMBEDDED) else "same-origin"
    if status >= 400 or not path.startswith(_FILES):
        yield "Cache-Control", "no-store"
    if scope["scheme"] == "https":
        yield "Strict-Transport-Security", _HTTPS_ONLY


class Faults:
    """Gives each fault a reply that leaks nothing, and the log all of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception:
            request_id = scope["state"]["request_id"]
            # Not its path, which is the caller's; the line of the request has the route.
            log.exception("request %s failed", request_id)
            if started:
                raise
            await problem_response(scope, 500, FAULT)(scope, receive, send)


class BodyLimit:
    """Refuses bodies over the limit, whether or not they announce their length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _LARGER_BODIES.get(scope["path"], MAX_BODY_BYTES)
        messages = None if _announces_more(scope, limit) else await _read(receive, limit)
        if messages is None:
            detail = f"The body is larger than {limit // 1024} KiB. Send a shorter one."
            await problem_response(scope, 413, detail, {"Connection": "close"})(scope, receive, send)
            return
        replay = iter(messages)

        async def receive_again() -> Message:
            return next(replay, None) or await receive()

        await self._app(scope, receive_again, send)


def _announces_more(scope: Scope, limit: int) -> bool:
    length = Headers(scope=scope).get("content-length", "")
    return length.isdecimal() and (len(length) > 18 or int(length) > limit)


async def _read(receive: Receive, limit: int) -> list[Message] | None:
    """All messages of the body, or None when it is too long."""
    messages, size = [], 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > limit:
            return None
        if not message.get("more_body", False):
            return messages


def _request_id(scope: Scope) -> str:
    """Take the caller's id where it is safe to repeat in headers and logs, otherwise a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
