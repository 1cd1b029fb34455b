"""The words of the corpus, and how the words of a question find them when they are written otherwise."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from string import ascii_lowercase

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rdhy_qa.terms import STOP_WORDS, Term, stem

# A stem reached by another spelling counts for less than the word itself.
_SPLIT_WEIGHT = 0.6
_WEIGHT_BY_DISTANCE = {1: 0.8, 2: 0.6}
_LONGEST_JOIN = 4  # "ren dan he yi"
_SHORTEST_PART = 3
_SHORTEST_MISSPELT = 4
_SHORTEST_WITH_ANOTHER_FIRST_LETTER = 5
_SHORTEST_TWICE_MISSPELT = 8
_ALTERNATIVES = 3


class Vocabulary:
    """The stems of the corpus, with the number of passages each is in, and the words that they came from."""

    def __init__(
        self, passages: int, frequencies: Mapping[str, int], words: Iterable[str], names: Iterable[str]
    ) -> None:
        """Take the number of passages, the passages each stem is in, the folded words, and the stems that are names."""
        self.passages = passages
        self._names = frozenset(names)
        self._frequencies = frequencies
        self._words = frozenset(words)
        self._by_initial: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            if len(word) >= _SHORTEST_MISSPELT and word.isalpha():
                self._by_initial[word[0]].append(word)
        self._similar = lru_cache(maxsize=10_000)(self._find_similar)

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read what ``save`` wrote."""
        return cls(**json.loads(path.read_bytes()))

    def save(self, path: Path) -> None:
        """Write the vocabulary to a file."""
        content = {
            "passages": self.passages,
            "frequencies": dict(self._frequencies),
            "words": sorted(self._words),
            "names": sorted(self._names),
        }
        path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")

    def stems(self) -> list[str]:
        """All stems of the corpus, sorted."""
        return sorted(self._frequencies)

    def __contains__(self, stemmed: str) -> bool:
        """Tell whether a stem is in the corpus."""
        return stemmed in self._frequencies

    def is_name(self, stemmed: str) -> bool:
        """Tell whether the corpus uses a stem as a proper name."""
        return stemmed in self._names

    def idf(self, stemmed: str) -> float:
        """How rare a stem is: natural logarithm, as BM25 has it; highest for one that is in no passage."""
        frequency = self._frequencies.get(stemmed, 0)
        return math.log(1 + (self.passages - frequency + 0.5) / (frequency + 0.5))

    def correct(self, folded: str) -> str | None:
        """Return the word that a misspelt one most likely means; None where it is known, a number, or unlike any."""
        similar = self._similar(folded)
        return similar[0][0] if similar and stem(folded) not in self else None

    def resolve(self, folded: str) -> list[tuple[str, float]]:
        """List the stems that a folded word stands for, each with a weight in (0, 1]; none for an unknown word."""
        stemmed = stem(folded)
        if stemmed in self:
            return [(stemmed, 1.0)]
        similar = [(stem(word), _WEIGHT_BY_DISTANCE[distance]) for word, distance in self._similar(folded)]
        return similar or self._split(folded)

    def resolve_all(self, words: Sequence[Term]) -> dict[str, float]:
        """Map the stems that a question's words stand for to weights; neighbours are also read as one word.

        Args:
            words: All words of the question in order, stop words included.

        """
        resolved: dict[str, float] = {}
        joined: set[int] = set()
        for first, last, stemmed in self._joins(words):
            resolved[stemmed] = 1.0
            joined.update(range(first, last))
        for position, word in enumerate(words):
            if word.folded in STOP_WORDS or (position in joined and word.stem not in self):
                continue
            for stemmed, weight in self.resolve(word.folded):
                resolved[stemmed] = max(weight, resolved.get(stemmed, 0.0))
        return resolved

    def _joins(self, words: Sequence[Term]) -> Iterator[tuple[int, int, str]]:
        for first in range(len(words)):
            for last in range(first + 2, min(first + _LONGEST_JOIN, len(words)) + 1):
                parts = [word.folded for word in words[first:last]]
                stemmed = stem("".join(parts))
                if stemmed in self and not all(part in STOP_WORDS for part in parts):
                    yield first, last, stemmed

    def _split(self, folded: str) -> list[tuple[str, float]]:
        """Two known words that are written as one."""
        for middle in range(_SHORTEST_PART, len(folded) - _SHORTEST_PART + 1):
            parts = [stem(folded[:middle]), stem(folded[middle:])]
            if all(part in self for part in parts):
                return [(part, _SPLIT_WEIGHT) for part in parts]
        return []

    def _find_similar(self, folded: str) -> list[tuple[str, int]]:
        """Words of the corpus that differ by a slip or two of the pen, likeliest first, with their distance.

        A word that English has is taken to be meant: "price" is no slip for "prize".
        """
        if len(folded) < _SHORTEST_MISSPELT or not folded.isalpha() or folded in _english_words():
            return []
        furthest = 2 if len(folded) >= _SHORTEST_TWICE_MISSPELT else 1
        found = self._within(folded, self._by_initial.get(folded[0], []), furthest)
        if not found and len(folded) >= _SHORTEST_WITH_ANOTHER_FIRST_LETTER:
            found = self._within(folded, sorted(self._words & _other_first_letters(folded)), 1)
        return found[:_ALTERNATIVES]

    def _within(self, folded: str, words: Sequence[str], furthest: int) -> list[tuple[str, int]]:
        matches = process.extract(folded, words, scorer=OSA.distance, score_cutoff=furthest, limit=None)
        nearest = min((int(distance) for _, distance, _ in matches), default=0)
        found = [(word, int(distance)) for word, distance, _ in matches if distance == nearest]
        return sorted(found, key=lambda match: (-self._frequencies.get(stem(match[0]), 0), match[0]))


def _other_first_letters(folded: str) -> set[str]:
    """All that one slip in the first letter may have made the word of."""
    swapped = folded[1] + folded[0] + folded[2:]
    return {folded[1:], swapped, *(letter + rest for letter in ascii_lowercase for rest in (folded, folded[1:]))}


def is_english(folded: str) -> bool:
    """Tell whether a folded word is an ordinary English one."""
    return folded in _english_words()


@cache
def _english_words() -> frozenset[str]:
    """Words of the frequency dictionary that comes with symspellpy."""
    path = resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    return frozenset(line.split(" ", 1)[0] for line in path.read_text(encoding="utf-8-sig").splitlines())
