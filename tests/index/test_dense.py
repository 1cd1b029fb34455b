"""Search by FAISS: exact in a small index, approximate in a large one."""

from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.index.dense import DenseIndex


@pytest.fixture
def vectors() -> np.ndarray:
    made = np.random.default_rng(0).normal(size=(100, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_finds_what_a_full_comparison_finds(vectors: np.ndarray) -> None:
    scores, rows = DenseIndex.build(vectors).search(vectors[7], 5)
    cosines = vectors @ vectors[7]
    assert rows.tolist() == np.argsort(-cosines)[:5].tolist()
    assert scores == pytest.approx(np.sort(cosines)[::-1][:5], abs=1e-6)


def test_only_the_given_rows_are_considered(vectors: np.ndarray) -> None:
    allowed = np.array([3, 50, 99])
    index = DenseIndex.build(vectors)
    cosines = vectors[allowed] @ vectors[7]
    assert index.search(vectors[7], 10, allowed)[1].tolist() == allowed[np.argsort(-cosines)].tolist()
    assert index.search(vectors[7], 10, allowed[:0])[1].tolist() == []


def test_no_more_than_there_are(vectors: np.ndarray) -> None:
    assert len(DenseIndex.build(vectors[:3]).search(vectors[0], 10)[1]) == 3


@pytest.mark.parametrize("exact_up_to", [1_000, 999])
def test_saved_and_loaded_it_holds_the_same_vectors(many: np.ndarray, exact_up_to: int, tmp_path: Path) -> None:
    vectors = many[:1_000]
    built = DenseIndex.build(vectors, exact_up_to=exact_up_to)
    built.save(tmp_path / "dense.faiss")
    loaded = DenseIndex.load(tmp_path / "dense.faiss", built.how)
    assert np.array_equal(loaded.vectors(), vectors)
    assert loaded.search(vectors[7], 5)[1].tolist() == built.search(vectors[7], 5)[1].tolist()


@pytest.fixture(scope="module")
def many() -> np.ndarray:
    """Vectors in clusters, as those of texts are."""
    chance = np.random.default_rng(1)
    made = chance.normal(size=(200, 32))[chance.integers(200, size=40_000)] + chance.normal(size=(40_000, 32))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def large(many: np.ndarray) -> DenseIndex:
    return DenseIndex.build(many, exact_up_to=10_000)


def test_few_vectors_are_searched_exactly_and_many_approximately(vectors: np.ndarray, large: DenseIndex) -> None:
    assert DenseIndex.build(vectors).how.kind == "exact"
    assert large.how.kind == "approximate"
    assert (large.how.lists, large.how.probes) == (200, 128)
    assert large.how.recall >= 0.99


def test_an_approximate_search_finds_nearly_all_with_their_exact_scores(many: np.ndarray, large: DenseIndex) -> None:
    questions = many[5::800] + np.random.default_rng(2).normal(scale=0.05, size=(50, 32)).astype(np.float32)
    shared = 0
    for question in questions:
        scores, rows = large.search(question, 10)
        assert scores == pytest.approx(many[rows] @ question, abs=1e-5)
        assert np.all(np.diff(scores) <= 0)
        shared += len(set(rows.tolist()) & set(np.argsort(-(many @ question))[:10].tolist()))
    assert shared >= 0.97 * 500


@pytest.mark.parametrize(("first", "last"), [(300, 303), (0, 900), (0, 9_000), (2_000, 39_000)])
def test_an_approximate_index_keeps_to_the_given_rows(
    many: np.ndarray, large: DenseIndex, first: int, last: int
) -> None:
    allowed = np.arange(first, last)
    found = large.search(many[7], 50, allowed)[1]
    expected = allowed[np.argsort(-(many[allowed] @ many[7]), kind="stable")][:50]
    assert len(found) == len(expected)
    assert set(found.tolist()) <= set(allowed.tolist())
    assert len(set(found.tolist()) & set(expected.tolist())) >= (len(expected) if last - first <= 10_000 else 48)


def test_the_same_vectors_give_the_same_bytes(many: np.ndarray, large: DenseIndex, tmp_path: Path) -> None:
    for name, index in (("one", large), ("two", DenseIndex.build(many, exact_up_to=10_000))):
        (tmp_path / name).mkdir()
        index.save(tmp_path / name / "dense.faiss")
    for file in ("dense.faiss", "vectors.npy"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
