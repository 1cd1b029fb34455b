"""The service for MCP clients: three tools, and the documents as resources. https://modelcontextprotocol.io"""

import logging
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, unquote

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from rdhy_qa.contracts import explain
from rdhy_qa.documents.document import Metadata
from rdhy_qa.engine import Engine
from rdhy_qa.errors import NotFoundError, RdhyQaError
from rdhy_qa.settings import Settings
from rdhy_qa_api.mcp.tools import INSTRUCTIONS, TOOLS, Tool, find_document
from rdhy_qa_api.problems import FAULT
from rdhy_qa_api.service import Service

_DOCUMENTS = "rdhy-qa://documents/"
_TEXT = "text/plain"

log = logging.getLogger("rdhy_qa_api")

Context = ServerRequestContext[dict[str, Any], Request]


class McpServer(Server):
    """Answers MCP clients, over whatever they are connected by."""

    def __init__(self, service: Service) -> None:
        super().__init__(
            "rdhy-qa",
            version=version("rdhy-qa"),
            title="rdhy-qa",
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )
        self.service = service

    def around(self, _: Request | None) -> AbstractAsyncContextManager[None]:
        """What a question passes through on its way; here nothing, since the caller's own process serves them."""
        return nullcontext()

    def called(self, _: Request | None, arguments: BaseModel, reply: BaseModel, milliseconds: float) -> None:
        """Take note of a call that was answered; here nobody does."""

    async def _list_tools(self, _: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool.definition() for tool in TOOLS.values()])

    async def _call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"There is no tool {params.name!r}. There are: {', '.join(TOOLS)}.")
        try:
            reply = await self._run(tool, params.arguments or {}, context.request)
        except ValidationError as error:
            return _failed(f"{explain(error.errors())}. Correct it and call again.")
        except RdhyQaError as error:
            return _failed(str(error))
        except HTTPException as error:
            return _failed(error.detail)
        except Exception:
            log.exception("The tool %s failed.", tool.name)
            return _failed(FAULT)
        text = tool.text(reply, _base(context.request))
        return types.CallToolResult(
            content=[types.TextContent(text=text)], structured_content=reply.model_dump(mode="json")
        )

    async def _run(self, tool: Tool, given: dict[str, Any], request: Request | None) -> BaseModel:
        arguments = tool.arguments.model_validate(given)
        async with self.around(request) if tool.counted else nullcontext():
            started = time.perf_counter()
            reply = await tool.run(self.service, arguments)
        self.called(request, arguments, reply, (time.perf_counter() - started) * 1000)
        return reply

    async def _list_resources(self, _: Context, __: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        try:
            documents = await self.service.call(lambda engine: engine.documents())
        except RdhyQaError as error:
            raise MCPError(types.INTERNAL_ERROR, str(error)) from error
        return types.ListResourcesResult(resources=[_resource(one) for one in documents if one.available])

    async def _list_templates(
        self, _: Context, __: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(
            uri_template=f"{_DOCUMENTS}{{document_id}}",
            name="document",
            title="Text of a document",
            description="The canonical text, into which the offsets of all citations point.",
            mime_type=_TEXT,
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def _read_resource(self, _: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        document_id = unquote(params.uri.removeprefix(_DOCUMENTS))
        try:
            document = await self.service.call(lambda engine: find_document(engine, document_id))
        except NotFoundError as error:
            raise MCPError(types.INVALID_PARAMS, str(error), {"uri": params.uri}) from error
        except RdhyQaError as error:
            raise MCPError(types.INTERNAL_ERROR, str(error)) from error
        contents = types.TextResourceContents(uri=params.uri, mime_type=_TEXT, text=document.text)
        return types.ReadResourceResult(contents=[contents])


async def serve_stdio(settings: Settings) -> None:
    """Answer one client over standard input and output until it closes them."""
    service = Service(lambda: Engine.open(settings), max_waiting=settings.max_waiting)
    server = McpServer(service)
    # The streams first: they keep what a library may print while the index is loaded out of the client's way.
    async with stdio_server() as (incoming, outgoing), service.running():
        await server.run(incoming, outgoing, server.create_initialization_options())


def _failed(message: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=message)], is_error=True)


def _base(request: Request | None) -> str | None:
    return str(request.base_url).rstrip("/") if request else None


def _resource(metadata: Metadata) -> types.Resource:
    facts = (metadata.kind, metadata.author, metadata.published)
    return types.Resource(
        uri=f"{_DOCUMENTS}{quote(metadata.id, safe='')}",
        name=metadata.id,
        title=metadata.title,
        description=", ".join(fact for fact in facts if fact),
        mime_type=_TEXT,
    )
