"""Reading: the best evidence goes to the reader in windows, and what it makes of them joins what was known before.

The reader costs much more than all else, so it reads a few windows around the sentences that rank best without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rdhy_qa.answering.evidence import FEATURES, Evidence
from rdhy_qa.documents.document import BlockKind, Document, Span
from rdhy_qa.models.fitted import weights_of
from rdhy_qa.models.reader import Reading, Window

READ_FEATURES = ("span", "share", "answerable", "best", "unread")

WINDOWS = 4
"""Windows that are read for one question."""
_CHARACTERS = 400
"""Length of a window; one longer sentence is read as it is. The reader was trained on 220 to 420."""
_LOWEST = -20.0

Read = Callable[[Sequence[Window]], list[Reading]]
"""Reads windows for the question at hand."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Sentences of a document, from ``first`` to ``last``, as one window."""

    document: Document
    first: int
    last: int

    @property
    def start(self) -> int:
        return self.document.sentences[self.first].start

    def holds(self, evidence: Evidence) -> bool:
        return self.document is evidence.document and self.first <= evidence.index <= self.last

    def window(self) -> Window:
        block = self.document.blocks[self.document.sentences[self.first].block]
        heading = block.section[-1] if block.section else self.document.metadata.title
        return Window(heading, self.document.text[self.start : self.document.sentences[self.last].end])


@lru_cache(maxsize=1)
def reading_weights() -> npt.NDArray[np.float64]:
    """Weights of ``FEATURES`` and ``READ_FEATURES`` together, from ``ranking.json``."""
    return weights_of("reading", (*FEATURES, *READ_FEATURES))


def read(ranked: Sequence[Evidence], reader: Read) -> list[Evidence]:
    """The evidence with what the reader makes of it, in the new order."""
    chosen = _choose(ranked)
    readings = reader([entry.window() for entry in chosen])
    total = _log_total(readings)
    weights = reading_weights()
    found = [_joined(evidence, chosen, readings, total) for evidence in ranked]
    top = max((entry.features[_SPAN] for entry in found), default=0.0)
    for entry in found:
        entry.features[_BEST] = float(entry.features[_SPAN] == top)
    scored = [replace(entry, score=float(entry.features @ weights) - entry.handicap) for entry in found]
    return sorted(scored, key=lambda e: (-e.score, e.document.id, e.index))


_SPAN = len(FEATURES) + READ_FEATURES.index("span")
_BEST = len(FEATURES) + READ_FEATURES.index("best")


def alone(found: Evidence, reader: Read) -> dict[str, float]:
    """What the reader makes of a sentence by itself: neighbours can make it look like an answer, or hide it."""
    reading = _read_alone(found, reader)
    best = reading.best(0, found.sentence.end - found.sentence.start)
    score, start, end = best or (_LOWEST, 0, 0)
    span = Span(start + found.sentence.start, end + found.sentence.start)
    return {
        "alone_answerable": reading.answerable / 5,
        "alone_span": score / 10,
        "alone_share": max(score - _log_total([reading]), _LOWEST) / 10,
        "alone_same": float(span == found.span),
    }


def says_yes(found: Evidence, reader: Read) -> bool | None:
    """Whether a sentence by itself says yes to a yes-or-no question; None from a reader that can't tell."""
    yes = _read_alone(found, reader).yes
    return None if yes is None else yes > 0


def _read_alone(found: Evidence, reader: Read) -> Reading:
    return reader([_Chosen(found.document, found.index, found.index).window()])[0]


def _choose(ranked: Sequence[Evidence]) -> list[_Chosen]:
    """Windows around the best sentences; a sentence that stands in one already needs none of its own."""
    chosen: list[_Chosen] = []
    for evidence in ranked:
        if len(chosen) == WINDOWS:
            break
        if not any(entry.holds(evidence) for entry in chosen):
            chosen.append(_around(evidence))
    return chosen


def _around(evidence: Evidence) -> _Chosen:
    """The sentence with its neighbours of the same section, about as many before it as after it."""
    document = evidence.document
    sentences = document.sentences
    first = last = evidence.index
    before = after = True
    while before or after:
        before = first > 0 and _goes_with(document, first - 1, evidence) and _fits(document, first - 1, last)
        if before:
            first -= 1
        after = (
            last + 1 < len(sentences) and _goes_with(document, last + 1, evidence) and _fits(document, first, last + 1)
        )
        if after:
            last += 1
    return _Chosen(document, first, last)


def _goes_with(document: Document, index: int, evidence: Evidence) -> bool:
    block = document.blocks[document.sentences[index].block]
    return block.kind is not BlockKind.HEADING and block.section == evidence.block.section


def _fits(document: Document, first: int, last: int) -> bool:
    return document.sentences[last].end - document.sentences[first].start <= _CHARACTERS


def _log_total(readings: Sequence[Reading]) -> float:
    """Logarithm of the sum over all spans of all windows, by which the reader's spans become shares of one whole."""
    if not readings:
        return 0.0
    starts = np.concatenate([reading.starts for reading in readings])
    ends = np.concatenate([reading.ends for reading in readings])
    return float(np.logaddexp.reduce(starts) + np.logaddexp.reduce(ends))


def _joined(evidence: Evidence, chosen: Sequence[_Chosen], readings: Sequence[Reading], total: float) -> Evidence:
    sentence = evidence.sentence
    best: tuple[float, Span, float] | None = None
    for entry, reading in zip(chosen, readings, strict=True):
        if not entry.holds(evidence):
            continue
        found = reading.best(sentence.start - entry.start, sentence.end - entry.start)
        if found is not None and (best is None or found[0] > best[0]):
            best = found[0], Span(found[1] + entry.start, found[2] + entry.start), reading.answerable
    if best is None:
        values = [_LOWEST / 10, _LOWEST / 10, -1.0, 0.0, 1.0]
        return replace(evidence, features=np.concatenate([evidence.features, values]))
    score, span, answerable = best
    values = [score / 10, max(score - total, _LOWEST) / 10, answerable / 5, 0.0, 0.0]
    return replace(evidence, features=np.concatenate([evidence.features, values]), span=span, answerable=answerable)
