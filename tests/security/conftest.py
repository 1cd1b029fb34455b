"""A matcher of regular expressions that counts what it does."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from re import _constants as kinds
from re import _parser
from typing import Any

import pytest

Then = Callable[[int], bool]
Part = Callable[[int, Then], bool]
MOST_STEPS = 30_000


class TooManyStepsError(Exception):
    """There is no point in going on."""


def is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


CATEGORIES: dict[Any, Callable[[str], bool]] = {
    kinds.CATEGORY_WORD: is_word,
    kinds.CATEGORY_NOT_WORD: lambda one: not is_word(one),
    kinds.CATEGORY_SPACE: str.isspace,
    kinds.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    kinds.CATEGORY_DIGIT: str.isdecimal,
    kinds.CATEGORY_NOT_DIGIT: lambda one: not one.isdecimal(),
}


class StepCounter:
    """Tries a pattern as `re` does, by going back wherever it fails, and counts its steps instead of taking time.

    With ``most_times``, bounds of repetitions are no higher than that: one of a hundred times shows to be none of for
    ever on shorter texts.
    """

    def __init__(self, pattern: str, flags: int, *, most_times: int | None = None) -> None:
        self._most_times = most_times
        tree = _parser.parse(pattern, flags)
        self._flags = tree.state.flags
        self._text, self._steps = "", 0
        self._groups: dict[int, str] = {}
        self._whole = self._sequence(tree)

    def count(self, text: str, *, anchored: bool) -> int:
        """Steps to find all matches, or only the one at the start; no more than are needed to see that it is bad."""
        self._steps, at = 0, 0
        try:
            while at <= len(text):
                end = self.end_of_match(text, at)
                if anchored:
                    break
                at = at + 1 if end is None else max(end, at + 1)
        except TooManyStepsError:
            return MOST_STEPS
        return self._steps

    def end_of_match(self, text: str, at: int = 0) -> int | None:
        """Where the match ends that begins at a place, if one does."""
        self._text, self._groups = text, {}
        ends: list[int] = []
        self._whole(at, lambda end: ends.append(end) or True)
        return ends[0] if ends else None

    def membership(self, members: Sequence[Any]) -> Callable[[str], bool]:
        """Whether a character is one of a set."""
        negated = members[0][0] is kinds.NEGATE
        tests = [self._member(kind, value) for kind, value in members if kind is not kinds.NEGATE]
        return lambda one: any(test(one) for test in tests) != negated

    def _step(self) -> None:
        self._steps += 1
        if self._steps >= MOST_STEPS:
            raise TooManyStepsError

    def _sequence(self, nodes: Sequence[Any]) -> Part:
        parts = [getattr(self, f"_{str(kind).lower()}")(value) for kind, value in nodes]

        def run(at: int, then: Then, part: int = 0) -> bool:
            return then(at) if part == len(parts) else parts[part](at, lambda end: run(end, then, part + 1))

        return run

    def _one(self, test: Callable[[str], bool]) -> Part:
        def run(at: int, then: Then) -> bool:
            self._step()
            return at < len(self._text) and test(self._text[at]) and then(at + 1)

        return run

    def _same(self, code: int) -> Callable[[str], bool]:
        if self._flags & re.IGNORECASE:
            return lambda one: one.lower() == chr(code).lower()
        return lambda one: one == chr(code)

    def _literal(self, code: int) -> Part:
        return self._one(self._same(code))

    def _not_literal(self, code: int) -> Part:
        return self._one(lambda one: not self._same(code)(one))

    def _any(self, _: None) -> Part:
        return self._one(lambda one: bool(self._flags & re.DOTALL) or one != "\n")

    def _in(self, members: Sequence[Any]) -> Part:
        return self._one(self.membership(members))

    def _member(self, kind: Any, value: Any) -> Callable[[str], bool]:
        if kind is kinds.CATEGORY:
            return CATEGORIES[value]
        if kind is kinds.LITERAL:
            return self._same(value)
        assert kind is kinds.RANGE
        folds = (str, str.lower, str.upper) if self._flags & re.IGNORECASE else (str,)
        return lambda one: any(value[0] <= ord(fold(one)[0]) <= value[1] for fold in folds)

    def _branch(self, value: Any) -> Part:
        ways = [self._sequence(way) for way in value[1]]
        return lambda at, then: any(way(at, then) for way in ways)

    def _subpattern(self, value: Any) -> Part:
        group, _, _, inner = value
        body = self._sequence(inner)

        def run(at: int, then: Then) -> bool:
            def close(end: int) -> bool:
                before = self._groups.get(group)
                self._groups[group] = self._text[at:end]
                if then(end):
                    return True
                self._groups[group] = before
                return False

            return body(at, close)

        return body if group is None else run

    def _repeat(self, value: Any, *, greedy: bool) -> Part:
        low, high, inner = value
        if self._most_times is not None:
            low = min(low, self._most_times)
            high = high if high is kinds.MAXREPEAT else min(high, self._most_times)
        body = self._sequence(inner)

        def run(at: int, then: Then, times: int = 0) -> bool:
            self._step()

            def again() -> bool:
                further = high is kinds.MAXREPEAT or times < high
                return further and body(at, lambda end: (end > at or times < low) and run(end, then, times + 1))

            if times < low:
                return again()
            return (again() or then(at)) if greedy else (then(at) or again())

        return run

    def _max_repeat(self, value: Any) -> Part:
        return self._repeat(value, greedy=True)

    def _min_repeat(self, value: Any) -> Part:
        return self._repeat(value, greedy=False)

    def _possessive_repeat(self, value: Any) -> Part:
        return self._whole_or_not(self._repeat(value, greedy=True))

    def _atomic_group(self, value: Any) -> Part:
        return self._whole_or_not(self._sequence(value))

    def _whole_or_not(self, body: Part) -> Part:
        def run(at: int, then: Then) -> bool:
            ends: list[int] = []
            return body(at, lambda end: ends.append(end) or True) and then(ends[0])

        return run

    def _assert(self, value: Any) -> Part:
        look = self._look(*value)
        return lambda at, then: look(at) and then(at)

    def _assert_not(self, value: Any) -> Part:
        look = self._look(*value)
        return lambda at, then: not look(at) and then(at)

    def _look(self, direction: int, inner: Any) -> Callable[[int], bool]:
        body = self._sequence(inner)
        if direction > 0:
            return lambda at: body(at, lambda _: True)
        width = inner.getwidth()[0]
        return lambda at: at >= width and body(at - width, lambda end: end == at)

    def _groupref(self, group: int) -> Part:
        def run(at: int, then: Then) -> bool:
            self._step()
            text = self._groups.get(group)
            return text is not None and self._text.startswith(text, at) and then(at + len(text))

        return run

    def _at(self, place: Any) -> Part:
        def run(at: int, then: Then) -> bool:
            self._step()
            return self._stands(place, at) and then(at)

        return run

    def _stands(self, place: Any, at: int) -> bool:
        text, lines = self._text, bool(self._flags & re.MULTILINE)
        if place in (kinds.AT_BEGINNING, kinds.AT_BEGINNING_STRING):
            return at == 0 or (lines and text[at - 1] == "\n")
        if place in (kinds.AT_END, kinds.AT_END_STRING):
            return at >= len(text) - (text[-1:] == "\n") or (lines and text[at] == "\n")
        edge = (at > 0 and is_word(text[at - 1])) != (at < len(text) and is_word(text[at]))
        return edge == (place is kinds.AT_BOUNDARY)


@pytest.fixture
def step_counter() -> Iterator[type[StepCounter]]:
    """Counts steps; its calls nest as deep as the text is long."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    yield StepCounter
    sys.setrecursionlimit(before)
