"""Whether a thing is in a list: "Is Morningstar a winner?", "Did ASA Group win as a Benchmark Innovator?"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rdhy_qa.answering.evidence import is_secondary
from rdhy_qa.answering.lexicon import likeness
from rdhy_qa.answering.lists import RELATING, RecordList, awards
from rdhy_qa.answering.named_items import NAMED, share_named
from rdhy_qa.answering.wanted import MET, Wanted, meets
from rdhy_qa.documents.document import Record
from rdhy_qa.terms import stem

_AWARDED = frozenset(
    stem(word)
    for word in "win won winner award awarded prize receive received get earn honour honor category class title".split()
)
"""What is said of the items of a list of winners, whichever of these words the list has."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Where a thing is listed, and whether that is the list that was asked about."""

    list: RecordList
    record: Record
    member: bool


def membership(wanted: Sequence[Wanted], candidates: Iterable[RecordList]) -> Membership | None:
    """Decide whether the thing that a question names is in the list that the rest of the question describes.

    Yes, where a list has both. No, where only another list of winners is described so, and the thing is in one of them:
    a list of anything else need not be whole.
    """
    candidates = sorted(candidates, key=lambda one: is_secondary(one.view.document))
    listed = [
        (candidate, record)
        for candidate in candidates
        for record in candidate.records
        if len(candidate.records) > 1 and share_named(candidate.view, record, wanted) >= NAMED
    ]
    for candidate, record in listed:
        if _describes(candidate, _rest(wanted, candidate, record), record):
            return Membership(candidate, record, member=True)
    for candidate, record in listed:
        rest = _rest(wanted, candidate, record)
        if awards(candidate) and any(awards(other) and _describes(other, rest) for other in candidates):
            return Membership(candidate, record, member=False)
    return None


def _rest(wanted: Sequence[Wanted], candidate: RecordList, record: Record) -> list[Wanted]:
    """What a question has beside the name of an item."""
    assert record.head is not None
    head = candidate.view.stems_between(record.head.start, record.head.end)
    return [word for word in wanted if meets(word, head) < MET and share_named(candidate.view, record, [word]) < NAMED]


def _describes(candidate: RecordList, words: Sequence[Wanted], record: Record | None = None) -> bool:
    """Whether what introduces a list has all of some words; countries have to stand with the item."""
    around = candidate.opening | candidate.headed
    countries = frozenset[str]()
    if record is not None:
        where = record.qualifier or record.head
        assert where is not None
        countries = candidate.view.countries(where.start, where.end)
    return any(_is_class(candidate, word) for word in words) and all(
        word.stem in RELATING or (awards(candidate) if word.stem in _AWARDED else meets(word, around, countries) >= MET)
        for word in words
    )


def _is_class(candidate: RecordList, word: Wanted) -> bool:
    """Whether a word says what the items of a list are."""
    return word.stem in RELATING | _AWARDED or any(likeness(word.stem, kind) >= MET for kind in candidate.classes)
