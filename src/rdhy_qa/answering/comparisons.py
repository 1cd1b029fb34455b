"""Which of two named things has more of something: the numbers that each one's item gives, side by side."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rdhy_qa.answering.evidence import is_secondary
from rdhy_qa.answering.lexicon import likeness
from rdhy_qa.answering.lists import RecordList, records_named
from rdhy_qa.answering.questions import Question
from rdhy_qa.answering.spans import TypedSpan, numbers
from rdhy_qa.answering.wanted import MET, Wanted, meets
from rdhy_qa.documents.document import Record
from rdhy_qa.terms import STOP_WORDS, fold, terms

_MORE = re.compile(r"\b(?:more|most|bigger|biggest|larger|largest|higher|highest|greater|greatest)\b")
_LESS = re.compile(r"\b(?:less|least|fewer|fewest|smaller|smallest|lower|lowest)\b")
_WINDOW = 60
_TWO = 2


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things compared, with its number."""

    list: RecordList
    record: Record
    number: TypedSpan
    """Offsets in the document."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The sides, the one that the question asks for first."""

    sides: tuple[Side, ...]
    tie: bool


def compare(question: Question, wanted: Sequence[Wanted], lists: Sequence[RecordList]) -> Comparison | None:
    """Compare two or more named items; None where the question compares nothing or a number is missing."""
    low = fold(question.text)
    more, less = _MORE.search(low), _LESS.search(low)
    if bool(more) == bool(less):
        return None
    named = sorted(records_named(wanted, lists), key=lambda entry: is_secondary(entry[0].view.document))
    heads = {stem for entry in named for stem in _head(*entry)}
    units = [word.stem for word in wanted if word.stem not in heads]
    found: dict[frozenset[str], Side | None] = {}
    for candidate, record in named:
        # What lists write in two ways, "Var Group" and "VARGROUP", the question names with the same words.
        head = _head(candidate, record)
        names = frozenset(word.stem for word in wanted if word.name and meets(word, head) >= MET)
        if not names:  # an item that is called by the question's other words
            continue
        thing = next((other for other in found if other & names), names)
        if found.get(thing) is None:
            number = _number_of(candidate, record, units)
            found[thing] = None if number is None else Side(candidate, record, number)
    sides = [side for side in found.values() if side is not None]
    if len(sides) < max(len(found), _TWO):
        return None
    sides.sort(key=lambda side: side.number.value or 0.0, reverse=more is not None)
    return Comparison(tuple(sides), sides[0].number.value == sides[1].number.value)


def _head(candidate: RecordList, record: Record) -> frozenset[str]:
    assert record.head is not None
    return candidate.view.stems_between(record.head.start, record.head.end)


def _number_of(candidate: RecordList, record: Record, units: Sequence[str]) -> TypedSpan | None:
    """The number in an item that counts one of the units."""
    text = candidate.view.document.text[record.start : record.end]
    best: tuple[float, TypedSpan] | None = None
    for span in numbers(text):
        after = [t.stem for t in terms(text[span.end : span.end + _WINDOW]) if t.folded not in STOP_WORDS][:3]
        for distance, word in enumerate(after):
            share = max((likeness(unit, word) for unit in units), default=0.0) - 0.01 * distance
            if share > 0.8 and (best is None or share > best[0]):
                best = (share, span)
    if best is None:
        return None
    span = best[1]
    return TypedSpan(span.start + record.start, span.end + record.start, span.type, span.value, span.unit)
