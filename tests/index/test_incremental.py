"""An ingest takes over what has not changed, and the result is the very one of an ingest from nothing."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rdhy_qa.documents import reading
from rdhy_qa.index import activation, generation, manifest
from rdhy_qa.index.builder import ingest
from rdhy_qa.index.generation import Generation
from rdhy_qa.index.rows import stretches
from rdhy_qa.settings import Settings

# "a b" and "a-b" give the same id, and so do "a" in both folders where these are ingested one by one.
NAMES = ["a b.md", "a-b.md", "c/a.md", "d/a.md", "c/z.txt", "d/m.md"]
TEXTS = [
    "# Prizes\n\nThree won the Prize:\n\n- **hoxby** (UK): has no office.\n- **Raízen** (Brazil): makes fuel.\n",
    "# Stars\n\nMorning Star packs tomatoes. A star shines.\n\n## More\n\nVar Group leads, and so does Raizen.\n",
    "---\nid: declared\ntitle: One\n---\n\nThe Star of Haier shines. Haier leads in start-up matters.\n",
    "---\nid: declared\ntitle: Two\n---\n\nAnother that declares the same. It is by haier.\n",
    "",
    "Buurtzorg cares for patients.",
]
Change = tuple[str, str | int | None]
"""A file with the number of its new text, its new name, or None to remove it."""

changes = st.lists(
    st.tuples(st.sampled_from(NAMES), st.none() | st.sampled_from(NAMES) | st.integers(0, len(TEXTS) - 1)),
    min_size=1,
    max_size=4,
)


def apply(corpus: Path, some: list[Change]) -> None:
    for name, what in some:
        path = corpus / name
        if isinstance(what, int):
            path.write_text(TEXTS[what], encoding="utf-8")
        elif what is None:
            path.unlink(missing_ok=True)
        elif path.exists():
            path.rename(corpus / what)


def folders(corpus: Path, apart: bool) -> list[Path]:
    return [corpus / "c", corpus / "d"] if apart else [corpus]


@settings(max_examples=20)
@given(st.lists(st.tuples(changes, st.booleans()), min_size=1, max_size=4))
@example([([("a b.md", 0), ("a-b.md", 1)], False), ([("a b.md", None)], False)])
@example([([("c/a.md", 1), ("d/a.md", 1)], True), ([("c/a.md", 2)], True), ([("c/a.md", None)], True)])
@example([([("c/a.md", 2), ("d/m.md", 3)], False), ([("c/a.md", None)], False)])
@example([([("c/a.md", 0), ("d/a.md", 1)], False), ([], True), ([("c/a.md", "d/m.md")], False)])
def test_whatever_changes_the_generation_is_that_of_an_ingest_from_nothing(
    toy_embedder, steps: list[tuple[list[Change], bool]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name, "corpus")
        for folder in ("c", "d"):
            (corpus / folder).mkdir(parents=True)
        # So that there is something to index at each time.
        (corpus / "c" / "always.md").write_text("# Always\n\nThe Star is told of by Benchmark Innovators.\n")
        for number, (some, apart) in enumerate(steps):
            apply(corpus, some)
            paths = folders(corpus, apart)
            indices = Path(name, "index"), Path(name, f"from-nothing-{number}")
            results = [ingest(paths, settings=Settings(index=index), embedder=toy_embedder()) for index in indices]
            assert results[0].skipped == results[1].skipped
            grown, fresh = (activation.open_active(index).load() for index in indices)
            grown.verify()
            assert described(grown) == described(fresh)
            assert grown.documents() == fresh.documents()
            for known in fresh.documents():
                assert grown.document(known.id) == fresh.document(known.id)
            rows = range(len(fresh.store))
            assert grown.passages(rows) == fresh.passages(rows)
            assert grown.vocabulary.stems() == fresh.vocabulary.stems()
            for question in ("Who makes fuel in Brasil?", "morningstar", "Haier star"):
                for found in zip(searched(grown, question), searched(fresh, question), strict=True):
                    assert np.array_equal(*found)
            grown.close()
            fresh.close()


def described(one: Generation) -> dict[str, object]:
    """All that the manifest says, the checksum of each file among it, but for the time."""
    return one.manifest.model_dump(exclude={"created"})


def searched(one: Generation, question: str) -> tuple[np.ndarray, ...]:
    vector = np.ones(one.manifest.model.dimension, dtype=np.float32)
    return (*one.lexical.search(question, 5), *one.dense.search(vector, 5))


def read_in(work: Callable[[], object]) -> list[str]:
    """Names of the files that are read meanwhile."""
    read: list[str] = []

    def noted(path: Path, *rest: object) -> object:
        read.append(path.name)
        return real(path, *rest)

    real = reading._read
    with mock.patch.object(reading, "_read", noted):
        work()
    return read


def test_only_files_that_changed_are_read(corpus: Path, toy, post: Callable[..., None], tmp_path: Path) -> None:
    def again() -> list[str]:
        return read_in(lambda: ingest([corpus], settings=Settings(index=tmp_path / "index"), embedder=toy))

    assert again() == ["one.md", "three.md", "two.md"]
    post(corpus / "two.md", "two", "Hoxby shares its profit.")
    (corpus / "three.md").rename(corpus / "four.md")
    assert again() == ["four.md", "two.md"]
    (corpus / "one.md").unlink()
    assert again() == []


@pytest.mark.parametrize("part", ["code", "library"])
def test_made_in_another_way_all_files_are_read(
    part: str, corpus: Path, toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again() -> list[str]:
        return read_in(lambda: ingest([corpus], settings=Settings(index=tmp_path / "index"), embedder=toy))

    assert len(again()) == 3
    if part == "code":
        monkeypatch.setattr(manifest, "_code_digest", lambda: "other code")
    else:
        monkeypatch.setattr(manifest, "_LIBRARIES", ("numpy",))
    assert len(again()) == 3


def test_nothing_is_taken_over_from_a_damaged_generation(
    corpus: Path, toy, post: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Settings(index=tmp_path / "index")
    first = ingest([corpus], settings=here, embedder=toy)
    words = activation.generation_folder(here.index, first.generation_id) / "words" / "numbers.npy"
    content = bytearray(words.read_bytes())
    content[-1] ^= 1
    words.write_bytes(content)
    post(corpus / "two.md", "two", "Hoxby shares its profit.")
    monkeypatch.setattr(generation, "_HASHED_ON_OPENING", 0)
    assert activation.open_active(here.index).id == first.generation_id, "it was noticed on opening"
    assert ingest([corpus], settings=here, embedder=toy).reused == 0


@given(st.lists(st.integers(-1, 6), min_size=1))
def test_stretches_tell_of_each_row_where_it_comes_from(origins: list[int]) -> None:
    told: list[int] = []
    for first, end, origin in stretches(np.array(origins, dtype=np.int64)):
        assert first == len(told)
        assert end > first
        told.extend([-1] * (end - first) if origin < 0 else range(origin, origin + end - first))
    assert told == origins


def test_a_file_that_is_written_to_while_it_is_ingested_is_read_again_the_next_time(
    toy_embedder, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.md").write_text("# First\n\nIt is read before the other.\n")
    (corpus / "b.md").write_text("# Second\n\nThe prize is gold.\n")

    def meanwhile(progress) -> None:
        if progress[:2] == ("read", 0):
            (corpus / "b.md").write_text("# Second\n\nThe prize is lead.\n")

    chosen = Settings(index=tmp_path / "index")
    ingest([corpus], settings=chosen, embedder=toy_embedder(), progress=meanwhile)
    (corpus / "b.md").write_text("# Second\n\nThe prize is gold.\n")
    (corpus / "c.md").write_text("# Third\n\nIt makes the generation another one.\n")
    ingest([corpus], settings=chosen, embedder=toy_embedder())
    assert "gold" in activation.open_active(chosen.index).document("b").text
