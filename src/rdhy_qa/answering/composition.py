"""Answers that read well on their own, each statement with its citation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rdhy_qa.answering import abstention, lists
from rdhy_qa.answering.abbreviations import Expansion
from rdhy_qa.answering.citations import Citations, without_marks
from rdhy_qa.answering.comparisons import Comparison
from rdhy_qa.answering.evidence import Evidence
from rdhy_qa.answering.list_names import name_of_list
from rdhy_qa.answering.list_openings import is_plural_noun
from rdhy_qa.answering.lists import Match, RecordList
from rdhy_qa.answering.membership import Membership
from rdhy_qa.answering.named_in_turn import Turns
from rdhy_qa.answering.places import countries_in
from rdhy_qa.answering.questions import Kind, Question
from rdhy_qa.answering.spans import SpanType, find, names, numbers
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.answering.wanted import Wanted
from rdhy_qa.contracts import Citation, Complete, Item, Reason
from rdhy_qa.documents.document import BlockKind, Document, Record, Span
from rdhy_qa.terms import STOP_WORDS, terms

_NUMBER_NAMES = "no one two three four five six seven eight nine ten eleven twelve".split()
CONTEXT_FREE_PRONOUNS = frozenset("it they he she this these those that its their his her there such".split())
"""What opens a sentence that can't be understood without the one before."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it knows its generation and timings."""

    answered: bool
    text: str
    confidence: float
    short: str | None = None
    items: tuple[Item, ...] = ()
    complete: Complete | None = None
    reason: Reason | None = None
    citations: tuple[Citation, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """What the answer may be worded anew from, best first; empty where it declines, is a list or is computed."""


def decline(
    reason: Reason, confidence: float = 0.0, *, unknown: tuple[str, ...] = (), text: str | None = None
) -> Draft:
    """Say that there is no answer, and why; `text` says it in other words than the reason's own."""
    return Draft(False, text or abstention.message(reason, unknown), confidence, reason=reason)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "”", "“", '"')) else text.rstrip(":;,") + "."


def _sentence_at(document: Document, offset: int) -> Span:
    """The sentence around an offset."""
    for sentence in document.sentences:
        if sentence.start <= offset < sentence.end:
            return Span(sentence.start, sentence.end)
    block = next(b for b in document.blocks if b.start <= offset < b.end)
    return Span(block.start, block.end)


def statement(question: Question, wanted: Sequence[Wanted], best: Evidence, confidence: float) -> Draft:
    """The sentence that answers, with what a reader needs to understand it."""
    citations = Citations()
    short = _short(question, wanted, best)
    n = citations.cite(best.document, best.sentence.start, best.sentence.end, short)
    quote = without_marks(best.quote)
    text = f"{_ended(quote)} [{n}]"
    opening = _opening(best)
    if opening is not None:
        label, where = opening
        m = citations.cite(best.document, where.start, where.end, short)
        text = f"{label} [{m}]: {text}" if m != n else f"{label}: {text}"
    if best.block.kind is BlockKind.NOTE:
        text = text if text.lower().startswith("editor") else f"Editor's note: {text}"
    said = without_marks(short.of(best.document.text)) if short else None
    return Draft(True, text, confidence, short=said, citations=citations.all())


def _opening(best: Evidence) -> tuple[str, Span] | None:
    """The name of the thing that a sentence is about, where the sentence itself does not say it."""
    text = best.document.text
    record = best.record
    own = {t.stem for t in terms(best.quote)}
    if record is not None and record.head is not None and not record.start <= best.sentence.start <= record.head.start:
        head = [t.stem for t in terms(record.head.of(text))]
        if not all(stem in own for stem in head[:1]):
            candidate = RecordList(DocumentView(best.document), record.list_id, (record,))
            return lists.item_label(candidate, record), _sentence_at(best.document, record.head.start)
        return None
    first = best.quote.split(" ", 1)[0].strip("“\"'").lower()
    if first in CONTEXT_FREE_PRONOUNS and best.index:
        previous = best.document.sentences[best.index - 1]
        if previous.block == best.sentence.block:
            before = without_marks(text[previous.start : previous.end])
            return before.rstrip(".:"), Span(previous.start, previous.end)
    return None


_LIMITS = re.compile(
    r"\b(?:(?:more|less|fewer) than|over|under|about|around|nearly|almost|roughly|at least|at most|up to) $",
    re.IGNORECASE,
)


def _short(question: Question, wanted: Sequence[Wanted], best: Evidence) -> Span | None:
    """The short answer, with what limits a number: "more than 10,000"."""
    found = _seen(question, wanted, best)
    if found is None or not best.document.text[found.start].isdigit():
        return found
    return _limited(best.document, best.sentence.start, found)


