"""The engine as the service holds it: loaded when there is an index, taken up anew when another one is activated."""

import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, aclosing, asynccontextmanager, closing
from typing import Protocol, TypeVar

import anyio
import anyio.to_thread
from fastapi import Request

from rdhy_qa.contracts import Answer, AskRequest, SearchReply, SearchRequest
from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.errors import GenerationError, NoIndexError, RdhyQaError, UnavailableIndexError
from rdhy_qa.events import Done, Event, Status
from rdhy_qa.index.manifest import Manifest
from rdhy_qa.models.embedder import FloatArray
from rdhy_qa_api.access.places import Places

_POLL_SECONDS = 1.0
# Looking at a generation that can't be used hashes its files each time.
_RETRY_SECONDS = 30.0

log = logging.getLogger("rdhy_qa_api")
_Result = TypeVar("_Result")


class HasManifest(Protocol):
    """A generation, as far as the service looks into it."""

    @property
    def manifest(self) -> Manifest:
        """What the generation was built from and with."""


class EngineLike(Protocol):
    """The part of ``rdhy_qa.engine.Engine`` that the service uses."""

    @property
    def generation(self) -> HasManifest:
        """The generation in use."""

    def ask(self, request: AskRequest) -> Answer:
        """Answer a question, or decline with a reason."""

    def ask_stream(self, request: AskRequest) -> Generator[Event]:
        """The same, event by event."""

    def search(self, request: SearchRequest) -> SearchReply:
        """Find passages."""

    def embed(self, question: str) -> FloatArray:
        """The unit vector of a question."""

    def documents(self) -> Sequence[Metadata]:
        """Metadata of all documents."""

    def document(self, document_id: str) -> Document:
        """One document."""

    def reload(self) -> bool:
        """Take up the generation that is active on disk."""


class Service:
    """Runs the engine's work in threads, and watches which generation is active."""

    def __init__(
        self,
        opener: Callable[[], EngineLike],
        *,
        max_waiting: int,
        under_way: Callable[[int], None] = lambda _: None,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._opener = opener
        self._places = Places(max_waiting, under_way)
        self._poll_seconds = poll_seconds
        self._engine: EngineLike | None = None
        self._problem: RdhyQaError = NoIndexError("The index is being loaded.", "Try again in a few seconds.")
        self._logged = ""
        self._away = False
        # More threads than cores would only make each other wait,
        self._limiter = anyio.CapacityLimiter(os.cpu_count() or 1)
        # unless they wait anyhow: for a language model.
        self._patient = anyio.CapacityLimiter(max_waiting)

    @property
    def engine(self) -> EngineLike:
        """The engine.

        Raises:
            RdhyQaError: why there is none yet.
        """
        if self._engine is None:
            raise self._refusal()
        return self._engine

    @property
    def ready(self) -> EngineLike:
        """The engine, where questions to it are answered now.

        Raises:
            RdhyQaError: why they are not.
        """
        if self._away:
            raise self._refusal()
        return self.engine

    @property
    def manifest(self) -> Manifest | None:
        """What the generation in use was built from and with; None as long as there is none."""
        return None if self._engine is None else self._engine.generation.manifest

    def place(self) -> AbstractContextManager[None]:
        """Take a place among the questions that are under way or waiting, for as long as the context lasts.

        Raises:
            BusyError: on entering, when all places are taken.
        """
        return self._places.take()

    async def call(self, work: Callable[[EngineLike], _Result]) -> _Result:
        """Do something with the engine, off the event loop."""
        engine = self.engine
        return await anyio.to_thread.run_sync(lambda: work(engine), limiter=self._limiter)

    async def ask(self, request: AskRequest) -> Answer:
        """Answer in one piece, off the event loop."""
        async with self._stream(_without_steps(self.engine.ask_stream(request))) as events:
            found = [event.answer async for event in events if isinstance(event, Done)]
        return found[-1]

    def stream(self, request: AskRequest) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Answer event by event, off the event loop. Leaving the context ends the work.

        Raises:
            RdhyQaError: why there is no engine yet; at once, not when the context is entered.
        """
        return self._stream(self.engine.ask_stream(request))

    @asynccontextmanager
    async def _stream(self, events: Generator[Event]) -> AsyncIterator[AsyncIterator[Event]]:
        try:
            async with aclosing(self._steps(events)) as steps:
                yield steps
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(events.close)

    async def _steps(self, events: Generator[Event]) -> AsyncGenerator[Event]:
        """Let one thread after another take the next step, so that none waits while the client reads."""
        limiter = self._limiter
        while (event := await anyio.to_thread.run_sync(next, events, None, limiter=limiter)) is not None:
            if _writes(event):
                limiter = self._patient
            yield event

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the engine and watch the index for as long as the service lives."""
        pause = await self._refresh()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch, pause)
            yield
            tasks.cancel_scope.cancel()

    async def _watch(self, pause: float) -> None:
        while True:
            await anyio.sleep(pause)
            pause = await self._refresh()

    async def _refresh(self) -> float:
        """Open the engine, or let it look whether another generation is active; seconds until the next look."""
        try:
            if await anyio.to_thread.run_sync(self._open_or_reload):
                log.info("Serving generation %s.", self.engine.generation.manifest.id)
            self._away, self._logged = False, ""
        except (NoIndexError, UnavailableIndexError) as error:
            self._report(error)
            self._away = isinstance(error, UnavailableIndexError)
        except RdhyQaError as error:
            self._report(error)
            return _RETRY_SECONDS
        except Exception:  # what is loaded still serves, and the next look may go better
            log.exception("Could not look after the index.")
            self._problem = _for_readers(GenerationError)
            return _RETRY_SECONDS
        return self._poll_seconds

    def _open_or_reload(self) -> bool:
        if self._engine is not None:
            return self._engine.reload()
        self._engine = self._opener()
        return True

    def _refusal(self) -> RdhyQaError:
        # A new one each time: what is raised collects tracebacks.
        return type(self._problem)(self._problem.message, self._problem.next_step)

    def _report(self, error: RdhyQaError) -> None:
        if str(error) != self._logged:
            log.warning("%s", error)
        self._logged = str(error)
        self._problem = _for_readers(type(error))


def _writes(event: Event) -> bool:
    """Whether a language model is waited for from now on."""
    return isinstance(event, Status) and event.stage == "writing"


def _without_steps(events: Generator[Event]) -> Generator[Event]:
    """Leave out what nobody waits for who wants the whole answer: each event is a turn in the queue for a thread.

    Where a language model writes every event stays, so that the work can be ended between them.
    """
    writing = False
    with closing(events):
        for event in events:
            writing = writing or _writes(event)
            if writing or isinstance(event, Done):
                yield event


def _for_readers(kind: type[RdhyQaError]) -> RdhyQaError:
    """Say why there is no engine without the paths and hosts of the server, which the log has."""
    if issubclass(kind, NoIndexError):
        return NoIndexError("There is no index yet.", "Run: rdhy-qa ingest")
    if issubclass(kind, UnavailableIndexError):
        return UnavailableIndexError("Milvus, which holds the index, does not answer.", "Start Milvus.")
    return kind("The index can't be used.", "The log of the service says why.")


def service_of(request: Request) -> Service:
    """Find the service of the application that a request came to."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
