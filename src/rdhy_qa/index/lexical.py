"""The lexical index: BM25 over stems, in Lucene's variant (Kamphuis et al. 2020).

A posting is a passage's row and how often the stem is in it, in five bytes; a question's scores are computed from
them. Scores computed beforehand (BM25S, Lù 2024, arXiv 2407.03618) would take eight bytes, 570 MB instead of 356 at a
million passages.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rdhy_qa.index.rows import RowArray, firsts_of
from rdhy_qa.index.splitting import Passage
from rdhy_qa.index.vocabulary import Vocabulary
from rdhy_qa.index.words import NumberArray, PassageWords
from rdhy_qa.models.embedder import FloatArray
from rdhy_qa.terms import stem, terms

_VOCABULARY = "vocabulary.json"
_ROWS = "rows.npy"
_COUNTS = "counts.npy"
_FIRSTS = "firsts.npy"
_NORMS = "norms.npy"

# How soon a word that comes again counts for less, and how much longer passages are marked down: usual values.
_K1 = 1.5
_B = 0.75
# A word that comes more often counts as so often: one byte holds no more, and it gives .99 of the most that a word can
# give in a passage of usual length.
_HIGHEST_COUNT = 255

CountArray = npt.NDArray[np.uint8]


def searchable_text(passage: Passage, title: str, text: str) -> str:
    """Return what the lexical index reads of a passage: title, section path, lead-in and its document's text there."""
    return "\n".join([title, *passage.section, passage.lead_in or "", text[passage.start : passage.end]])


class LexicalIndex:
    """BM25 scores of the passages for a question's words; rows are passage rows."""

    def __init__(
        self, rows: NumberArray, counts: CountArray, firsts: RowArray, norms: FloatArray, vocabulary: Vocabulary
    ) -> None:
        """Take the postings of all stems, one stem after the other, and the passages' norms; use ``build`` or ``load``.

        A passage's norm is the count at which a stem gives half of the most that it can give.
        """
        self._rows = rows
        self._counts = counts
        self._firsts = firsts
        self._norms = norms
        self._stems = vocabulary.stems()
        self.vocabulary = vocabulary

    @classmethod
    def build(cls, words: PassageWords, names: Iterable[str] = ()) -> "LexicalIndex":
        """Index the words of passages; `names` are stems of proper names."""
        of_words = [stem(word) for word in words.words]
        stems = sorted(set(of_words))
        places = {stemmed: place for place, stemmed in enumerate(stems)}
        lengths = np.diff(words.firsts)
        # Stem and passage of each word in one number: sorted, equal ones are a stem's count in a passage.
        pairs = np.array([places[stemmed] for stemmed in of_words], dtype=np.int64)[words.numbers]
        pairs <<= 32
        pairs |= np.repeat(np.arange(len(words), dtype=np.int32), lengths)
        pairs.sort()
        begins = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]]) if len(pairs) else [])
        counts = np.minimum(np.diff(begins, append=len(pairs)), _HIGHEST_COUNT).astype(np.uint8)
        pairs = pairs[begins]
        rows = pairs.astype(np.int32)  # the lower half
        frequencies = np.bincount(pairs >> 32, minlength=len(stems))
        del pairs, begins
        vocabulary = Vocabulary(len(words), dict(zip(stems, frequencies.tolist(), strict=True)), words.words, names)
        norms = (_K1 * (1 - _B + _B * lengths / (lengths.mean() or 1))).astype(np.float32)
        return cls(rows, counts, firsts_of(frequencies), norms, vocabulary)

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Read what ``save`` wrote; postings stay on disk until they are used."""
        rows, counts = (np.load(folder / name, mmap_mode="r") for name in (_ROWS, _COUNTS))
        firsts, norms = (np.load(folder / name) for name in (_FIRSTS, _NORMS))
        return cls(rows, counts, firsts, norms, Vocabulary.load(folder / _VOCABULARY))

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        folder.mkdir()
        np.save(folder / _ROWS, self._rows)
        np.save(folder / _COUNTS, self._counts)
        np.save(folder / _FIRSTS, self._firsts)
        np.save(folder / _NORMS, self._norms)
        self.vocabulary.save(folder / _VOCABULARY)

    def __len__(self) -> int:
        """Return the number of passages."""
        return self.vocabulary.passages

    def postings(self, stemmed: str) -> tuple[NumberArray, FloatArray]:
        """Rows of the passages that a stem of the corpus is in, and its BM25 score in each."""
        postings = self._postings(bisect_left(self._stems, stemmed))
        rows = self._rows[postings]
        return rows, self._scored(stemmed, rows, self._counts[postings])

    def of_passages(self, words: PassageWords, first: int, end: int) -> tuple[RowArray, NumberArray, FloatArray]:
        """Return the other way round what some passages that follow one another have: for each its stems' scores.

        Args:
            words: What the index was built of.
            first: Row of the first passage.
            end: Row after the last one.

        Returns:
            Where each passage begins in the two others, then the total; places of stems among ``Vocabulary.stems``,
            rising in each passage; and their BM25 scores there, the very ones that ``postings`` has.

        """
        numbers = words.numbers[words.firsts[first] : words.firsts[end]]
        used, within = np.unique(numbers, return_inverse=True)
        stems = np.array([bisect_left(self._stems, stem(words.words[number])) for number in used], dtype=np.int64)
        # Stem and passage of each word in one number, sorted and each once.
        pairs = np.unique(
            (stems[within] << 32) | np.repeat(np.arange(first, end), np.diff(words.firsts[first : end + 1]))
        )
        columns, rows = pairs >> 32, pairs & 0xFFFFFFFF
        scores = np.empty(len(pairs), dtype=np.float32)
        begins = np.flatnonzero(np.diff(columns, prepend=-1)).tolist()
        for begin, stop in pairwise([*begins, len(columns)]):
            postings = self._postings(columns[begin])
            places = np.searchsorted(self._rows[postings], rows[begin:stop])
            counts = self._counts[postings][places]
            scores[begin:stop] = self._scored(self._stems[columns[begin]], rows[begin:stop], counts)
        order = np.argsort(rows, kind="stable")
        firsts = np.searchsorted(rows[order], np.arange(first, end + 1))
        return firsts, columns[order].astype(np.int32), scores[order]

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
        """Add up the weighted scores of each stem."""
        scores = np.zeros(len(self), dtype=np.float32)
        for stemmed, weight in sorted(weights.items()):
            rows, found = self.postings(stemmed)
            scores[rows] += np.float32(weight) * found
        return scores

    def _postings(self, place: int) -> slice:
        return slice(self._firsts[place], self._firsts[place + 1])

    def _scored(self, stemmed: str, rows: NumberArray | RowArray, counts: CountArray) -> FloatArray:
        """BM25 scores of a stem in passages that have it so many times."""
        scores = counts.astype(np.float32)
        scores /= scores + self._norms[rows]
        scores *= np.float32(self.vocabulary.idf(stemmed))
        return scores
