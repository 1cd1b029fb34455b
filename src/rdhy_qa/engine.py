"""The façade: the only file that knows the order of the stages.

question → analyse → retrieve → read → compose → (word anew →) answer
"""

import hashlib
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from rdhy_qa.answering import answerer, composition, confidence, conversation, lists, spelling
from rdhy_qa.answering.citations import original_url, view_url
from rdhy_qa.answering.questions import analyse
from rdhy_qa.answering.ranking import READ_PASSAGES, Material, Read, Similarities
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.answering.wanted import Words, wanted_words
from rdhy_qa.contracts import (
    Answer,
    AskRequest,
    Filters,
    Passage,
    Related,
    SearchReply,
    SearchRequest,
)
from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.events import Done, Event, Passages, Status, pieces
from rdhy_qa.index import places
from rdhy_qa.index.serving import Serving
from rdhy_qa.llm.writer import Reworded, Writer
from rdhy_qa.models.embedder import FloatArray
from rdhy_qa.models.reader import Reader, load_reader
from rdhy_qa.retrieval.hybrid import Hit, HybridRetriever
from rdhy_qa.settings import Settings

_RETRIEVED = 20
_RELATED = 3
_VIEWS = 256


@dataclass(frozen=True, slots=True)
class _Found:
    """A standalone question with its vector and the passages near it, best first."""

    text: str
    vector: FloatArray
    hits: Sequence[Hit]


class _Session:
    """One generation with all that answering from it needs; replaced as a whole on reload.

    Nothing here refers back to the session: what a reload leaves behind is freed with the last question that uses it,
    not when the collector of cycles comes by, which took ten reloads.
    """

    def __init__(self, generation: Serving, reader: Reader) -> None:
        self.generation = generation
        self.reader = reader
        self.retriever = HybridRetriever(generation)
        self.view = view = lru_cache(maxsize=_VIEWS)(partial(_view, generation))
        self.lists = lru_cache(maxsize=_VIEWS)(lambda document_id: lists.lists_of(view(document_id)))

    @property
    def words(self) -> Words:
        """The words of the corpus."""
        return self.generation.vocabulary

    def search(self, text: str, filters: Filters) -> "_Found":
        """Find passages for a standalone question."""
        vector = self.retriever.embed(text)
        return _Found(text, vector, self.retriever.search(text, vector, filters, _RETRIEVED))

    def material(self, found_for: "_Found") -> Material:
        """What an answer is made from."""
        question = analyse(found_for.text)
        passages = tuple(
            Read(self.view(h.passage.document.id), h.passage.start, h.passage.end, h.score, h.dense or 0.0)
            for h in found_for.hits[:READ_PASSAGES]
        )
        documents = dict.fromkeys(hit.passage.document.id for hit in found_for.hits)
        found = tuple(found for document in documents for found in self.lists(document))
        wanted = wanted_words(question, self.words)
        read = partial(self.reader.read, question.text)
        return Material(question, wanted, passages, self.similarities(found_for.vector), read, found, self.words)

    def similarities(self, vector: FloatArray) -> Similarities:
        """Cosine similarity of a question's vector with the sentences of a document."""

        def measure(view: DocumentView, indices: Sequence[int]) -> FloatArray:
            return self.generation.sentence_vectors(view.document.id, indices) @ vector

        return measure


