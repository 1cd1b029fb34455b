"""What letters stand for: the words that a text has beside an abbreviation, one of the two in parentheses.

Words and letters are matched as Schwartz and Hearst do ("A simple algorithm for identifying abbreviation definitions in
biomedical text", PSB 2003), with one condition more: no more words than letters, small ones aside.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rdhy_qa.answering.questions import Question
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.documents.document import Span
from rdhy_qa.terms import STOP_WORDS

_LETTERS = r"[A-Z][A-Za-z0-9&.-]{0,8}[A-Z0-9]"
_IN_PARENTHESES = re.compile(rf"(?P<words>[^()\n]{{3,120}}?)\s?\((?P<letters>{_LETTERS})s?\)")
_BEFORE_PARENTHESES = re.compile(rf"(?<![\w-])(?P<letters>{_LETTERS})s?\s?\((?P<words>[^()\n]{{3,80}})\)")
_ASKS = re.compile(
    r"\b(?:stands? for|short for|abbreviat\w+|acronym|initials|letters|(?:spelled|written) out|full (?:form|name))\b"
)
_TOKEN = re.compile(r"[\w&.'’-]+")
_MEANS = re.compile(r"\W{1,3}mean(?:s|ing)?\b")
_MEANING_OF = re.compile(r"\bmeaning of (?:the )?(?:\w{1,20} )?$")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Expansion:
    """What an abbreviation stands for in a document."""

    view: DocumentView
    letters: str
    words: Span


def expansion(question: Question, views: Iterable[DocumentView]) -> Expansion | None:
    """What the letters stand for that a question asks about, from the first document that says so."""
    asked = _asked(question.text)
    if not asked:  # nearly always: no document is looked at
        return None
    found = (Expansion(view, letters, words) for view in views for letters, words in _expansions(view, asked))
    return next(found, None)


def _asked(question: str) -> frozenset[str]:
    """The words of a question that it asks the meaning of, as they are written; they may be letters for others."""
    found = set()
    for token in _TOKEN.finditer(question):
        before, after = question[: token.start()].lower(), question[token.end() :].lower()
        if _ASKS.search(before + after) or _MEANS.match(after) or _MEANING_OF.search(before):
            found.add(token.group().removesuffix("s").rstrip("'’."))
    return frozenset(found)


def _is_asked(letters: str, asked: frozenset[str]) -> bool:
    """Whether letters are among the words asked about; what is a word as well has to be in capitals there: "ME"."""
    if letters.lower() in STOP_WORDS:
        return letters in asked
    return letters.lower() in {word.lower() for word in asked}


def _expansions(view: DocumentView, asked: frozenset[str]) -> Iterator[tuple[str, Span]]:
    """The letters asked about that a document spells out, each with its words."""
    text = view.document.text
    for sentence in view.document.sentences:
        quote = text[sentence.start : sentence.end]
        if "(" not in quote or sentence.block in view.not_evidence:
            continue
        for pattern in (_IN_PARENTHESES, _BEFORE_PARENTHESES):
            for match in pattern.finditer(quote):
                if not _is_asked(match["letters"], asked):
                    continue
                start = _begin(match["words"], match["letters"])
                if start == 0 or (start is not None and pattern is _IN_PARENTHESES):
                    begin = sentence.start + match.start("words") + start
                    yield match["letters"], Span(begin, sentence.start + match.end("words"))


def _begin(words: str, letters: str) -> int | None:
    """Where the words begin that letters at their end stand for: matched backwards, the first letter opens a word."""
    wanted = [letter.lower() for letter in letters if letter.isalnum()]
    place = len(words)
    for number, letter in reversed(list(enumerate(wanted))):
        place -= 1
        while place >= 0 and (words[place].lower() != letter or (number == 0 and words[place - 1 : place].isalnum())):
            place -= 1
        if place < 0:
            return None
    content = [word for word in _WORD.findall(words[place:]) if word.lower() not in STOP_WORDS]
    return place if 0 < len(content) <= len(wanted) else None