def _limited(document: Document, begin: int, number: Span) -> Span:
    """A number with what limits it, in a sentence that begins there."""
    limit = _LIMITS.search(document.text, begin, number.start)
    return Span(limit.start(), number.end) if limit else number


def _seen(question: Question, wanted: Sequence[Wanted], best: Evidence) -> Span | None:
    """The short answer: an item's name, what is of the wanted type, or what the reader sees."""
    text = best.document.text
    record = best.record
    if question.kind is Kind.NAME and record is not None and record.head is not None:
        head = [t.stem for t in terms(record.head.of(text)) if t.folded not in STOP_WORDS]
        asked = {stem for word in wanted for stem, _ in word.stems}
        if head and not any(stem in asked for stem in head):
            return record.head
    read = best.span if best.span and best.span.end - best.span.start <= _SHORT_ANSWER else None
    if read is not None and _echoes(question, read.of(text)):
        read = None
    if best.spans:
        typed = [Span(span.start, span.end) for span in best.spans]
        if read is None:
            return typed[0]
        # "12 percent" where the reader sees "12"; the reader's own where it sees more.
        around = next((span for span in typed if span.start <= read.start and read.end <= span.end), None)
        agreeing = any(span.start < read.end and read.start < span.end for span in typed)
        return around or (read if agreeing else typed[0])
    return read


def _echoes(question: Question, text: str) -> bool:
    """Whether a text says nothing that the question does not say itself."""
    asked = {term.stem for term in terms(question.text)} | STOP_WORDS
    return all(term.stem in asked or term.folded in asked for term in terms(text))


_SHORT_ANSWER = 100
"""Characters up to which a span is a short answer, not a statement."""


def _item(citations: Citations, document: Document, label: str, start: int, name: Span | None) -> Item:
    """An item of an answer, cited by the sentence that names it, or that begins it where it has no name."""
    where = _sentence_at(document, name.start if name else start)
    return Item(text=label, citations=(citations.cite(document, where.start, where.end, name),))


def items(match: Match, confidence: float) -> Draft:
    """A list as a whole, each item cited, with the count that it was checked against."""
    citations = Citations()
    found = []
    for candidate, record in match.records:
        document = candidate.view.document
        label = lists.item_label(candidate, record)
        if match.countries and record.qualifier is not None and record.head is not None:
            label = without_marks(f"{record.qualifier.of(document.text)} ({record.head.of(document.text)})")
        found.append(_item(citations, document, label, record.start, record.head))
    expected = len(found)
    marks = [f"{item.text} [{item.citations[0]}]" for item in found]
    if len(found) == 1:
        text, short = f"{marks[0]}.", found[0].text
    else:
        text = f"{_number(len(found)).capitalize()}: {'; '.join(marks)}."
        short = f"{len(found)} {_class_word(match)}"
    complete = Complete(found=len(found), expected=expected)
    return Draft(True, text, confidence, short, tuple(found), complete, citations=citations.all())


def in_turn(turns: Turns, confidence: float, *, counted: bool) -> Draft:
    """What a text names in turn, or its number. Nothing says how many there are, so it is checked against no count."""
    citations = Citations()
    document = turns.view.document
    found = [
        _item(citations, document, without_marks(name.of(document.text)), name.start, name) for name in turns.names
    ]
    listed = "; ".join(f"{item.text} [{item.citations[0]}]" for item in found)
    number = _number(len(found)).capitalize()
    text = f"{number} ({len(found)}): {listed}." if counted else f"{number}: {listed}."
    short = str(len(found)) if counted else f"{len(found)} {turns.called}"
    return Draft(True, text, confidence, short, tuple(found), citations=citations.all())


def expansion(expanded: Expansion, confidence: float) -> Draft:
    """What an abbreviation stands for, with the sentence that spells it out."""
    citations = Citations()
    document = expanded.view.document
    where = _sentence_at(document, expanded.words.start)
    n = citations.cite(document, where.start, where.end, expanded.words)
    short = without_marks(expanded.words.of(document.text))
    return Draft(True, f"{expanded.letters}: {short} [{n}].", confidence, short, citations=citations.all())


def _class_word(match: Match) -> str:
    """What the items are, in the words of the sentence that opens the list: what its number counts, or its last plural.

    "Four organisations won in the Benchmark Innovators category" lists organisations.
    """
    said = match.lists[0].opening_text()
    plurals = [t for t in terms(said) if t.folded == "people" or is_plural_noun(t.folded)]
    counted = (t for number in numbers(said) for t in plurals if t.start >= number.end)
    word = next(counted, plurals[-1] if plurals else None)
    return said[word.start : word.end] if word else "items"


