"""Which generation serves: the index folder, its pointer, its lock and its clean-up.

The layout::

    index/
    ├── active               the id of the generation that serves, replaced by one atomic rename
    ├── .lock, .writer       held by whoever writes, and who that is
    ├── embedded/            vectors for the next generation, of an ingest that was killed or of shares of it
    └── generations/
        ├── 3f9c…/           one generation a folder, named by its id
        └── .tmp-…/          a build under way, or what is left of one that was killed
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from rdhy_qa.errors import DamagedIndexError, GenerationError, NoIndexError, NotFoundError
from rdhy_qa.index.generation import Generation
from rdhy_qa.index.manifest import Manifest, read_manifest, write_durably
from rdhy_qa.index.writing import GENERATIONS, TEMPORARY, explained, writing

_POINTER = "active"
_ID = re.compile(r"[0-9a-f]{12}")
_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Listed:
    """A generation of the index folder."""

    id: str
    active: bool
    manifest: Manifest | None
    problem: str | None
    """Why it can't be used, as far as its manifest tells; ``verify`` looks closer."""


def active_id(index: Path) -> str:
    """Return the id of the generation that serves.

    Raises:
        NoIndexError: if nothing was activated yet.
        DamagedIndexError: if the pointer is unreadable.

    """
    pointer = index / _POINTER
    try:
        content = pointer.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        step = f"Build it: rdhy-qa ingest --index {index}"
        raise NoIndexError(f"There is no index in {index}.", step) from error
    except (OSError, UnicodeDecodeError) as error:
        content = str(error)
    if not _ID.fullmatch(content):
        raise DamagedIndexError(f"{pointer} does not name a generation.", _choose(index))
    return content


def open_active(index: Path, *, embedder: str | None = None) -> Generation:
    """Open the generation that serves.

    Args:
        index: The index folder.
        embedder: Name of the embedder that it must have been built with; None where any will do.

    Raises:
        NoIndexError: if nothing was activated yet.
        DamagedIndexError: if a file is missing or altered.
        ForeignIndexError: if another version of rdhy-qa wrote it.
        StaleIndexError: if it was built with an embedder of another name.

    """
    return Generation.open(generation_folder(index, active_id(index)), embedder=embedder)


def open_generation(index: Path, generation_id: str) -> Generation:
    """Open any generation, whether or not it serves, and whichever embedder built it.

    Raises:
        NotFoundError: if there is no such generation.
        DamagedIndexError: if a file is missing or altered.
        ForeignIndexError: if another version of rdhy-qa wrote it.

    """
    return Generation.open(_existing(index, generation_id))


def list_generations(index: Path) -> list[Listed]:
    """All generations, newest first, those that can't be used last."""
    try:
        active = active_id(index)
    except GenerationError:
        active = ""
    listed = []
    for folder in _folders(index):
        try:
            listed.append(Listed(folder.name, folder.name == active, read_manifest(folder), None))
        except GenerationError as error:
            listed.append(Listed(folder.name, folder.name == active, None, error.message))
    return sorted(listed, key=lambda one: one.manifest.created.timestamp() if one.manifest else 0.0, reverse=True)


def verify(index: Path, generation_id: str) -> Manifest:
    """Compare every file of a generation with its checksum.

    Raises:
        NotFoundError: if there is no such generation.
        DamagedIndexError: if a file is missing or altered.
        ForeignIndexError: if another version of rdhy-qa wrote it.

    """
    folder = _existing(index, generation_id)
    generation = Generation(folder, read_manifest(folder))
    generation.verify()
    return generation.manifest


def activate(index: Path, generation_id: str, *, wait: float = _WAIT_SECONDS) -> None:
    """Verify a generation and let it serve.

    Raises:
        NotFoundError: if there is no such generation.
        DamagedIndexError: if a file is missing or altered.
        ForeignIndexError: if another version of rdhy-qa wrote it.
        IndexLockedError: if somebody else is still writing after ``wait`` seconds.

    """
    verify(index, generation_id)
    with writing(index, wait):
        point_to(index, generation_id)


def prune(index: Path, keep: int, *, wait: float = _WAIT_SECONDS) -> list[str]:
    """Remove all but the newest generations; the active one always stays.

    Args:
        index: The index folder.
        keep: How many to keep, the active one among them.
        wait: Seconds to wait for somebody else who is writing.

    Returns:
        The ids that were removed.

    Raises:
        IndexLockedError: if somebody else is still writing after ``wait`` seconds.

    """
    with writing(index, wait), explained(index):
        ordered = sorted(list_generations(index), key=lambda one: not one.active)
        removed = [one.id for one in ordered[max(keep, 1 if ordered and ordered[0].active else 0) :]]
        for generation_id in removed:
            remove(generation_folder(index, generation_id))
    return removed


def generation_folder(index: Path, generation_id: str) -> Path:
    """Where a generation lies."""
    return index / GENERATIONS / generation_id


def _existing(index: Path, generation_id: str) -> Path:
    folder = generation_folder(index, generation_id)
    if not _ID.fullmatch(generation_id) or not folder.is_dir():
        raise NotFoundError(f"There is no generation {generation_id!r} in {index}.", "List them: rdhy-qa index list")
    return folder


def temporary_folder(index: Path) -> Path:
    """Make a folder to build in; the next writer removes it if this one is killed.

    Raises:
        GenerationError: if the disk refuses that.

    """
    folder = index / GENERATIONS / f"{TEMPORARY}{os.getpid()}"
    with explained(index):
        folder.mkdir(parents=True)
    return folder


def point_to(index: Path, generation_id: str) -> None:
    """Let a generation serve. The caller has verified it and holds the lock.

    Raises:
        GenerationError: if the disk refuses that.

    """
    new = index / f"{TEMPORARY}{_POINTER}"
    with explained(index):
        write_durably(new, f"{generation_id}\n".encode())
        new.replace(index / _POINTER)
        sync_folder(index)


def remove(folder: Path) -> None:
    """Remove a generation so that, killed half-way, it leaves no half of one under its id."""
    doomed = folder.with_name(f"{TEMPORARY}removed-{folder.name}")
    folder.rename(doomed)
    shutil.rmtree(doomed)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folders(index: Path) -> list[Path]:
    folder = index / GENERATIONS
    return sorted(one for one in folder.glob("*") if _ID.fullmatch(one.name)) if folder.is_dir() else []


def _choose(index: Path) -> str:
    known = ", ".join(folder.name for folder in _folders(index))
    if known:
        return f"Name one of {known}: rdhy-qa index activate ID --index {index}"
    return f"Build it: rdhy-qa ingest --index {index}"
