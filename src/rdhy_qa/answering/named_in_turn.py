"""Things that a text names in turn, a sentence each and in no list: "The first stop was …", "The next stop was …"."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rdhy_qa.answering.list_names import name_beside
from rdhy_qa.answering.questions import Kind, Question
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.answering.wanted import MET, Wanted, meets
from rdhy_qa.documents.document import Span
from rdhy_qa.terms import Term, stem, terms

_TURNS = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth next another further last final".split()
)
_TIMES = frozenset(stem(word) for word in "day week month quarter year morning afternoon evening night time".split())
"""What is next in any text, and makes no series."""
_BETWEEN = 2
"""Words that may stand between "next" and the word for what comes next."""
_FEWEST = 2
"""Sentences that say "first", "next" or the like, from which things are named in turn."""


@dataclass(frozen=True, slots=True)
class Turns:
    """What a document names in turn."""

    view: DocumentView
    names: tuple[Span, ...]
    """In the order of the text."""
    called: str
    """The question's word for them."""

    def are_items(self, heads: Iterable[frozenset[str]]) -> bool:
        """Whether each of them is the name of an item of a list; `heads` holds the stems of the items' names."""
        heads = tuple(heads)
        return all(any(self.view.stems_between(name.start, name.end) <= head for head in heads) for name in self.names)


def named_in_turn(question: Question, wanted: Sequence[Wanted], views: Iterable[DocumentView]) -> Turns | None:
    """The things of the kind that is asked for, from the first document that names them in turn."""
    if not question.focus or not (question.kind is Kind.LIST or question.count or question.plural):
        return None
    kind = question.focus[-1]
    if kind.stem in _TIMES:
        return None
    others = [word for word in wanted if word.stem != kind.stem]
    return next((found for view in views if (found := _of_document(kind, others, view)) is not None), None)


def _of_document(kind: Term, others: Sequence[Wanted], view: DocumentView) -> Turns | None:
    found: dict[frozenset[str], Span] = {}
    around = set(view.title)
    turns = 0
    for index, sentence in enumerate(view.document.sentences):
        if kind.stem not in view.stems(index) or sentence.block in view.not_evidence:
            continue
        around |= {*view.stems(index), *view.section(view.document.blocks[sentence.block].section)}
        for name, in_turn in _names(view.document.text[sentence.start : sentence.end], kind.stem):
            span = Span(sentence.start + name.start, sentence.start + name.end)
            found.setdefault(view.stems_between(span.start, span.end), span)
            turns += in_turn
    if turns < _FEWEST or any(meets(word, frozenset(around)) < MET for word in others):
        return None
    return Turns(view, tuple(sorted(found.values(), key=lambda span: span.start)), kind.folded)


def _names(sentence: str, kind: str) -> Iterator[tuple[Span, bool]]:
    """Names of things of a kind in a sentence; whether each one is said to be next in turn."""
    words = terms(sentence)
    for place, word in enumerate(words):
        if word.stem != kind:
            continue
        in_turn = any(before.folded in _TURNS for before in words[max(0, place - 1 - _BETWEEN) : place])
        name = name_beside(sentence, [word])
        touching = name is not None and sentence[name.end : word.start].isspace()
        if name is not None and (in_turn or touching):
            yield name, in_turn
