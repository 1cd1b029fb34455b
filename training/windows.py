"""Windows: what the reader reads beside a question, a run of whole sentences of one passage."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import bm25s
from asked import Asked, Passage, Place, Source

from rdhy_qa.terms import terms

_RETRIEVED = 12
"""Windows that BM25 gives for a question, from which wrong ones are drawn."""
_SHORT = 3
_NAME = re.compile(r"(?<![.?!] )(?<!^)\b(?:[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*|\d[\d,.]*\d|\d+)\b")


@dataclass(frozen=True, slots=True)
class Window:
    """Characters of a passage."""

    passage: int
    start: int
    end: int

    def holds(self, place: Place) -> bool:
        """Whether all of a place lies inside."""
        return self.start <= place.start and place.end <= self.end

    def touches(self, place: Place) -> bool:
        """Whether some of a place lies inside."""
        return place.start < self.end and self.start < place.end


@dataclass(frozen=True, slots=True)
class Row:
    """One pass of the reader: a question, a window, and what is right."""

    question: str
    heading: str
    text: str
    places: tuple[Place, ...]
    """Relative to the text; empty where it does not answer the question."""
    group: int
    """Rows of one question share a group: their spans compete."""
    yes: bool | None = None
    """Whether the window says yes; None where it says neither that nor no."""


def cut(passage: int, text: Passage, size: int) -> list[Window]:
    """The passage as windows of up to ``size`` characters, one after the other."""
    windows: list[Window] = []
    start, end = None, 0
    for a, b in text.sentences:
        if start is not None and b - start > size:
            windows.append(Window(passage, start, end))
            start = None
        start = a if start is None else start
        end = b
    if start is not None:
        windows.append(Window(passage, start, end))
    return windows


def around(passage: int, text: Passage, place: Place, size: int, rng: random.Random) -> Window:
    """A window of about ``size`` characters that holds a place, anywhere in it."""
    spans = text.sentences
    inside = [i for i, (a, b) in enumerate(spans) if a < place.end and place.start < b] or [0]
    first, last = inside[0], inside[-1]
    while True:
        left = first > 0 and spans[last][1] - spans[first - 1][0] <= size
        right = last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= size
        if not (left or right):
            break
        if left and (not right or rng.random() < 0.5):
            first -= 1
        else:
            last += 1
    return Window(passage, min(spans[first][0], place.start), max(spans[last][1], place.end))


class Sampler:
    """Draws training rows from one source, with wrong windows that look right."""

    def __init__(self, source: Source, sizes: tuple[int, int]) -> None:
        """Cut the passages, and find for each question the windows that BM25 would read."""
        self._source, self._sizes = source, sizes
        self._windows = [w for i, p in enumerate(source.passages) for w in cut(i, p, sum(sizes) // 2)]
        self._of: dict[int, list[Window]] = {}
        for window in self._windows:
            self._of.setdefault(window.passage, []).append(window)
        self._similar = self._retrieve() if source.open else [[] for _ in source.asked]

    def __len__(self) -> int:
        return len(self._source.asked)

    def _text(self, window: Window) -> str:
        return self._source.passages[window.passage].text[window.start : window.end]

    def _retrieve(self) -> list[list[Window]]:
        index = bm25s.BM25()
        index.index([_stems(self._text(w)) for w in self._windows], show_progress=False)
        vocabulary = set(index.vocab_dict)
        found = []
        for asked in self._source.asked:
            query = [stem for stem in _stems(asked.question) if stem in vocabulary]
            if not query:
                found.append([])
                continue
            ids, _ = index.retrieve([query], k=min(_RETRIEVED, len(self._windows)), show_progress=False, n_threads=1)
            found.append([self._windows[i] for i in ids[0]])
        return found

    def rows(
        self, number: int, group: int, rng: random.Random, wrong: float, trap: float, alone: float = 0.0
    ) -> list[Row]:
        """Rows for one question: the right window, ``wrong`` others on average, and at times a trap.

        With chance ``alone`` every window is a single sentence: short rows, so there are twice as many wrong ones.
        """
        asked = self._source.asked[number]
        question = _as_typed(asked.question, rng)
        single = rng.random() < alone
        wrong = 2 * wrong if single else wrong
        count = int(wrong) + (rng.random() < wrong % 1)
        others = self._others(number, asked)
        if not asked.places:
            first = self._tempting(asked, others, rng)
            if single:
                first = self._likest(first, asked)
                others = [self._likest(w, asked) for w in others]
            rest = [w for w in others if w != first][: count * 2]
            chosen = [first, *rng.sample(rest, min(len(rest), max(0, count - 1)))]
            return [self._row(question, w, (), group, rng) for w in chosen]
        place = rng.choice(asked.places)
        right = self._around(asked.passage, place, None if single else rng)
        held = tuple(p for p in asked.places if right.holds(p)) or (place,)
        if single:
            others = [*self._beside(right, asked), *(self._likest(w, asked) for w in others)]
        chosen = rng.sample(others[: 3 * count], min(len(others), count)) if count else []
        rows = [self._row(question, right, held, group, rng, asked.yes)]
        rows += [self._row(question, w, (), group, rng) for w in chosen]
        if rng.random() < trap and (other := self._swapped(asked, right, rng)):
            rows.append(self._row(_as_typed(other, rng), right, (), -group - 1, rng))
        return rows

    def _others(self, number: int, asked: Asked) -> list[Window]:
        """Windows that don't answer, the most tempting first: those of the same passage, and those that BM25 ranks."""
        own = [w for w in self._of[asked.passage] if not any(w.touches(p) for p in asked.places)]
        found = [w for w in self._similar[number] if w.passage != asked.passage]
        mixed = [w for pair in zip(own, found, strict=False) for w in pair] + own[len(found) :] + found[len(own) :]
        return self._without_answer(mixed, asked)

    def _without_answer(self, windows: Sequence[Window], asked: Asked) -> list[Window]:
        answers = [a.lower() for a in asked.answers if len(a) > _SHORT]
        return [w for w in windows if not any(a in self._text(w).lower() for a in answers)]

    def _likest(self, window: Window, asked: Asked) -> Window:
        """The window's sentence that shares most words with the question."""
        said = set(_stems(asked.question))
        sentences = [
            Window(window.passage, a, b)
            for a, b in self._source.passages[window.passage].sentences
            if window.start <= a and b <= window.end
        ]
        return max(sentences, key=lambda w: len(said & set(_stems(self._text(w)))), default=window)

    def _beside(self, window: Window, asked: Asked) -> list[Window]:
        """The sentences just before and after a window, which are the most like it."""
        spans = self._source.passages[window.passage].sentences
        before = [Window(window.passage, a, b) for a, b in spans if b <= window.start][-1:]
        after = [Window(window.passage, a, b) for a, b in spans if a >= window.end][:1]
        apart = [w for w in before + after if not any(w.touches(p) for p in asked.places)]
        return self._without_answer(apart, asked)

    def _tempting(self, asked: Asked, others: list[Window], rng: random.Random) -> Window:
        if asked.plausible is not None:
            return self._around(asked.passage, asked.plausible, rng)
        said = set(_stems(asked.question))
        own = self._of[asked.passage]
        best = max(own, key=lambda w: len(said & set(_stems(self._text(w)))) + rng.random())
        return best if rng.random() < 0.7 or not others else rng.choice(own)

    def _around(self, passage: int, place: Place, rng: random.Random | None) -> Window:
        """A window that holds a place; of its sentence alone where nothing is drawn."""
        size = rng.randint(*self._sizes) if rng else 0
        return around(passage, self._source.passages[passage], place, size, rng or random.Random(0))

    def _row(
        self,
        question: str,
        window: Window,
        places: Sequence[Place],
        group: int,
        rng: random.Random,
        yes: bool | None = None,
    ) -> Row:
        passage = self._source.passages[window.passage]
        moved = tuple(Place(p.start - window.start, p.end - window.start, p.exact) for p in places)
        heading = passage.heading if rng.random() < 0.7 else ""
        return Row(question, heading, self._text(window), moved, group, yes)

    def _swapped(self, asked: Asked, right: Window, rng: random.Random) -> str | None:
        """The question with one of its names or numbers changed for another of the same article."""
        text = self._text(right)
        own = [m for m in _NAME.finditer(asked.question) if m.group() in text]
        if not own:
            return None
        match = rng.choice(own)
        passage = self._source.passages[asked.passage]
        digit = match.group()[0].isdigit()
        answers = " ".join(asked.answers)
        pool = {
            m.group()
            for m in _NAME.finditer(passage.text)
            if m.group()[0].isdigit() is digit and m.group() not in asked.question and m.group() not in answers
        }
        if not pool:
            return None
        return asked.question[: match.start()] + rng.choice(sorted(pool)) + asked.question[match.end() :]


def _stems(text: str) -> list[str]:
    return [term.stem for term in terms(text)]


def _as_typed(question: str, rng: random.Random) -> str:
    """A question as people type it: now and then without its mark, or with two letters changed round."""
    if rng.random() < 0.2:
        question = question.rstrip("?. ")
    if rng.random() < 0.04:
        words = question.split()
        long = [i for i, word in enumerate(words) if len(word) > 4]
        if long:
            i = rng.choice(long)
            at = rng.randrange(1, len(words[i]) - 2)
            words[i] = words[i][:at] + words[i][at + 1] + words[i][at] + words[i][at + 2 :]
            question = " ".join(words)
    return question
