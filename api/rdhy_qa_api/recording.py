"""How the service writes its journal: behind the answer's back, so that no reader waits for a database."""

import logging
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from itertools import islice

import anyio
import anyio.to_thread
from fastapi import Request

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.errors import DatabaseError
from rdhy_qa.events import Done, Event
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.retention import remove_old
from rdhy_qa.journal.writing import Entry, Journal, Surface
from rdhy_qa.settings import Settings
from rdhy_qa_api.operations.metrics import Metrics
from rdhy_qa_api.operations.observing import note_answer

_MOST_WAITING = 1_000
"""Entries kept in memory while the database is away: at a question a second, a quarter of an hour."""
_BATCH = 100
_RETRY_SECONDS = 2.0
_REMOVAL_SECONDS = 3600.0
_SETTLING_SECONDS = 2.0
_CLOSING_SECONDS = 5.0

log = logging.getLogger("rdhy_qa_api")


class Recorder:
    """Takes entries at once, and writes them in a thread of its own.

    While the database is away entries wait, up to a bound; those beyond it are lost, and counted.
    """

    def __init__(self, settings: Settings, database: Callable[[], Database], metrics: Metrics | None = None) -> None:
        self._settings = settings
        self._database = database
        self._metrics = metrics or Metrics()
        self._journal: Journal | None = None
        self._waiting: deque[Entry] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._broken = False
        self._lost = self._lost_and_told = 0
        self._next_removal = 0.0

    @property
    def lost(self) -> int:
        """Entries that could not be written, since the service started."""
        return self._lost

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write as long as the service lives, and in the end, for a few seconds at most, what still waits."""
        self._closing = False
        # A database that hangs must not keep the process from ending.
        thread = threading.Thread(target=self._run, name="journal", daemon=True)
        thread.start()
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._close, thread)

    def record(self, request: AskRequest, answer: Answer, surface: Surface, milliseconds: float) -> None:
        """Note an answer. It takes microseconds, and nothing goes wrong with it."""
        self._metrics.answered(answer, surface)
        note_answer(answer)
        entry = Entry(request, answer, surface, milliseconds)
        with self._changed:
            if len(self._waiting) < _MOST_WAITING:
                self._waiting.append(entry)
                self._changed.notify_all()
                return
        self._lose(1)

    async def recorded(self, request: AskRequest, surface: Surface, answering: Awaitable[Answer]) -> Answer:
        """Wait for an answer, and note it with the time that it took."""
        started = time.perf_counter()
        answer = await answering
        self.record(request, answer, surface, (time.perf_counter() - started) * 1000)
        return answer

    @asynccontextmanager
    async def watched(
        self,
        request: AskRequest,
        surface: Surface,
        stream: AbstractAsyncContextManager[AsyncIterator[Event]],
    ) -> AsyncIterator[AsyncIterator[Event]]:
        """Pass on a stream of events, and note the answer that it ends in; of one that is given up, nothing."""
        started = time.perf_counter()

        async def noting(events: AsyncIterator[Event]) -> AsyncGenerator[Event]:
            async for event in events:
                if isinstance(event, Done):
                    self.record(request, event.answer, surface, (time.perf_counter() - started) * 1000)
                yield event

        async with stream as events, aclosing(noting(events)) as passed_on:
            yield passed_on

    def settle(self, answer_id: str) -> None:
        """Wait until no entry of an answer waits any more, so that what is said of it finds it.

        Raises:
            DatabaseError: when the database is away, or that takes too long.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._broken or not self._waits(answer_id), _SETTLING_SECONDS)
            waits = self._waits(answer_id)
        if waits:
            raise DatabaseError("The answer is not in the journal yet.", "Try again in a few seconds.")

    def _waits(self, answer_id: str) -> bool:
        return any(entry.answer.answer_id == answer_id for entry in self._waiting)

    def _close(self, thread: threading.Thread) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        thread.join(_CLOSING_SECONDS)
        self._lose(len(self._waiting))
        if self._lost > self._lost_and_told:
            log.warning("%d entries of the journal are lost.", self._lost - self._lost_and_told)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, max(0.0, self._next_removal - time.monotonic()))
                batch, closing = list(islice(self._waiting, _BATCH)), self._closing
            if closing and not batch:
                return
            if self._write(batch):
                self._drop(len(batch))
            elif closing:
                return
            else:
                self._rest()

    def _has_work(self) -> bool:
        return bool(self._waiting) or self._closing

    def _drop(self, number: int) -> None:
        """Take entries from the queue; until they are written they stay there, for ``settle`` to see."""
        with self._changed:
            for _ in range(number):
                self._waiting.popleft()
            self._changed.notify_all()

    def _rest(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, _RETRY_SECONDS)

    def _write(self, batch: list[Entry]) -> bool:
        """Write a batch, and remove what is too old; False when the database is away."""
        try:
            self._remove_old()
            if batch:
                self._opened().write(batch)
        except DatabaseError as error:
            self._break("The journal can't be written, and its entries wait: %s", error)
            return False
        except Exception as error:  # they would fail again, and those behind them wait
            self._break("The journal can't take these entries: %s", error, exc_info=error)
            self._lose(len(batch))
            self._next_removal = time.monotonic() + _REMOVAL_SECONDS
            return True
        self._tell_mended()
        return True

    def _lose(self, number: int) -> None:
        self._metrics.lost(number)
        with self._changed:
            self._lost += number

    def _opened(self) -> Journal:
        if self._journal is None:
            self._journal = Journal(self._database(), self._settings.journal_text)
        return self._journal

    def _remove_old(self) -> None:
        if time.monotonic() >= self._next_removal:
            remove_old(self._database(), self._settings.journal_days)
            self._next_removal = time.monotonic() + _REMOVAL_SECONDS

    def _break(self, message: str, error: Exception, exc_info: Exception | None = None) -> None:
        """Say that something is wrong, once until it is mended."""
        if not self._broken:
            log.warning(message, error, exc_info=exc_info)
        with self._changed:
            self._broken = True
            self._changed.notify_all()

    def _tell_mended(self) -> None:
        lost = self._lost - self._lost_and_told
        if self._broken or lost:
            self._broken = False
            self._lost_and_told += lost
            log.warning("The journal is written again; %d entries are lost.", lost)


def recorder_of(request: Request) -> Recorder:
    """Find the recorder of the application that a request came to."""
    recorder = request.app.state.recorder
    assert isinstance(recorder, Recorder)
    return recorder
