"""What a list is called: the name in its lead-in, or its heading."""

from collections.abc import Sequence

from rdhy_qa.answering.citations import without_marks
from rdhy_qa.answering.lists import RecordList
from rdhy_qa.answering.spans import TypedSpan, names
from rdhy_qa.documents.document import Span
from rdhy_qa.terms import Term, terms


def name_of_list(candidate: RecordList, focus: Sequence[str]) -> tuple[str, Span] | None:
    """What a list is called, with where that stands: the name beside "category" in its lead-in, else its heading.

    `focus` holds the stems of the word that is asked for, "categori" for "which category".
    """
    document = candidate.view.document
    section = candidate.records[0].section
    if candidate.lead_in is not None:
        lead_in = candidate.lead_in_text()
        anchors = [term for term in terms(lead_in) if term.stem in focus]
        name = name_beside(lead_in, anchors, preferred=candidate.view.section(section[-1:]))
        if name is not None:
            return without_marks(name.of(lead_in)), Span(
                candidate.lead_in.start + name.start, candidate.lead_in.start + name.end
            )
    heading = next((b for b in document.blocks if b.level and b.section == section), None) if section else None
    return (without_marks(section[-1]), Span(heading.start, heading.end)) if heading else None


def name_beside(text: str, anchors: Sequence[Term], *, preferred: frozenset[str] = frozenset()) -> Span | None:
    """The name in a text that stands nearest to one of some words of it, best one that has a preferred stem."""
    found = []
    for name in names(text):
        span = Span(name.start, name.end)
        shared = preferred and preferred & {term.stem for term in terms(span.of(text))}
        gaps = [_gap(text, name, anchor) for anchor in anchors]
        found += [(not shared, gap, span.start, span) for gap in gaps if gap is not None]
    return min(found, key=lambda entry: entry[:3])[-1] if found else None


_NEAR = 40


def _gap(text: str, name: TypedSpan, anchor: Term) -> int | None:
    """Characters between a name and a word; None where the word is in the name, far away or in another clause."""
    if name.start <= anchor.start < name.end:
        return None
    between = text[min(name.end, anchor.end) : max(name.start, anchor.start)]
    return None if len(between) >= _NEAR or any(mark in between for mark in ".:;") else len(between)
