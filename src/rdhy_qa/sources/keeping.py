"""The folder of originals: what is held of each source, replaced by one atomic rename.

The layout::

    originals/
    ├── .lock                        held by whoever fetches
    └── post-4/
        ├── state.json               which files are held, where they came from, and what to ask the server with
        ├── 1f0c9a7b2c3d4e5f.html   the original, byte for byte
        ├── 1f0c9a7b2c3d4e5f.read.txt  the text read from it
        └── …                        the copy before it, and a page that did not replace it

A file is named by the digest of its bytes and never altered, and ``state.json`` names a file only when the disk has it.
So whoever is killed leaves the old state or the new one, and perhaps files that nobody names, which the next run
removes.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from rdhy_qa.errors import OriginalsError

_STATE = "state.json"
_LOCK = ".lock"
_TEMPORARY = ".tmp-"
_DIGITS = 16
_OURS = re.compile(rf"[0-9a-f]{{{_DIGITS}}}(?:\.read)?\.[a-z]+|\.tmp-.*")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Copy(_Part):
    """One page that came, whose bytes and text are kept."""

    address: str
    """The address that was asked for,"""
    final_address: str
    """and the one that it came from after all redirects."""
    etag: str | None
    last_modified: str | None
    sha256: str
    suffix: str
    charset: str | None
    """The encoding that the server named."""
    language: str | None
    words: int
    fetched_at: datetime

    @property
    def file(self) -> str:
        """Name of the original's file."""
        return f"{self.sha256[:_DIGITS]}{self.suffix}"

    @property
    def text_file(self) -> str:
        """Name of the file with the text read from it."""
        return f"{self.sha256[:_DIGITS]}.read.txt"


class Aside(_Part):
    """A page that did not replace the copy that is held, for somebody to look at."""

    copied: Copy
    reason: str
    readable: bool
    """False where no text could be read from it, so that it can't be accepted either."""


class State(_Part):
    """What is held of one source."""

    version: Literal[1] = 1
    held: Copy | None = None
    before: Copy | None = None
    """The copy before it. It stays until the next change: an ingest under way may be reading it."""
    aside: Aside | None = None
    checked_at: datetime | None = None
    """When the server last said, or showed, what there is."""

    def copies(self) -> Iterator[Copy]:
        """All copies whose files are kept."""
        for copied in (self.held, self.before, self.aside.copied if self.aside else None):
            if copied is not None:
                yield copied


def read_state(folder: Path) -> State:
    """Read what is held of a source; nothing, where it was never fetched.

    Raises:
        OriginalsError: when that can't be told.

    """
    path = folder / _STATE
    try:
        return State.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return State()
    except (OSError, ValidationError) as error:
        raise OriginalsError(
            f"{path} can't be read, so what is held is unknown.", "Move it away to fetch the source anew."
        ) from error


def is_whole(folder: Path, copied: Copy) -> bool:
    """Tell whether the bytes of a copy are there, unaltered."""
    try:
        return hashlib.sha256((folder / copied.file).read_bytes()).hexdigest() == copied.sha256
    except OSError:
        return False


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold the lock of the folder of originals.

    Raises:
        OriginalsError: if somebody else is fetching, or the folder can't be written.

    """
    lock = FileLock(root / _LOCK, timeout=0)
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise OriginalsError(f"Somebody else is fetching into {root}.", "Try again when that is done.") from error
    except OSError as error:
        step = "Name a folder that you may write to: --into DIR"
        raise OriginalsError(f"{root} can't be written: {error.strerror}.", step) from error
    try:
        yield
    finally:
        lock.release()


def write_file(folder: Path, name: str, content: bytes) -> Path:
    """Write a file so that it is there as a whole or not at all, and on the disk on return."""
    folder.mkdir(parents=True, exist_ok=True)
    path, new = folder / name, folder / f"{_TEMPORARY}{name}"
    with new.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)
    for holder in (folder, folder.parent):
        descriptor = os.open(holder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return path


def write_state(folder: Path, state: State) -> None:
    """Replace what is held of a source; then remove the files that it no longer names."""
    write_file(folder, _STATE, state.model_dump_json(indent=2).encode())
    remove_leftovers(folder, state)


def remove_leftovers(folder: Path, state: State) -> None:
    """Remove files of ours that a state does not name. What somebody else put there stays."""
    named = {name for copied in state.copies() for name in (copied.file, copied.text_file)}
    for path in folder.iterdir() if folder.is_dir() else ():
        if _OURS.fullmatch(path.name) and path.name not in named:
            path.unlink()
