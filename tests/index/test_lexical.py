"""BM25: who is found, in which order, and after a round trip to the disk."""

from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.index.lexical import LexicalIndex
from rdhy_qa.index.words import PassageWords

TEXTS = [
    "VARGROUP leads in Italy.",
    "Var Group leads in Europe.",
    "Raízen (Brazil) makes fuel.",
    "The Morning Star Company packs tomatoes.",
    "Morningstar packs tomatoes in the USA; tomatoes are red.",
    "Benchmark Innovators are four.",
]


@pytest.fixture
def index() -> LexicalIndex:
    return LexicalIndex.build(PassageWords.of(TEXTS))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("var group", {0, 1}),
        ("vargroup", {0, 1}),
        ("raizen", {2}),
        ("Raízen", {2}),
        ("raizn", {2}),
        ("Morningstar", {3, 4}),
        ("morning star", {3, 4}),
        ("benchmak innovaters", {5}),
        ("who is it?", set()),
        ("quantum chromodynamics", set()),
        ("", set()),
    ],
)
def test_finds(index: LexicalIndex, question: str, rows: set[int]) -> None:
    assert set(index.search(question, 10)[1].tolist()) == rows


def test_best_first_and_no_more_than_asked_for(index: LexicalIndex) -> None:
    scores, rows = index.search("tomatoes USA leads", 3)
    assert rows.tolist()[0] == 4
    assert len(rows) == 3
    assert np.all(np.diff(scores) <= 0)


def test_equal_scores_come_in_the_order_of_rows() -> None:
    index = LexicalIndex.build(PassageWords.of(["same words"] * 50))
    assert index.search("words", 5)[1].tolist() == [0, 1, 2, 3, 4]


def test_only_the_given_rows_are_considered(index: LexicalIndex) -> None:
    assert index.search("tomatoes", 5, np.array([0, 3]))[1].tolist() == [3]
    assert index.search("tomatoes", 5, np.array([], dtype=np.int64))[1].tolist() == []


def test_scores_are_those_of_bm25(index: LexicalIndex) -> None:
    counts, length, mean = 2, 6, np.mean([3, 5, 4, 7, 6, 4])  # words but for stop words, and joined names
    idf = np.log(1 + (6 - 2 + 0.5) / (2 + 0.5))
    expected = idf * counts / (counts + 1.5 * (1 - 0.75 + 0.75 * length / mean))
    scores, rows = index.search("tomatoes", 1)
    assert rows.tolist() == [4]
    assert scores[0] == pytest.approx(expected, rel=1e-5)


def test_saved_and_loaded_it_finds_the_same(index: LexicalIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "lexical")
    loaded = LexicalIndex.load(tmp_path / "lexical")
    assert len(loaded) == len(TEXTS)
    for before, after in zip(index.search("tomatoes", 5), loaded.search("tomatoes", 5), strict=True):
        assert np.array_equal(before, after)


@pytest.mark.parametrize("block", [1, 4, 6])
def test_a_block_of_passages_has_the_very_scores_that_the_postings_have(block: int) -> None:
    words = PassageWords.of([*TEXTS[:3], "", *TEXTS[3:], "Who is it?"])  # two without a word
    index = LexicalIndex.build(words)
    stems = index.vocabulary.stems()
    found: dict[tuple[int, str], float] = {}
    for first in range(0, len(words), block):
        end = min(first + block, len(words))
        firsts, columns, scores = index.of_passages(words, first, end)
        for row in range(first, end):
            own = slice(*firsts[row - first : row - first + 2])
            assert sorted(columns[own].tolist()) == columns[own].tolist()
            found |= {(row, stems[at]): score for at, score in zip(columns[own], scores[own], strict=True)}
    postings = {stemmed: index.postings(stemmed) for stemmed in stems}
    assert found == {
        (row, stemmed): score
        for stemmed, (rows, scores) in postings.items()
        for row, score in zip(rows.tolist(), scores, strict=True)
    }
