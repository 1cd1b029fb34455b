"""The lexical index: BM25 over stems."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import bm25s  # type: ignore[import-untyped]  # it ships no annotations
import numpy as np

from rdhy_qa.index.splitting import Passage
from rdhy_qa.index.store import RowArray
from rdhy_qa.index.vocabulary import Vocabulary
from rdhy_qa.models.embedder import FloatArray
from rdhy_qa.terms import STOP_WORDS, joined_names, stem, terms

_VOCABULARY = "vocabulary.json"


def searchable_text(passage: Passage, title: str, text: str) -> str:
    """Return what the lexical index reads of a passage: title, section path, lead-in and its document's text there."""
    return "\n".join([title, *passage.section, passage.lead_in or "", text[passage.start : passage.end]])


class LexicalIndex:
    """BM25 scores of the passages for a question's words; rows are passage rows."""

    def __init__(self, bm25: bm25s.BM25, vocabulary: Vocabulary) -> None:
        """Wrap an index of bm25s; use ``build`` or ``load``."""
        self._bm25 = bm25
        self.vocabulary = vocabulary

    @classmethod
    def build(cls, texts: Iterable[str], names: Iterable[str] = ()) -> "LexicalIndex":
        """Index texts, one a passage, as ``searchable_text`` gives them; `names` are stems of proper names."""
        identifiers: dict[str, int] = {}
        frequencies: Counter[str] = Counter()
        words: set[str] = set()
        rows = []
        for text in texts:
            folded = _words(text)
            stems = [stem(word) for word in folded]
            words.update(folded)
            frequencies.update(set(stems))
            rows.append([identifiers.setdefault(stemmed, len(identifiers)) for stemmed in stems])
        bm25 = bm25s.BM25()
        bm25.index((rows, identifiers), create_empty_token=False, show_progress=False)
        return cls(bm25, Vocabulary(len(rows), frequencies, words, names))

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Read what ``save`` wrote; scores stay on disk until they are used."""
        bm25 = bm25s.BM25.load(str(folder), mmap=True, show_progress=False)
        return cls(bm25, Vocabulary.load(folder / _VOCABULARY))

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        folder.mkdir()
        self._bm25.save(str(folder), show_progress=False)
        self.vocabulary.save(folder / _VOCABULARY)

    def __len__(self) -> int:
        """Return the number of passages."""
        return self.vocabulary.passages

    def postings(self, stemmed: str) -> tuple[RowArray, FloatArray]:
        """Rows of the passages that a stem is in, and its BM25 score in each."""
        matrix = self._bm25.scores
        column = self._bm25.vocab_dict[stemmed]
        start, end = matrix["indptr"][column], matrix["indptr"][column + 1]
        return matrix["indices"][start:end], matrix["data"][start:end]

    def search(self, question: str, k: int, rows: RowArray | None = None) -> tuple[FloatArray, RowArray]:
        """Find the k passages that score highest, best first; only those that share a word with the question.

        Args:
            question: The question as it was asked.
            k: How many passages to find.
            rows: Where given, only these passages are considered.

        Returns:
            BM25 scores and rows.

        """
        scores = self._scores(self.vocabulary.resolve_all(terms(question)))
        # Among a million scores, those above 0 are found in a third of the time that flatnonzero(scores) takes.
        candidates = np.flatnonzero(scores > 0) if rows is None else rows[scores[rows] > 0]
        if len(candidates) > k:
            highest = np.argpartition(-scores[candidates], k - 1)[:k]
            lowest_kept = scores[candidates[highest]].min()
            candidates = candidates[scores[candidates] >= lowest_kept]
        best = candidates[np.lexsort((candidates, -scores[candidates]))][:k]
        return scores[best], best

    def _scores(self, weights: dict[str, float]) -> FloatArray:
        """Add up the weighted scores of each stem; bm25s itself knows no weights."""
        scores = np.zeros(len(self), dtype=np.float32)
        for stemmed, weight in sorted(weights.items()):
            rows, found = self.postings(stemmed)
            scores[rows] += np.float32(weight) * found
        return scores


def _words(text: str) -> Sequence[str]:
    """Folded words of a text that are no stop words, and its joined names."""
    found = terms(text)
    return [term.folded for term in found if term.folded not in STOP_WORDS] + joined_names(text, found)
