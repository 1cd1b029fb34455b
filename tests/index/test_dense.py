"""Exact search by FAISS."""

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


def test_saved_and_loaded_it_holds_the_same_vectors(vectors: np.ndarray, tmp_path: Path) -> None:
    DenseIndex.build(vectors).save(tmp_path / "dense.faiss")
    assert np.array_equal(DenseIndex.load(tmp_path / "dense.faiss").vectors(), vectors)
