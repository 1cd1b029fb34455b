"""Whether a question names an item of a list itself, by its head: "Morningstar", or "SINA" for its full name."""

from collections.abc import Sequence

from rdhy_qa.answering.views import DocumentView
from rdhy_qa.answering.wanted import Wanted
from rdhy_qa.documents.document import Record

NAMED = 0.5
"""Share of a head's words from which a question names it."""


def share_named(view: DocumentView, record: Record, words: Sequence[Wanted]) -> float:
    """Share of the words of an item's head that the question has, synonyms left out; 1 where it has its acronym."""
    if record.head is None:
        return 0.0
    if _acronyms(record.head.of(view.document.text)) & {word.folded for word in words}:
        return 1.0
    head = view.stems_between(record.head.start, record.head.end)
    said = {stem for word in words for stem, weight in word.stems if weight >= 0.6}
    return len(head & said) / len(head) if head else 0.0


def _acronyms(head: str) -> set[str]:
    return {part.strip("()").lower() for part in head.split() if part.strip("()").isupper()}
