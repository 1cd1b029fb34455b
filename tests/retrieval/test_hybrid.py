"""Fusion by hand arithmetic; filters, diacritics and misspellings on the real corpus."""

import numpy as np
import pytest

from rdhy_qa.retrieval.hybrid import Hit, fuse


def found(*pairs: tuple[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Scores and rows as a search returns them, best first."""
    return (
        np.array([score for _, score in pairs], dtype=np.float32),
        np.array([row for row, _ in pairs], dtype=np.int64),
    )


def test_scores_are_normalised_and_combined() -> None:
    fused = fuse(found((1, 0.75), (2, 0.5), (3, 0.25)), found((3, 8.0), (1, 6.0), (4, 4.0)), share=0.25)
    # dense: 1 → 1, 2 → .5, 3 → 0; lexical: 3 → 1, 1 → .5, 4 → 0
    assert [(row, pytest.approx(score)) for row, score, _, _ in fused] == [(3, 0.75), (1, 0.625), (2, 0.125), (4, 0.0)]


def test_raw_scores_are_kept_and_missing_ones_are_none() -> None:
    fused = {row: scores for row, *scores in fuse(found((1, 0.75), (2, 0.5)), found((2, 8.0), (3, 4.0)))}
    assert {row: (dense, lexical) for row, (_, dense, lexical) in fused.items()} == {
        1: (0.75, None),
        2: (0.5, 8.0),
        3: (None, 4.0),
    }


def test_ties_go_to_the_earlier_passage() -> None:
    assert [row for row, *_ in fuse(found((9, 0.5), (4, 0.5)), found((7, 3.0), (2, 3.0)))] == [2, 4, 7, 9]


def test_equal_scores_all_count_in_full() -> None:
    assert [score for _, score, _, _ in fuse(found((1, 0.3), (2, 0.3)), found())] == [0.5, 0.5]


def test_one_search_alone_is_enough() -> None:
    assert [row for row, *_ in fuse(found(), found((2, 4.0), (1, 2.0)))] == [2, 1]
    assert fuse(found(), found()) == []


def heads(hits: list[Hit], limit: int = 3) -> str:
    return " ".join(hit.passage.text for hit in hits[:limit])


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Raízen", "raizen"),
        ("raizen", "raizen"),
        ("raizn fuel stations", "raizen"),
        ("VARGROUP", "VARGROUP"),
        ("Var Group", "VARGROUP"),
        ("what does var group do?", "VARGROUP"),
        ("Morningstar", "Morningstar"),
        ("Morning Star company", "Morningstar"),
        ("buurtzorg nurses", "BuurtzOrg"),
        ("burtzorg nurses", "BuurtzOrg"),
        ("ingersol rand equity", "Ingersoll Rand"),
        ("seamos uno", "SeamosUno"),
        ("benchmak innovaters", "Benchmark Innovators"),
        ("zero dx pioneers", "ZeroDX Pioneers"),
        ("start-up factory", "Startup Factory"),
        ("zhou yunjies keynote", "Zhou Yunjie"),
    ],
)
def test_names_find_their_passage_however_they_are_written(find, question: str, words: str) -> None:
    assert words in heads(find(question, document_id=("post-4",)))


def test_best_passages_come_first_and_no_more_than_asked_for(find) -> None:
    hits = find("Who won the awards?", 5)
    assert len(hits) == 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 <= hit.score <= 1 and (hit.dense is not None or hit.lexical is not None) for hit in hits)
    assert len({hit.passage.row for hit in hits}) == 5


def test_more_than_the_usual_depth_can_be_asked_for(find) -> None:
    assert len(find("Haier", 80)) > 50


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"kind": ("case-study",)}, lambda hit: hit.passage.document.kind == "case-study"),
        ({"document_id": ("post-4", "post-3")}, lambda hit: hit.passage.document.id in {"post-3", "post-4"}),
        ({"series": (2,)}, lambda hit: hit.passage.document.series == 2),
        (
            {"kind": ("post",), "series": (4, 5)},
            lambda hit: hit.passage.document.kind == "post" and hit.passage.document.series in {4, 5},
        ),
    ],
)
def test_filters_leave_only_what_they_name(find, filters: dict[str, tuple[object, ...]], holds) -> None:
    hits = find("What does SINA do with the New Economic Engine?", 20, **filters)
    assert hits
    assert all(holds(hit) for hit in hits)


def test_filters_that_nothing_meets_find_nothing(find) -> None:
    assert find("Haier", document_id=("no-such",)) == []
    assert find("Haier", kind=("case-study",), series=(4,)) == []


def test_the_same_question_finds_the_same(find) -> None:
    first, second = (find("How many nurses does Buurtzorg have?") for _ in range(2))
    assert [(hit.passage.row, hit.score) for hit in first] == [(hit.passage.row, hit.score) for hit in second]