def _number(value: int) -> str:
    return _NUMBER_NAMES[value] if value < len(_NUMBER_NAMES) else f"{value:,}"


def count(match: Match, confidence: float) -> Draft:
    """A number counted from a list, with the items that were counted."""
    citations = Citations()
    found = [
        _item(citations, one.view.document, lists.item_label(one, record), record.start, record.head)
        for one, record in match.records
    ]
    listed = "; ".join(f"{item.text} [{item.citations[0]}]" for item in found)
    short = str(len(found))
    text = f"{_number(len(found)).capitalize()} ({short}): {listed}."
    complete = Complete(found=len(found), expected=len(found))
    return Draft(True, text, confidence, short, tuple(found), complete, citations=citations.all())


def category(candidate: RecordList, record: Record, focus: Sequence[str]) -> Draft | None:
    """What an item's list is called: the category that it won."""
    document = candidate.view.document
    assert record.head is not None
    body = Span(record.head.end, record.end)
    label = lists.item_label(candidate, record)
    citations = Citations()
    in_item = next(
        (
            (name, term)
            for name in names(body.of(document.text))
            for term in terms(name.of(body.of(document.text)))
            if term.stem in set(focus) - {"categori", "class"}
        ),
        None,
    )
    named = name_of_list(candidate, focus)
    item = _sentence_at(document, record.head.start)
    if in_item is not None:
        short = without_marks(in_item[0].of(body.of(document.text)))
        n = citations.cite(document, item.start, item.end)
        text = f"{label}: {short} [{n}]."
        if named is not None:
            where = _sentence_at(document, named[1].start)
            m = citations.cite(document, where.start, where.end)
            text = f"{label}: {short} [{n}], in {named[0]} [{m}]."
        return Draft(True, text, 0.9, short, citations=citations.all())
    if named is None:
        return None
    where = _sentence_at(document, named[1].start)
    n = citations.cite(document, where.start, where.end)
    m = citations.cite(document, item.start, item.end)
    text = f"{named[0]} [{n}] is where {label} is listed [{m}]."
    return Draft(True, text, 0.9, named[0], citations=citations.all())


def comparison(compared: Comparison, confidence: float) -> Draft:
    """The things compared with their numbers, the one that is asked for first."""
    citations = Citations()
    parts = []
    for side in compared.sides:
        document = side.list.view.document
        where = _sentence_at(document, side.number.start)
        n = citations.cite(document, where.start, where.end)
        head = without_marks(side.record.head.of(document.text)) if side.record.head else ""
        number = _limited(document, where.start, Span(side.number.start, side.number.end))
        parts.append((head, f"{head}: {number.of(document.text)} [{n}]"))
    short = "the same" if compared.tie else parts[0][0]
    text = "; ".join(part for _, part in parts) + "."
    lead = "Both give the same number. " if compared.tie else f"{short}. "
    return Draft(True, lead + text, confidence, short, citations=citations.all())


def yes_no(best: Evidence, yes: bool, confidence: float) -> Draft:
    """Yes or no, with the sentence that says so."""
    citations = Citations()
    n = citations.cite(best.document, best.sentence.start, best.sentence.end)
    word = "Yes" if yes else "No"
    text = f"{word}. {_ended(without_marks(best.quote))} [{n}]"
    if (opening := _opening(best)) is not None:
        m = citations.cite(best.document, opening[1].start, opening[1].end)
        text = f"{word}. {opening[0]} [{m}]: {_ended(without_marks(best.quote))} [{n}]"
    return Draft(True, text, confidence, word, citations=citations.all())


def membership(found: Membership, confidence: float) -> Draft:
    """Yes or no, with what opens the list that the thing is in, and the thing itself."""
    citations = Citations()
    document = found.list.view.document
    assert found.record.head is not None
    item = _sentence_at(document, found.record.head.start)
    n = citations.cite(document, item.start, item.end, found.record.head)
    word = "Yes" if found.member else "No"
    label = lists.item_label(found.list, found.record)
    if not found.list.openings:
        return Draft(True, f"{word}. {label} [{n}].", confidence, word, citations=citations.all())
    opening = found.list.openings[0]
    m = citations.cite(document, opening.start, opening.end)
    text = f"{word}. {without_marks(opening.of(document.text)).rstrip('.:')} [{m}]: {label} [{n}]."
    return Draft(True, text, confidence, word, citations=citations.all())


def contradicts(value: Wanted, evidence: Evidence) -> bool:
    """Whether the evidence gives another value of the kind that the question names."""
    if value.country is not None:
        found = evidence.record or evidence.sentence
        return any(place.noun for place in countries_in(evidence.document.text[found.start : found.end]))
    return bool(find(evidence.quote, SpanType.PLACE)) if value.name else bool(numbers(evidence.quote))
