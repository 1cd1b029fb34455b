"""What a language model may write from: the sentences nearest to the question, each with what it hangs on.

A sentence of a document seldom stands alone: an item belongs to the thing that it is an item of and to the sentence
that opens its list, a section to its heading, "it" to the sentence before. That is the line's frame. A statement is
proven by one line and its frame, and cites of them what it needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rdhy_qa.answering.composition import CONTEXT_FREE_PRONOUNS, Draft
from rdhy_qa.answering.instructions import speaks_to_machine
from rdhy_qa.answering.ranking import Material
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.documents.document import BlockKind, Document, Span

_BEST = 6
"""Of the evidence so many sentences are sent,"""
_MOST = 24
"""with their neighbours no more than these,"""
_CHARACTERS = 4_000
"""and no more than this of text: with the rest of the prompt some 1,300 tokens, within a context of 2,048."""
_UNFIT = frozenset({BlockKind.CAPTION, BlockKind.NOTE})
"""Kinds of blocks that are not sent. What rests on an editor's note has to say so, which no model is trusted with."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a document that a model may rest a statement on."""

    document: Document
    span: Span
    frame: tuple[Span, ...]
    """Sentences that it hangs on, the nearest first."""

    @property
    def text(self) -> str:
        """The sentence on one line."""
        return " ".join(self.span.of(self.document.text).split())

    @property
    def around(self) -> tuple[str, ...]:
        """The frame's sentences."""
        return tuple(span.of(self.document.text) for span in self.frame)


def lines_of(material: Material, draft: Draft) -> list[Line]:
    """The lines for a question: what the extractive answer cites, the best evidence, and the neighbours of both.

    None where the answer is not to be worded anew, or rests on an editor's note.
    """
    if not draft.evidence or any(citation.note for citation in draft.citations):
        return []
    views = {passage.view.document.id: passage.view for passage in material.passages}
    chosen: dict[tuple[str, int], None] = {}
    for place in _places(views, draft):
        chosen.setdefault(place)
    kept, characters = [], 0
    for document_id, index in list(chosen)[:_MOST]:
        view = views[document_id]
        sentence = view.document.sentences[index]
        characters += sentence.end - sentence.start
        if characters > _CHARACTERS:
            break
        kept.append((document_id, index))
    return [line_at(views[document_id], index) for document_id, index in _by_document(kept)]


def _places(views: dict[str, DocumentView], draft: Draft) -> Iterator[tuple[str, int]]:
    """Document and position of each sentence that is worth sending, the most important first."""
    cited = [
        (citation.document_id, index)
        for citation in draft.citations
        if citation.document_id in views
        for index, sentence in enumerate(views[citation.document_id].document.sentences)
        if sentence.start == citation.start
    ]
    best = [(evidence.document.id, evidence.index) for evidence in draft.evidence[:_BEST]]
    for near in (0, 1):
        for document_id, index in (*cited, *best):
            view = views[document_id]
            for other in range(max(0, index - near), min(len(view.document.sentences), index + near + 1)):
                same_block = view.document.sentences[other].block == view.document.sentences[index].block
                if same_block and _is_fit(view, other):
                    yield document_id, other


def _is_fit(view: DocumentView, index: int) -> bool:
    sentence = view.document.sentences[index]
    return (
        view.document.blocks[sentence.block].kind not in _UNFIT
        and sentence.block not in view.not_evidence
        and not speaks_to_machine(view.document.text[sentence.start : sentence.end])
    )


def _by_document(places: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Documents in the order of their best sentence, each one's sentences in its own order."""
    documents = list(dict.fromkeys(document_id for document_id, _ in places))
    return sorted(places, key=lambda place: (documents.index(place[0]), place[1]))


def line_at(view: DocumentView, index: int) -> Line:
    """A document's sentence as a line."""
    document = view.document
    sentence = document.sentences[index]
    frame = [_span(document, other) for other in _frame(view, index) if _is_fit(view, other)]
    return Line(document, Span(sentence.start, sentence.end), tuple(dict.fromkeys(frame)))


def _span(document: Document, index: int) -> Span:
    return Span(document.sentences[index].start, document.sentences[index].end)


def _frame(view: DocumentView, index: int) -> Iterator[int]:
    """Positions of the sentences that a sentence hangs on."""
    document = view.document
    sentence = document.sentences[index]
    first = document.text[sentence.start : sentence.end].split(" ", 1)[0].strip("“\"'").lower()
    if first in CONTEXT_FREE_PRONOUNS and index and document.sentences[index - 1].block == sentence.block:
        yield index - 1
    record = view.record_of(sentence.block)
    if record is not None:
        for span in (record.head, record.lead_in):
            if span is not None:
                yield from _last_at(document, span, index)
    yield from _headings(view, sentence.block)


def _last_at(document: Document, span: Span, index: int) -> Iterator[int]:
    """The last sentence before another that a range of text touches."""
    touched = [n for n, one in enumerate(document.sentences[:index]) if one.start < span.end and span.start < one.end]
    yield from touched[-1:]


def _headings(view: DocumentView, block: int) -> Iterator[int]:
    """The headings above a block, the nearest first."""
    document = view.document
    section = document.blocks[block].section
    for position in range(block - 1, -1, -1):
        above = document.blocks[position]
        if above.kind is BlockKind.HEADING and section and above.section == section:
            yield from view.sentences_of(position)
            section = section[:-1]
