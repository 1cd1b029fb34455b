"""Sentences of a block, as offsets."""

import re
from collections.abc import Iterator

from sentencex import get_sentence_boundaries  # type: ignore[import-untyped]

_LONGEST = 2_000
"""Characters after which a sentence is cut: no post has such a one, and whatever reads sentences may be slow on it."""
_AT_ONCE = 20_000
"""Characters that are divided at once: each bracket and quotation mark may be compared with all others."""
_MAY_END = re.compile(r"[.!?…。\uff01\uff1f।؟]")
_ENUMERATOR = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})[.)\]]+$")
# "no." is the abbreviation of number only before a number.
_NO_AT_END = re.compile(r"\b(?:[Nn]o)\.[”\"\u2019)]* (?=[A-Z“„\"])")
# What can't open a sentence: closing marks, and the dash before a speaker's name.
_CLOSING = re.compile(r"[)\]}”\u2019»“\u2018\u203a.,;:!?…]*(?=\s|$)|[\u2013—-]\s")


def sentence_spans(text: str, language: str = "en") -> list[tuple[int, int]]:
    """Offsets of the sentences of one line of text, trimmed of white space, in order.

    Every character that is not white space is inside a sentence. Text without a sentence boundary is one sentence, if
    it is not so long that it has to be cut.
    """
    spans: list[tuple[int, int]] = []
    for begin, stop in _cut(text, 0, len(text), _AT_ONCE):
        spans += [(begin + start, begin + end) for start, end in _divided(text[begin:stop], language)]
    return [part for start, end in spans for part in _cut(text, start, end, _LONGEST)]


def _cut(text: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """The parts of a range that is too long, cut after a word where there is one."""
    while end - start > longest:
        space = text.rfind(" ", start + 1, start + longest + 1)
        cut = space if space > 0 else start + longest
        yield start, cut
        start = cut + (space > 0)
    yield start, end


def _divided(text: str, language: str) -> list[tuple[int, int]]:
    if not _MAY_END.search(text):
        return _trimmed(text, [(0, len(text))])
    found = get_sentence_boundaries(language.partition("-")[0] or "en", text)
    pieces = [(boundary["start_index"], boundary["end_index"]) for boundary in found]
    return _merged(text, _trimmed(text, [cut for piece in pieces for cut in _split_at_no(text, *piece)]))


def _split_at_no(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _NO_AT_END.finditer(text, start, end):
        yield start, match.end()
        start = match.end()
    yield start, end


def _trimmed(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    trimmed = []
    for start, end in pieces:
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        right = left + len(piece.strip())
        if right > left:
            trimmed.append((left, right))
    return trimmed


def _merged(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what was cut off from its sentence: numbers of enumerations, closing quotes, speakers."""
    merged: list[tuple[int, int]] = []
    open_start: int | None = None
    for start, end in pieces:
        begin = start if open_start is None else open_start
        open_start = None
        if _ENUMERATOR.fullmatch(text, begin, end):
            open_start = begin
        elif merged and begin == start and _belongs_to_previous(text, start, end):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    if open_start is not None:
        tail = (open_start, pieces[-1][1])
        if merged:
            merged[-1] = (merged[-1][0], tail[1])
        else:
            merged.append(tail)
    return merged


def _belongs_to_previous(text: str, start: int, end: int) -> bool:
    if not any(character.isalnum() for character in text[start:end]):
        return True
    match = _CLOSING.match(text, start, end)
    return bool(match and match.end() > start)
