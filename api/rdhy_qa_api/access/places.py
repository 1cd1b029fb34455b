"""A bound on the questions that are under way or waiting, and an end to the work that nobody waits for any more."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio
from fastapi import Request
from starlette.requests import ClientDisconnect

from rdhy_qa.errors import BusyError

_Result = TypeVar("_Result")


class Places:
    """So many questions at once; the next one is told to come back rather than made to wait without end."""

    def __init__(self, most: int, changed: Callable[[int], None] = lambda _: None) -> None:
        self._most = most
        self._taken = 0
        self._changed = changed

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken

    @contextmanager
    def take(self) -> Iterator[None]:
        """Take a place, and give it back in the end.

        Raises:
            BusyError: when all are taken.
        """
        if self._taken >= self._most:
            raise BusyError(f"All {self._most} places for questions are taken.", "Try again in a few seconds.")
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def _change(self, by: int) -> None:
        self._taken += by
        self._changed(self._taken)


async def while_connected(request: Request, work: Callable[[], Awaitable[_Result]]) -> _Result:
    """Do something for a client. When it goes away, what still waits is given up.

    The body of the request has to have been read: what comes after it says whether the client is there.

    Raises:
        ClientDisconnect: when the client went away.
    """
    outcome: _Result | Exception = ClientDisconnect()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_cancel_when_gone, request, tasks.cancel_scope)
        try:
            outcome = await work()
        except Exception as error:  # the task group would wrap it in a group, and nobody looks for that
            outcome = error
        tasks.cancel_scope.cancel()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def _cancel_when_gone(request: Request, scope: anyio.CancelScope) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
