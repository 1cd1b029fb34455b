"""Questions to begin with: made from the documents, asked of the engine, and kept where it answers them surely."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from typing import Annotated
from urllib.parse import quote

import anyio
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.documents.document import Metadata
from rdhy_qa.errors import RdhyQaError
from rdhy_qa.journal.scopes import Scope
from rdhy_qa_api import examples
from rdhy_qa_api.access.callers import requires
from rdhy_qa_api.candidates import Candidate, candidates
from rdhy_qa_api.problems import describe
from rdhy_qa_api.service import EngineLike, Service

SHOWN = 4
_SURE = 0.85
"""Confidence from which on a question is suggested."""
_TRIED = 40
"""Candidates that are asked at most: each takes as long as a reader's question does."""
_OF_ONE_DOCUMENT = 12
_ALIKE = 2
"""Suggestions of one shape: four of a kind would hide what else can be asked."""
_POLL_SECONDS = 1.0
# What one reads as, and what several do. Any other kind is a document.
_KINDS = {
    "post": ("post", "posts"),
    "case-study": ("case study", "case studies"),
    "background": ("background page", "background pages"),
}
_DOCUMENT = ("document", "documents")

log = logging.getLogger("rdhy_qa_api")
router = APIRouter()


class Covered(BaseModel):
    """A document that answers come from."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    title: str
    kind: str
    view_url: str
    """Our page of the document."""

    @classmethod
    def of(cls, metadata: Metadata) -> "Covered":
        """Take it over from the document."""
        page = f"/documents/{quote(metadata.id, safe='')}"
        return cls(id=metadata.id, title=metadata.title, kind=metadata.kind, view_url=page)


class SuggestionsReply(BaseModel):
    """What one can ask."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    questions: tuple[str, ...]
    """Questions that are answered surely, the surest first; none where the documents suggest none."""
    covers: str
    """How many documents of which kind there are, in words."""
    documents: tuple[Covered, ...]
    """Those of which the text is held."""
    generation: str


class Suggestions:
    """The suggestions of the generation in use, found once for each."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = anyio.Lock()
        self._reply: SuggestionsReply | None = None

    async def current(self) -> SuggestionsReply:
        """The suggestions; whoever asks while they are being found waits for them.

        Raises:
            RdhyQaError: why there is no engine yet.
        """
        async with self._lock:
            generation = self._service.engine.generation.manifest.id
            if self._reply is None or self._reply.generation != generation:
                self._reply = await self._find(generation)
            return self._reply

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Find them in the background whenever another generation is taken up."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch)
            yield
            tasks.cancel_scope.cancel()

    async def _watch(self) -> None:
        while True:
            try:
                await self.current()
            except RdhyQaError:
                pass  # there is no index yet
            except Exception:  # readers do without
                log.exception("Could not find questions to suggest.")
            await anyio.sleep(_POLL_SECONDS)

    async def _find(self, generation: str) -> SuggestionsReply:
        documents = await self._service.call(lambda engine: [one for one in engine.documents() if one.available])
        tried = await self._service.call(lambda engine: list(_tried(engine, documents)))
        # One call for each, so that readers' questions come in between.
        asked = [(candidate, await self._service.call(partial(_ask, candidate))) for candidate in tried]
        return SuggestionsReply(
            questions=tuple(chosen(asked)),
            covers=in_words(documents),
            documents=tuple(Covered.of(metadata) for metadata in documents),
            generation=generation,
        )


def chosen(asked: list[tuple[Candidate, Answer]]) -> Iterator[str]:
    """The questions that are answered surely and from the right place, the surest first, of several shapes."""
    good = [(candidate, answer) for candidate, answer in asked if _answers(answer, candidate)]
    good.sort(key=lambda entry: (-entry[1].confidence, entry[0].question))
    return islice(_varied(candidate for candidate, _ in good), SHOWN)


def in_words(documents: list[Metadata]) -> str:
    """Count documents by their kind: "4 posts, 2 case studies and 3 background pages"."""
    counts = Counter(_KINDS.get(metadata.kind, _DOCUMENT) for metadata in documents)
    parts = [f"{count:,} {one if count == 1 else several}" for (one, several), count in counts.most_common()]
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:]))) or "no documents"


def _tried(engine: EngineLike, documents: list[Metadata]) -> Iterator[Candidate]:
    return islice(
        (
            candidate
            for metadata in documents
            for candidate in islice(candidates(engine.document(metadata.id)), _OF_ONE_DOCUMENT)
        ),
        _TRIED,
    )


def _ask(candidate: Candidate, engine: EngineLike) -> Answer:
    return engine.ask(AskRequest(question=candidate.question))


def _answers(answer: Answer, candidate: Candidate) -> bool:
    """Whether an answer is sure, and rests on nothing but the place that the question was made from."""
    return (
        answer.answered
        and answer.confidence >= _SURE
        and all(
            citation.document_id == candidate.document_id
            and candidate.start <= citation.start
            and citation.end <= candidate.end
            for citation in answer.citations
        )
    )


def _varied(found: Iterator[Candidate]) -> Iterator[str]:
    shapes: Counter[str] = Counter()
    for candidate in found:
        shapes[candidate.shape] += 1
        if shapes[candidate.shape] <= _ALIKE:
            yield candidate.question


def suggestions_of(request: Request) -> Suggestions:
    """Find the suggestions of the application that a request came to."""
    found = request.app.state.suggestions
    assert isinstance(found, Suggestions)
    return found


@router.get(
    "/v1/suggestions",
    tags=["ask"],
    summary="Suggest questions",
    responses=examples.ok(examples.SUGGESTIONS) | describe(401, 403, 503),
    dependencies=[requires(Scope.READ)],
)
async def suggestions(found: Annotated[Suggestions, Depends(suggestions_of)]) -> SuggestionsReply:
    """Suggest questions to begin with, and say what the documents are."""
    return await found.current()
