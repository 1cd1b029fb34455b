"""Hybrid retrieval: dense and lexical search, fused by a convex combination of min-max-normalised scores.

Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023), found the convex combination to
beat reciprocal rank fusion, and so do our own measurements.
"""

from dataclasses import dataclass

from rdhy_qa.contracts import Filters
from rdhy_qa.index.rows import RowArray
from rdhy_qa.index.serving import Serving
from rdhy_qa.index.store import StoredPassage
from rdhy_qa.models.embedder import FloatArray

DEPTH = 50
"""Passages taken from each of the two searches before they are fused."""

DENSE_SHARE = 0.5
"""Weight of the dense score; lexical has the rest. Between .4 and .6 public questions show no difference."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found."""

    passage: StoredPassage
    score: float
    """Fused score in [0, 1]."""
    dense: float | None
    """Cosine similarity; None where dense search did not find it."""
    lexical: float | None
    """BM25 score; None where lexical search did not find it."""


def fuse(
    dense: tuple[FloatArray, RowArray], lexical: tuple[FloatArray, RowArray], share: float = DENSE_SHARE
) -> list[tuple[int, float, float | None, float | None]]:
    """Rows of both searches with fused, dense and lexical score, best first; ties go to the earlier passage."""
    dense_scores, lexical_scores = _by_row(*dense), _by_row(*lexical)
    dense_norm, lexical_norm = _normalised(dense_scores), _normalised(lexical_scores)
    fused = [
        (
            row,
            share * dense_norm.get(row, 0.0) + (1 - share) * lexical_norm.get(row, 0.0),
            dense_scores.get(row),
            lexical_scores.get(row),
        )
        for row in dense_scores.keys() | lexical_scores.keys()
    ]
    return sorted(fused, key=lambda entry: (-entry[1], entry[0]))


def _by_row(scores: FloatArray, rows: RowArray) -> dict[int, float]:
    return dict(zip(rows.tolist(), scores.tolist(), strict=True))


def _normalised(scores: dict[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {row: (score - low) / (high - low) for row, score in scores.items()}


class HybridRetriever:
    """Finds the passages of a generation that are nearest to a question."""

    def __init__(self, generation: Serving) -> None:
        self._generation = generation

    def embed(self, question: str) -> FloatArray:
        """The question's unit vector, float32 of shape (dimension,)."""
        return self._generation.encoder.encode_query(question)

    def search(self, question: str, vector: FloatArray, filters: Filters, limit: int) -> list[Hit]:
        """The `limit` best passages, best first."""
        dense, lexical = self._generation.candidates(question, vector, filters, max(DEPTH, limit))
        best = fuse(dense, lexical)[:limit]
        passages = self._generation.passages([row for row, *_ in best])
        return [
            Hit(passage, score, dense_score, lexical_score)
            for passage, (_, score, dense_score, lexical_score) in zip(passages, best, strict=True)
        ]
