"""What opens a list: the last sentence of its lead-in, and before that the one that names what is listed."""

import re

from rdhy_qa.documents.document import Document, Span
from rdhy_qa.terms import STOP_WORDS, terms

_GOES_ON = re.compile(r"\W*(?:[\w']+,? ){0,3}(?:these|those|they)\b", re.IGNORECASE)


def opening_spans(document: Document, lead_in: Span | None) -> tuple[Span, ...]:
    """The sentences that open a list, one or two, in order; none where nothing introduces it.

    "The next category is the Open Water. These are ferry lines that … And the winners are:" is opened by its first and
    its last sentence.
    """
    if lead_in is None:
        return ()
    inside = [document.sentences[index] for index in document.sentences_in(lead_in.start, lead_in.end)]
    if not inside:
        return (lead_in,)
    named = len(inside) - 1
    while named and _goes_on(document.text[inside[named].start : inside[named].end]):
        named -= 1
    return tuple(Span(one.start, one.end) for one in dict.fromkeys((inside[named], inside[-1])))


def _goes_on(sentence: str) -> bool:
    """Whether a sentence says more of what the one before it named: "These are …", "And the winners are:"."""
    return bool(_GOES_ON.match(sentence)) or sum(t.folded not in STOP_WORDS for t in terms(sentence)) <= 1


def is_plural_noun(folded: str) -> bool:
    """Whether a word looks like a plural."""
    return len(folded) > 3 and folded.endswith("s") and not folded.endswith(("ss", "us", "is"))


def class_nouns(text: str) -> set[str]:
    """Stems of the plural nouns of a text that opens a list: what its items are."""
    return {t.stem for t in terms(text) if is_plural_noun(t.folded) and t.folded not in STOP_WORDS}
