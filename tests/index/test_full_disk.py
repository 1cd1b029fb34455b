"""A disk that fills up at any moment of an ingest: what served still serves, and the error says what to do."""

import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.errors import GenerationError
from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.index.dense import DenseIndex
from rdhy_qa.settings import Settings

PAGE = 4096
FILES = {".lock", "active", "generations"}


def served(settings: Settings) -> str:
    """The last word of the document, from a generation that is whole and can be opened in all its parts."""
    with closing(activation.open_active(settings.index).load()) as generation:
        generation.verify()
        return generation.store.document("one").text.split()[-1]


def names(settings: Settings) -> list[str]:
    return sorted(path.name for path in (*settings.index.iterdir(), *(settings.index / "generations").iterdir()))


def test_however_little_room_is_left_the_old_generation_serves_until_there_is_enough(
    disk, corpus: Path, toy, post: Callable[..., None]
) -> None:
    small = disk(4)
    settings = Settings(index=small.folder / "index")
    post(corpus / "one.md", "one", "First.")
    ingest([corpus], settings=settings, embedder=toy)
    needed = small.used
    post(corpus / "one.md", "one", "Second.")
    failed_in: set[str] = set()
    room = 0
    while True:
        with small.filled(but=room):
            try:
                ingest([corpus], settings=settings, embedder=toy)
            except GenerationError as error:
                failed_in.update(frame.name for frame in traceback.extract_tb(error.__cause__.__traceback__))
                said = str(error)
            else:
                break
            assert "can't be written" in said
            assert "\n" not in said
            assert f"Make room on its disk and try again; rdhy-qa index prune --keep 1 --index {settings.index}" in said
            assert served(settings) == "First."
            # Vectors that were computed stay for the next run. Where there was room for all but the pointer, the new
            # generation is there, and whole.
            generations = {one.id for one in activation.list_generations(settings.index)}
            assert {*names(settings)} - generations - {"embedded"} == FILES
            for one in activation.list_generations(settings.index):
                activation.verify(settings.index, one.id)
        room += PAGE
    assert room <= needed + PAGE
    assert served(settings) == "Second."
    assert {*names(settings)} - {one.id for one in activation.list_generations(settings.index)} == FILES
    assert failed_in >= {"_export", "finish", "save", "write_manifest"}, sorted(failed_in)


def test_on_a_full_disk_pruning_makes_room(disk, corpus: Path, toy, post: Callable[..., None]) -> None:
    small = disk(4)
    settings = Settings(index=small.folder / "index")
    for text in ("First.", "Second."):
        post(corpus / "one.md", "one", text)
        ingest([corpus], settings=settings, embedder=toy)
    (old,) = (one.id for one in activation.list_generations(settings.index) if not one.active)
    with small.filled():
        with pytest.raises(GenerationError, match=r"No space left on device.*rdhy-qa index prune"):
            activation.activate(settings.index, old)
        assert served(settings) == "Second."
        full = small.used
        assert activation.prune(settings.index, 1) == [old]
        assert small.used < full
    assert served(settings) == "Second."
    assert set(names(settings)) == FILES | {activation.active_id(settings.index)}


def test_what_a_killed_ingest_left_on_a_full_disk_is_removed_first(disk, corpus: Path, toy) -> None:
    small = disk(4)
    settings = Settings(index=small.folder / "index")
    left = settings.index / "generations" / ".tmp-123"
    left.mkdir(parents=True)
    (left / "store.sqlite").write_bytes(bytes(2**20))
    with small.filled():
        ingest([corpus], settings=settings, embedder=toy)
    assert not left.exists()


def test_a_vector_file_that_the_disk_did_not_take_whole_is_an_error(disk, toy) -> None:
    small = disk(1)
    index = DenseIndex.build(np.ones((100, 64), dtype=np.float32))  # FAISS would write it in one go, on closing
    path = small.folder / "dense.faiss"
    with small.filled(but=PAGE), pytest.raises(OSError, match="No space left"):
        index.save(path)
    index.save(path)
    assert len(DenseIndex.load(path, index.how)) == 100
