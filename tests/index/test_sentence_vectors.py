"""Vectors of sentences, by passage and by document."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.documents.document import BlockKind
from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.index.generation import Generation
from rdhy_qa.index.sentence_vectors import SentenceVectors, SentenceWriter
from rdhy_qa.settings import Settings


def some(rows: int, first: float) -> np.ndarray:
    return np.arange(first, first + rows * 4, dtype=np.float32).reshape(rows, 4)


@pytest.fixture
def vectors(tmp_path: Path) -> SentenceVectors:
    with SentenceWriter(tmp_path / "sentences", np.array([2, 0, 3, 1, 1]), 4) as writer:
        writer.write(3, some(2, 200))
        writer.write(2, some(3, 100))
        writer.write(1, some(0, 0))
        writer.write(0, some(2, 0))
    return SentenceVectors.load(tmp_path / "sentences")


def test_they_are_found_by_passage(vectors: SentenceVectors) -> None:
    assert [vectors.of_passage(row).tolist() for row in range(3)] == [some(2, 0).tolist(), [], some(3, 100).tolist()]
    assert vectors.of_passage(0).dtype == np.float32


def test_they_are_found_by_position_in_a_document(vectors: SentenceVectors) -> None:
    assert vectors.of_document(0, [4, 1]).tolist() == [some(3, 100)[2].tolist(), some(2, 0)[1].tolist()]
    assert vectors.of_document(2, [0]).tolist() == [some(3, 100)[0].tolist()]
    assert vectors.of_document(2, []).shape == (0, 4)


def test_those_of_passages_that_follow_one_another_come_together(vectors: SentenceVectors) -> None:
    assert vectors.stored(3, 5).tolist() == some(2, 200).tolist()
    assert vectors.lengths().tolist() == [2, 0, 3, 1, 1]


def opened(settings: Settings) -> Generation:
    return activation.open_active(settings.index)


def all_vectors(generation: Generation) -> dict[str, np.ndarray]:
    """Vectors of all sentences by document."""
    numbers = {one.id: len(generation.store.document(one.id).sentences) for one in generation.store.documents()}
    return {name: generation.sentence_vectors(name, range(number)) for name, number in numbers.items()}


def test_each_sentence_has_its_own_vector_and_headings_have_none(corpus: Path, settings: Settings, toy) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    generation = opened(settings)
    for name, vectors in all_vectors(generation).items():
        document = generation.store.document(name)
        assert len(vectors) == len(document.sentences) == 3
        for sentence, vector in zip(document.sentences, vectors, strict=True):
            if document.blocks[sentence.block].kind is BlockKind.HEADING:
                assert not vector.any()
            else:
                text = document.text[sentence.start : sentence.end]
                assert vector == pytest.approx(toy.encode_query(text), abs=1e-3)


def test_they_are_taken_over_from_one_ingest_to_the_next(
    corpus: Path, settings: Settings, toy, post: Callable[..., None]
) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    before = all_vectors(opened(settings))
    post(corpus / "two.md", "two", "Hoxby shares its profit.")
    post(corpus / "a-new-one.md", "a-new-one", "It comes first.")
    assert ingest([corpus], settings=settings, embedder=toy).reused == 2
    after = all_vectors(opened(settings))
    assert np.array_equal(after["one"], before["one"])
    assert np.array_equal(after["three"], before["three"])
    assert after["two"][1] == pytest.approx(toy.encode_query("Hoxby shares its profit."), abs=1e-3)
    assert after["a-new-one"][1] == pytest.approx(toy.encode_query("It comes first."), abs=1e-3)
