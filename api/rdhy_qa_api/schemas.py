"""What the HTTP service takes and returns beyond the engine's own contracts."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rdhy_qa.contracts import MAX_FILTER_VALUES, MAX_SERIES, Filters, FilterText, Question, SearchRequest
from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.index.manifest import Chunking, Counts, Manifest, ModelIdentity


class SearchQuery(BaseModel):
    """A search in the address: the fields of `SearchRequest`, with the filters at the top."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    limit: int = Field(10, ge=1, le=100)
    kind: list[FilterText] = Field([], max_length=MAX_FILTER_VALUES)
    document_id: list[FilterText] = Field([], max_length=MAX_FILTER_VALUES)
    series: list[Annotated[int, Field(ge=0, le=MAX_SERIES)]] = Field([], max_length=MAX_FILTER_VALUES)

    def request(self) -> SearchRequest:
        """Return the same search as the engine takes it."""
        filters = Filters(kind=tuple(self.kind), document_id=tuple(self.document_id), series=tuple(self.series))
        return SearchRequest(question=self.question, limit=self.limit, filters=filters)


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class DocumentSummary(_Reply):
    """What is known of a document besides its text."""

    id: str
    title: str
    kind: str
    series: int | None
    author: str | None
    published: str | None
    """ISO 8601 date."""
    url: str | None
    """Address of the original."""
    language: str
    original: bool
    """True where the text is the original's own, false for a digest."""
    rights: str | None
    available: bool
    """False for a document that is known to exist but of which no text is held."""

    @classmethod
    def of(cls, metadata: Metadata) -> "DocumentSummary":
        """Take it over from the document."""
        return cls(**asdict(metadata))


class DocumentList(_Reply):
    """All documents of the generation in use."""

    documents: tuple[DocumentSummary, ...]
    generation: str


class DocumentReply(DocumentSummary):
    """A document with its canonical text."""

    text: str
    """The text that the offsets of all citations point into, counted in Unicode code points."""

    @classmethod
    def with_text(cls, document: Document) -> "DocumentReply":
        """Take it over from the document."""
        return cls(**asdict(document.metadata), text=document.text)


class GenerationReply(_Reply):
    """The build of the index that answers come from."""

    id: str
    created: datetime
    corpus_fingerprint: str
    model: ModelIdentity
    chunking: Chunking
    counts: Counts
    skipped: int
    """Files of the corpus that could not be read."""
    package: str
    """Version of rdhy-qa that built it."""
    libraries: dict[str, str]

    @classmethod
    def of(cls, manifest: Manifest) -> "GenerationReply":
        """Take over what readers may see: no file names."""
        return cls(
            id=manifest.id,
            created=manifest.created,
            corpus_fingerprint=manifest.corpus_fingerprint,
            model=manifest.model,
            chunking=manifest.chunking,
            counts=manifest.counts,
            skipped=len(manifest.skipped),
            package=manifest.built.package,
            libraries=manifest.built.libraries,
        )


class Health(_Reply):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Ready(_Reply):
    """Questions are answered."""

    status: Literal["ready"] = "ready"
    generation: str
