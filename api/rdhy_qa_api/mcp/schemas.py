"""What MCP tools take and return beyond the engine's own contracts."""

import json
from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rdhy_qa.contracts import AskRequest, Filters, Question, SearchRequest
from rdhy_qa.documents.document import Document
from rdhy_qa.errors import UsageError
from rdhy_qa_api.schemas import DocumentSummary

MAX_PART_CHARACTERS = 20_000
"""A client's model reads so much of a document at a time."""


def _parsed(value: object) -> object:
    """An object that comes as JSON in a string, which is how some clients send it."""
    return json.loads(value) if isinstance(value, str) else value


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class _Search(_Arguments):
    question: Question
    """A question, or words to look for, in up to 1,000 characters."""
    filters: Annotated[Filters, BeforeValidator(_parsed)] = Filters()
    """Restrict where to look: by `kind` (such as `post` or `case-study`), `document_id`, or `series`, the number of a
    post. Values of one field are alternatives."""


class AskArguments(_Search):
    """Arguments of ``ask``."""

    def request(self) -> AskRequest:
        """The same, as the engine takes it."""
        return AskRequest(question=self.question, filters=self.filters)


class SearchArguments(_Search):
    """Arguments of ``search``."""

    limit: int = Field(10, ge=1, le=100)
    """Passages to return at the most."""

    def request(self) -> SearchRequest:
        """The same, as the engine takes it."""
        return SearchRequest(question=self.question, filters=self.filters, limit=self.limit)


class DocumentArguments(_Arguments):
    """Arguments of ``get_document``."""

    document_id: str = Field(max_length=200, examples=["post-4"])
    """Id of the document, as citations and search results have it."""
    start: int = Field(0, ge=0)
    """First character to return."""
    end: int | None = Field(None, ge=1)
    """Character to stop before; by default, and at the most, 20,000 after `start`."""


class DocumentPart(DocumentSummary):
    """A part of a document's text."""

    text: str
    start: int
    """Offset of the part in the document's canonical text, in Unicode code points."""
    end: int
    characters: int
    """Length of the whole text."""

    @classmethod
    def cut(cls, document: Document, wanted: DocumentArguments) -> "DocumentPart":
        """Cut it out of the document.

        Raises:
            UsageError: when there is nothing between the offsets.
        """
        last = min(len(document.text), wanted.start + MAX_PART_CHARACTERS)
        end = last if wanted.end is None else min(last, wanted.end)
        if document.text and wanted.start >= end:
            raise UsageError(
                f"The document has {len(document.text)} characters, none of them there.", "Correct start and end."
            )
        text = document.text[wanted.start : end]
        return cls(**asdict(document.metadata), text=text, start=wanted.start, end=end, characters=len(document.text))
