"""The lexical index: BM25 over stems, in Lucene's variant (Kamphuis et al. 2020), with all scores computed beforehand.

Eager scores are those of BM25S (Lù 2024, arXiv 2407.03618): a question only adds some of them up.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np

from rdhy_qa.index.rows import RowArray, firsts_of
from rdhy_qa.index.splitting import Passage
from rdhy_qa.index.vocabulary import Vocabulary
from rdhy_qa.index.words import NumberArray, PassageWords
from rdhy_qa.models.embedder import FloatArray
from rdhy_qa.terms import stem, terms

_VOCABULARY = "vocabulary.json"
_ROWS = "rows.npy"
_IMPACTS = "impacts.npy"
_FIRSTS = "firsts.npy"

# How soon a word that comes again counts for less, and how much longer passages are marked down: usual values.
_K1 = 1.5
_B = 0.75
# Postings that are scored at once; each takes some tens of bytes meanwhile.
_BLOCK = 2**21


def searchable_text(passage: Passage, title: str, text: str) -> str:
    """Return what the lexical index reads of a passage: title, section path, lead-in and its document's text there."""
    return "\n".join([title, *passage.section, passage.lead_in or "", text[passage.start : passage.end]])


class LexicalIndex:
    """BM25 scores of the passages for a question's words; rows are passage rows."""

    def __init__(self, rows: NumberArray, impacts: FloatArray, firsts: RowArray, vocabulary: Vocabulary) -> None:
        """Take the postings of all stems, one stem after the other; use ``build`` or ``load``."""
        self._rows = rows
        self._impacts = impacts
        self._firsts = firsts
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
        counts = np.diff(begins, append=len(pairs)).astype(np.int32)
        pairs = pairs[begins]
        rows = pairs.astype(np.int32)  # the lower half
        frequencies = np.bincount(pairs >> 32, minlength=len(stems))
        del pairs, begins
        vocabulary = Vocabulary(len(words), dict(zip(stems, frequencies.tolist(), strict=True)), words.words, names)
        idf = np.array([vocabulary.idf(stemmed) for stemmed in stems], dtype=np.float32)
        slowed = _K1 * (1 - _B + _B * lengths / (lengths.mean() or 1))
        columns = np.repeat(np.arange(len(stems), dtype=np.int32), frequencies)
        impacts = np.empty(len(rows), dtype=np.float32)
        for first in range(0, len(rows), _BLOCK):
            some = slice(first, first + _BLOCK)
            impacts[some] = idf[columns[some]] * (counts[some] / (counts[some] + slowed[rows[some]]))
        return cls(rows, impacts, firsts_of(frequencies), vocabulary)

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Read what ``save`` wrote; scores stay on disk until they are used."""
        rows, impacts = (np.load(folder / name, mmap_mode="r") for name in (_ROWS, _IMPACTS))
        return cls(rows, impacts, np.load(folder / _FIRSTS), Vocabulary.load(folder / _VOCABULARY))

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        folder.mkdir()
        np.save(folder / _ROWS, self._rows)
        np.save(folder / _IMPACTS, self._impacts)
        np.save(folder / _FIRSTS, self._firsts)
        self.vocabulary.save(folder / _VOCABULARY)

    def __len__(self) -> int:
        """Return the number of passages."""
        return self.vocabulary.passages

    def postings(self, stemmed: str) -> tuple[NumberArray, FloatArray]:
        """Rows of the passages that a stem of the corpus is in, and its BM25 score in each."""
        place = bisect_left(self._stems, stemmed)
        postings = slice(self._firsts[place], self._firsts[place + 1])
        return self._rows[postings], self._impacts[postings]

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
            postings = slice(self._firsts[columns[begin]], self._firsts[columns[begin] + 1])
            places = np.searchsorted(self._rows[postings], rows[begin:stop])
            scores[begin:stop] = self._impacts[postings][places]
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
