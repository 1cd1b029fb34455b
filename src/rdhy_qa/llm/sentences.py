"""A model's text as it comes, cut into sentences with the numbers of the lines that each rests on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = r"\[\d{1,3}(?:\s?,\s?\d{1,3})*\]"
_MARKS = re.compile(rf"\s*({_MARK})")
# The next character has to be there: another mark may follow, and a full stop may be the point of "4.5".
_END = re.compile(
    rf"[.!?…][”\"’')]*(?:[^\S\n]*{_MARK})+(?=[^\S\n]*[^\s\[])"
    rf"|{_MARK}[.!?…](?=[^\S\n])"
    rf"|\n"
)

_FINISHED = ("]", ".", "!", "?", "…", "”", '"', ")")


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence of a model's, with the numbers that it names."""

    text: str
    """Without its marks."""
    numbers: tuple[int, ...]


class Sentences:
    """Takes pieces of a text and gives the sentences that are finished; how it was cut up makes no difference.

    A sentence ends with its numbers, at the end of a line, or at the end of all. Two sentences before one number are
    one here, and are checked as one.
    """

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> Iterator[Written]:
        """Take the next piece."""
        self._rest += piece
        while (end := _END.search(self._rest)) is not None:
            finished, self._rest = self._rest[: end.end()], self._rest[end.end() :]
            yield from _written(finished)

    @property
    def unfinished(self) -> int:
        """Characters of the sentence that is being written."""
        return len(self._rest)

    def finish(self) -> Iterator[Written]:
        """What is left when the text has ended; half a sentence is not."""
        rest, self._rest = self._rest.strip(), ""
        if rest.endswith(_FINISHED):
            yield from _written(rest)


def _written(text: str) -> Iterator[Written]:
    numbers = [int(number) for mark in _MARKS.findall(text) for number in re.findall(r"\d+", mark)]
    said = " ".join(_MARKS.sub("", text).split())
    if said:
        yield Written(said, tuple(dict.fromkeys(numbers)))
