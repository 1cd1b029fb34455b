"""Questions that ask the same thing, put together.

Two questions are as far apart as their embeddings are. A misspelt name sends an embedding far away, so questions that
differ by slips of the pen alone count as one, and are as near to another as the nearest of them. Then they are grouped
by average linkage, in which groups are as far apart as their questions are on average, so that no chain of small steps
joins what has nothing to do with each other. The order of the questions makes no difference.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from rdhy_qa.terms import content_terms, terms

FARTHEST = 0.25
"""Average cosine distance up to which questions count as one. On the packaged embedder the same question in other
words lies at .1 to .3, and another question about the same thing from .2 on."""

_LIKELY_ALIKE = 75
"""Likeness of two texts, of 100, from which it is worth comparing them word by word."""
_SHORTEST_WITH_ONE_SLIP, _SHORTEST_WITH_TWO = 4, 8


def groups_of(questions: Sequence[str], vectors: NDArray[np.float32]) -> list[list[int]]:
    """Group questions by what they ask, from their unit vectors; each group holds positions, in order."""
    if not questions:
        return []
    distances = 1.0 - vectors.astype(np.float64) @ vectors.T
    spellings = _spellings(questions)
    for group in spellings:
        distances[group] = distances[group].min(axis=0)
    for group in spellings:
        distances[:, group] = distances[:, group].min(axis=1, keepdims=True)
        distances[np.ix_(group, group)] = 0.0
    return average_linkage(distances, FARTHEST)


def average_linkage(distances: NDArray[np.float64], farthest: float) -> list[list[int]]:
    """Join groups, nearest first, for as long as they lie no farther apart than that on average.

    It follows chains of nearest neighbours until two are each other's nearest. With average linkage these can be
    joined at once: what is nearer than they are stays so. That takes time in the square of the number, not in its cube.
    """
    between = distances.copy()
    np.fill_diagonal(between, np.inf)
    members = {position: [position] for position in range(len(between))}
    found: list[list[int]] = []
    chain: list[int] = []
    while members:
        if not chain:
            chain.append(next(iter(members)))
        last = chain[-1]
        nearest = int(between[last].argmin())
        if between[last, nearest] > farthest:
            # All others are farther still, and what they are joined to does not come nearer by that.
            found.append(sorted(members.pop(last)))
            _leave(between, last)
            chain.pop()
        elif len(chain) > 1 and between[last, chain[-2]] <= between[last, nearest]:
            _join(between, members, chain[-2], last)
            del chain[-2:]
        else:
            chain.append(nearest)
    return sorted(found)


def _join(between: NDArray[np.float64], members: dict[int, list[int]], kept: int, other: int) -> None:
    sizes = len(members[kept]), len(members[other])
    row = (sizes[0] * between[kept] + sizes[1] * between[other]) / sum(sizes)
    between[kept], between[:, kept] = row, row
    between[kept, kept] = np.inf
    members[kept] += members.pop(other)
    _leave(between, other)


def _leave(between: NDArray[np.float64], position: int) -> None:
    between[position] = between[:, position] = np.inf


def _spellings(questions: Sequence[str]) -> list[list[int]]:
    """Positions of questions that differ by slips of the pen alone, or from one to the next by such."""
    words = [[term.folded for term in content_terms(question) or terms(question)] for question in questions]
    joined = [" ".join(one) for one in words]
    likeness = process.cdist(joined, joined, scorer=fuzz.ratio, score_cutoff=_LIKELY_ALIKE)
    labels = np.arange(len(questions))
    for first, second in np.argwhere(np.triu(likeness, 1)):
        if _alike(words[first], words[second]):
            labels[labels == labels[second]] = labels[first]
    return [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]


def _alike(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the words are the same ones but for slips of the pen."""
    return len(first) == len(second) and all(map(_one_word, first, second))


def _one_word(first: str, second: str) -> bool:
    return first == second or OSA.distance(first, second) <= _slips(min(first, second, key=len))


def _slips(word: str) -> int:
    if len(word) < _SHORTEST_WITH_ONE_SLIP or not word.isalpha():  # in a number every digit counts
        return 0
    return 1 if len(word) < _SHORTEST_WITH_TWO else 2
