"""MCP at ``/mcp``, over streamable HTTP: one request, one reply, and nothing kept between them.

A page of another site can make a browser call a service that only the browser's own network reaches, by letting its
host's name point there (DNS rebinding). Browsers say in the header ``Origin`` which page a call comes from, and other
clients send none: so calls from origins that the settings don't list are refused, whatever host they name.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import HTTPException
from fastapi.security import SecurityScopes
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from rdhy_qa.contracts import Answer
from rdhy_qa.journal.scopes import Scope as KeyScope
from rdhy_qa_api.access.callers import BEARER, access_of, identified
from rdhy_qa_api.access.places import while_connected
from rdhy_qa_api.mcp.schemas import AskArguments
from rdhy_qa_api.mcp.server import McpServer
from rdhy_qa_api.recording import recorder_of
from rdhy_qa_api.service import Service

_READ = SecurityScopes([KeyScope.READ.value])


class HttpMcpServer(McpServer):
    """Answers callers over HTTP, each within their limit."""

    @asynccontextmanager
    async def around(self, request: Request | None) -> AsyncIterator[None]:
        """Count the question, and keep a place for it as long as it takes."""
        assert request is not None
        await access_of(request).spend(request, request.state.caller)
        with self.service.place():
            yield

    def called(self, request: Request | None, arguments: BaseModel, reply: BaseModel, milliseconds: float) -> None:
        """Note the answer to a question in the journal."""
        if request is not None and isinstance(arguments, AskArguments) and isinstance(reply, Answer):
            recorder_of(request).record(arguments.request(), reply, "mcp", milliseconds)


class McpEndpoint:
    """The application at ``/mcp``."""

    def __init__(self, service: Service, origins: frozenset[str]) -> None:
        self._server = HttpMcpServer(service)
        self._origins = origins
        self._sessions: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve for as long as the context lasts."""
        # What checks the host's name is left out: it would have to know all names that the service is reached by.
        self._sessions = StreamableHTTPSessionManager(self._server, stateless=True, json_response=True)
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        request = Request(scope, receive)
        if request.method != "POST":
            raise HTTPException(405, "MCP comes by POST here; there are no sessions.", {"Allow": "POST"})
        origin = request.headers.get("origin")
        if origin is not None and not self._origins & {origin, "*"}:
            raise HTTPException(403, "Pages of this origin may not ask. RDHY_QA_CORS_ORIGINS lists those that may.")
        request.state.caller = await identified(request, _READ, await BEARER(request))
        await self._while_connected(request, send)

    async def _while_connected(self, request: Request, send: Send) -> None:
        """Let the library reply, which itself does not look whether the client still waits."""
        sessions = self._sessions
        assert sessions is not None
        begun = False
        body: list[Message] = [{"type": "http.request", "body": await request.body()}]

        async def receive() -> Message:
            return body.pop() if body else await request.receive()

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await while_connected(request, lambda: sessions.handle_request(request.scope, receive, send_and_note))
        except ClientDisconnect:
            if not begun:  # otherwise it has its reply
                raise
