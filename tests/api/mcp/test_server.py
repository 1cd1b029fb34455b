"""The documents as resources, whatever their ids; the tests of HTTP and of the command go all the way."""

from contextlib import asynccontextmanager
from typing import Any

import anyio
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client

from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.errors import NotFoundError
from rdhy_qa_api.mcp.server import McpServer
from rdhy_qa_api.service import Service


class Library:
    """An engine that has documents and nothing else."""

    def __init__(self, *held: Document) -> None:
        self._held = {document.id: document for document in held}

    def documents(self) -> list[Metadata]:
        return [document.metadata for document in self._held.values()]

    def document(self, document_id: str) -> Document:
        if document_id not in self._held:
            raise NotFoundError("There is none.", "Look again.")
        return self._held[document_id]


def document(document_id: str, **changes: Any) -> Document:
    metadata = Metadata(document_id, "A title", "post", 1, "A. Author", None, None, **changes)
    return Document(metadata, f"Text of {document_id}.", (), (), ())


@asynccontextmanager
async def connected(*held: Document):
    """A client of a server with these documents, in one process."""
    service = Service(lambda: Library(*held), max_waiting=1, poll_seconds=1000)  # type: ignore[arg-type]
    async with service.running(), Client(McpServer(service)) as client:
        yield client


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_each_document_is_read_by_the_address_that_it_is_listed_with(document_id: str):
    async def read() -> str:
        async with connected(document(document_id), document(f"{document_id}/other")) as client:
            listed = (await client.list_resources()).resources
            assert [one.name for one in listed] == [document_id, f"{document_id}/other"]
            return (await client.read_resource(listed[0].uri)).contents[0].text

    assert anyio.run(read) == f"Text of {document_id}."


def test_only_documents_that_have_a_text_are_listed():
    async def listed() -> list[str]:
        async with connected(document("post-1"), document("post-2", available=False)) as client:
            return [f"{one.uri} {one.description}" for one in (await client.list_resources()).resources]

    assert anyio.run(listed) == ["rdhy-qa://documents/post-1 post, A. Author"]
