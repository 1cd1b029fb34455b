"""Writing to an index folder: one at a time, nothing left half done, and an error that helps where the disk refuses."""

import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rdhy_qa.errors import GenerationError, IndexLockedError

GENERATIONS = "generations"
TEMPORARY = ".tmp-"
"""What the names of all begin with that is not whole yet, or not any more."""

_LOCK = ".lock"
_WRITER = ".writer"
_HALF_WRITTEN = "its disk did not take all that was written"


@contextmanager
def writing(index: Path, wait: float) -> Iterator[None]:
    """Hold the index's lock, and remove what killed writers left, and in the end what this one leaves where it fails.

    Raises:
        IndexLockedError: if somebody else still holds it after ``wait`` seconds.
        GenerationError: if the folder can't be written.

    """
    lock = FileLock(index / _LOCK, timeout=wait)
    try:
        index.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise IndexLockedError(f"{_writer(index)} is writing {index}.", "Try again when it is done.") from error
    except OSError as error:
        step = "Name a folder that you may write to: --index DIR"
        raise GenerationError(f"{index} can't be written: {error.strerror}.", step) from error
    try:
        _remove_leftovers(index)
        started = datetime.now(UTC).strftime("%H:%M:%S UTC")
        # It only tells others whom they wait for, and a full disk must not keep `prune` from making room.
        with suppress(OSError):
            (index / _WRITER).write_text(f"Process {os.getpid()} on {socket.gethostname()}, since {started},")
        yield
    finally:
        try:
            (index / _WRITER).unlink(missing_ok=True)
            _remove_leftovers(index)  # half a generation would fill the disk until somebody writes again
        finally:
            lock.release()


@contextmanager
def explained(index: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error that says what to do.

    Raises:
        GenerationError: if the index can't be written.

    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        # A file that took only half of what was written comes without a reason of the system.
        reason = getattr(error, "strerror", None) or (str(error) if isinstance(error, sqlite3.Error) else _HALF_WRITTEN)
        step = f"Make room on its disk and try again; rdhy-qa index prune --keep 1 --index {index} removes what is old."
        raise GenerationError(f"{index} can't be written: {reason}.", step) from error


def _writer(index: Path) -> str:
    try:
        return (index / _WRITER).read_text() or "Another process"
    except OSError:
        return "Another process"


def _remove_leftovers(index: Path) -> None:
    for left in (*index.glob(f"{TEMPORARY}*"), *(index / GENERATIONS).glob(f"{TEMPORARY}*")):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
