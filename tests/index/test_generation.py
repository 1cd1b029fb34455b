"""A generation that is not whole is refused, whatever is wrong with it."""

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rdhy_qa.errors import DamagedIndexError, GenerationError
from rdhy_qa.index import generation as generation_module
from rdhy_qa.index.activation import generation_folder, open_active
from rdhy_qa.index.builder import ingest
from rdhy_qa.index.generation import NAMES, WORDS, Generation
from rdhy_qa.settings import Settings


@pytest.fixture
def folder(corpus: Path, settings: Settings, toy) -> Path:
    result = ingest([corpus], settings=settings, embedder=toy)
    return generation_folder(settings.index, result.generation_id)


def refused(folder: Path) -> GenerationError:
    with pytest.raises(GenerationError) as caught:
        Generation.open(folder)
    assert "rdhy-qa " in caught.value.next_step
    return caught.value


def test_one_altered_bit_in_any_file_is_refused(folder: Path) -> None:
    chance = random.Random(7)
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        whole = path.read_bytes()
        for _ in range(5):
            damaged = bytearray(whole)
            damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            assert path.name.split(".")[0] in str(refused(folder))
        path.write_bytes(whole)
    Generation.open(folder).verify()


def test_a_truncated_missing_or_added_file_is_refused(folder: Path) -> None:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        assert isinstance(refused(folder), DamagedIndexError)
        path.unlink()
        assert isinstance(refused(folder), DamagedIndexError)
        path.write_bytes(whole)
    (folder / "more.txt").write_text("more")
    assert "does not belong" in str(refused(folder))


def test_a_large_generation_is_hashed_by_verify_and_measured_on_opening(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_module, "_HASHED_ON_OPENING", 0)
    store = folder / "store.sqlite"
    whole = store.read_bytes()
    store.write_bytes(whole[:-1] + b"?")
    opened = Generation.open(folder)
    with pytest.raises(DamagedIndexError, match=r"store\.sqlite"):
        opened.verify()
    store.write_bytes(whole[:-1])
    assert isinstance(refused(folder), DamagedIndexError)


def test_reading_leaves_no_trace(folder: Path, settings: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in settings.index.rglob("*")}
    generation = open_active(settings.index)
    assert len(generation.store) == len(generation.dense) == len(generation.lexical) == 3
    generation.close()
    assert {path: path.stat().st_mtime_ns for path in settings.index.rglob("*")} == before


def test_a_loaded_one_outlives_its_folder(folder: Path, toy) -> None:
    generation = Generation.open(folder).load()
    shutil.rmtree(folder)

    def ask() -> tuple[str, list[int], list[int], list[float]]:
        row = generation.lexical.search("Who packs tomatoes?", 1)[1]
        document = generation.store.passages(row)[0].document.id
        dense = generation.dense.search(toy.encode_query("Who packs tomatoes?"), 1)[1]
        similar = generation.sentence_vectors(document, [1]) @ toy.encode_query("packs tomatoes")
        return generation.store.document(document).id, row.tolist(), dense.tolist(), similar.tolist()

    with ThreadPoolExecutor(4) as pool:  # threads that come after the folder is gone
        answers = list(pool.map(lambda _: ask(), range(8)))
    assert answers == [answers[0]] * 8
    assert answers[0][0] == "three"
    assert answers[0][1] == answers[0][2]
    assert answers[0][3][0] > 0.5
    generation.close()


def test_one_that_is_pruned_before_it_is_loaded_is_refused(folder: Path) -> None:
    unread = (folder / WORDS, folder / NAMES)  # by anything but the next build
    parts = [path for path in folder.rglob("*") if path.is_file() and "manifest" not in path.name]
    parts = [path for path in parts if not any(path.is_relative_to(one) for one in unread)]
    for part in parts:
        generation = Generation.open(folder)
        kept = part.read_bytes()
        part.unlink()
        with pytest.raises(DamagedIndexError, match=r"can't be opened.*rdhy-qa ingest"):
            generation.load()
        part.write_bytes(kept)


def test_altered_bytes_of_a_large_generation_are_refused_by_verify_and_no_library_error_gets_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_module, "_HASHED_ON_OPENING", 0)
    chance = random.Random(7)
    steps: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and "manifest" not in path.name):
        whole = path.read_bytes()
        for length in (1, 1, 8, 8, 64, 64):
            damaged = bytearray(whole)
            at = chance.randrange(len(whole))
            damaged[at : at + length] = chance.randbytes(len(damaged[at : at + length]))
            if damaged == whole:
                continue
            path.write_bytes(damaged)
            opened = Generation.open(folder)
            with pytest.raises(DamagedIndexError, match=f"{path.name} is not what was written.*rdhy-qa ingest"):
                opened.verify()
            try:
                opened.load().close()
            except DamagedIndexError as error:
                steps.append(error.next_step)
        path.write_bytes(whole)
    assert len(steps) > 10
    assert all("rdhy-qa ingest" in step for step in steps)
    Generation.open(folder).load().close()


def test_a_file_cut_off_anywhere_is_refused_whatever_the_size(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_module, "_HASHED_ON_OPENING", 0)
    chance = random.Random(7)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for length in (0, chance.randrange(len(whole)), chance.randrange(len(whole))):
            path.write_bytes(whole[:length])
            assert isinstance(refused(folder), DamagedIndexError)
        path.write_bytes(whole)