class Engine:
    """Answers questions from one index. Safe to share between threads."""

    def __init__(self, settings: Settings, generation: Serving) -> None:
        self._settings = settings
        self._reader = load_reader(settings.reader, settings.threads)
        self._writer = Writer.configured(settings)
        self._session = _Session(generation.load(), self._reader)
        self._reloading = threading.Lock()

    @classmethod
    def open(cls, settings: Settings) -> "Engine":
        """Load the active generation, the encoder of questions that it holds, and the reader.

        Raises:
            GenerationError: when there is no usable generation.
            ModelError: when the reader's files are missing or damaged.
            SettingsError: when a language model is configured, and its package is not installed.
        """
        return cls(settings, places.open_active(settings.index, embedder=settings.embedder))

    @property
    def generation(self) -> Serving:
        """The generation in use."""
        return self._session.generation

    @property
    def llm_paused(self) -> bool:
        """True while a language model is configured that keeps failing, and is left alone for that."""
        return self._writer is not None and self._writer.breaker.open

    def ask(self, request: AskRequest, *, operating_point: float | None = None) -> Answer:
        """Answer a question, or decline with a reason.

        ``operating_point`` replaces the fitted one: at 0 the likeliest answer is given however unlikely it is, which
        is what evaluation draws its curves from. Such an answer is never worded by a language model.
        """
        *_, last = self.ask_stream(request, operating_point=operating_point)
        assert isinstance(last, Done)
        return last.answer

    def ask_stream(self, request: AskRequest, *, operating_point: float | None = None) -> Generator[Event]:
        """Answer like ``ask``, saying what is done meanwhile; ``Done`` is the last event. Closing it ends the work."""
        session = self._session
        clock = _Clock()
        point = confidence.operating_point() if operating_point is None else operating_point
        yield Status(stage="retrieving")
        asked = spelling.corrected(request.question, session.words)
        texts = conversation.readings(asked, request.history)
        told = conversation.told_before(asked, request.history)
        found = [session.search(text, request.filters) for text in texts]
        clock.lap("retrieve")
        yield Passages(passages=_related(found[0].hits))
        yield Status(stage="reading")
        materials = [(session.material(one), one) for one in found]
        drafts = [(answerer.answer(material, point, told), material, one) for material, one in materials]
        # Of the readings of a follow-up the one with the likeliest answer; of equals, or where none has one, the first.
        draft, material, used = max(
            drafts, key=lambda entry: (entry[0].answered, entry[0].answered * entry[0].confidence)
        )
        if draft.items and conversation.lists_again(asked, draft.text, request.history):
            draft = composition.decline("insufficient_evidence", draft.confidence)
        clock.lap("read")
        reworded = Reworded(draft, "extractive")
        if self._writer is not None and operating_point is None:
            reworded = yield from self._writer.write(material, draft, session.retriever.embed)
            clock.lap("write")
        answer = _reply(request, used, reworded, session.generation.id, clock.total())
        if answer.mode == "extractive":
            yield from pieces(answer)
        yield Done(answer=answer)

    def material(self, question: str) -> Material:
        """What an answer to a question is made from: for evaluation, and for fitting the answering stage."""
        session = self._session
        return session.material(session.search(spelling.corrected(question, session.words), Filters()))

    def search(self, request: SearchRequest) -> SearchReply:
        """Find passages."""
        session = self._session
        clock = _Clock()
        vector = session.retriever.embed(request.question)
        hits = session.retriever.search(request.question, vector, request.filters, request.limit)
        clock.lap("retrieve")
        results = tuple(
            _passage(rank, hit, session.generation.document(hit.passage.document.id))
            for rank, hit in enumerate(hits, 1)
        )
        return SearchReply(
            question=request.question, results=results, generation=session.generation.id, timings_ms=clock.total()
        )

    def embed(self, question: str) -> FloatArray:
        """The unit vector of a question, for comparing it with others."""
        return self._session.retriever.embed(question)

    def documents(self) -> list[Metadata]:
        """Metadata of all documents of the generation in use, by id."""
        return sorted(self._session.generation.documents(), key=lambda metadata: metadata.id)

    def document(self, document_id: str) -> Document:
        """One document.

        Raises:
            NotFoundError: when the generation holds no such document.
        """
        return self._session.generation.document(document_id)

    def reload(self) -> bool:
        """Take up the generation that is active on disk; True when it is another one than before.

        Questions under way finish on the generation that they began with.

        Raises:
            GenerationError: when the active generation can't be used; the one in use stays.
        """
        with self._reloading:
            if places.active_id(self._settings.index) == self._session.generation.id:
                return False
            generation = places.open_active(self._settings.index, embedder=self._settings.embedder)
            self._session = _Session(generation.load(before=self.generation), self._reader)
            return True


def _view(generation: Serving, document_id: str) -> DocumentView:
    return DocumentView(generation.document(document_id))


class _Clock:
    """Wall-clock milliseconds of each stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = round(self._laps.get(name, 0.0) + (now - self._last) * 1000, 2)
        self._last = now

    def total(self) -> dict[str, float]:
        return {**self._laps, "total": round((time.perf_counter() - self._start) * 1000, 2)}


def _reply(request: AskRequest, used: _Found, reworded: Reworded, generation: str, timings: dict[str, float]) -> Answer:
    draft = reworded.draft
    answer = Answer(
        question=request.question,
        interpreted_as=None if used.text == request.question else used.text,
        answered=draft.answered,
        short_answer=draft.short,
        answer=draft.text,
        items=draft.items,
        complete=draft.complete,
        confidence=round(draft.confidence, 4),
        reason=draft.reason,
        citations=draft.citations,
        related=() if draft.answered or draft.reason == "out_of_scope" else _related(used.hits),
        mode=reworded.mode,
        fallback=reworded.fallback,
        generation=generation,
    )
    return answer.model_copy(update={"answer_id": _answer_id(request, answer), "timings_ms": timings})


def _answer_id(request: AskRequest, answer: Answer) -> str:
    """Sixteen hexadecimal digits: the same for the same answer to the same request."""
    digest = hashlib.sha256(request.model_dump_json().encode())
    digest.update(answer.model_dump_json(exclude={"answer_id", "timings_ms"}).encode())
    return digest.hexdigest()[:16]


def _related(hits: Sequence[Hit]) -> tuple[Related, ...]:
    return tuple(
        Related(
            document_id=passage.document.id,
            title=passage.document.title,
            section=passage.section,
            text=passage.text,
            start=passage.start,
            end=passage.end,
            view_url=view_url(passage.document.id, passage.start, passage.end),
        )
        for passage in (hit.passage for hit in hits[:_RELATED])
    )


def _passage(rank: int, hit: Hit, document: Document) -> Passage:
    passage = hit.passage
    return Passage(
        rank=rank,
        score=round(hit.score, 6),
        dense=None if hit.dense is None else round(hit.dense, 6),
        lexical=None if hit.lexical is None else round(hit.lexical, 6),
        document_id=passage.document.id,
        title=passage.document.title,
        section=passage.section,
        kind=passage.document.kind,
        text=passage.text,
        start=passage.start,
        end=passage.end,
        page=passage.page,
        url=original_url(document, passage.text, passage.page),
        view_url=view_url(passage.document.id, passage.start, passage.end),
    )
