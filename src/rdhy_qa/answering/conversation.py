"""Follow-ups: the standalone questions that one may mean, made from what was said before.

"and from Italy?" after "who won Open Water?" means "who won Open Water from Italy?"; "who founded it?" means whatever
was spoken of. A follow-up may be read in several ways; all of them are asked, and the one with the
likeliest answer is taken. A question with nothing that points back stands alone, so a change of subject is not dragged
along.
"""

import re
from collections.abc import Sequence

from rdhy_qa.answering.places import countries_in
from rdhy_qa.answering.questions import analyse
from rdhy_qa.answering.spans import names
from rdhy_qa.contracts import MAX_QUESTION_CHARACTERS, Turn
from rdhy_qa.terms import STOP_WORDS, terms

_OPENING = re.compile(
    r"^\W*(?:(?:and|but|also|or|so|ok(?:ay)?|then|now|what about|how about|what of|same for)\b[\s,]*)+", re.IGNORECASE
)
_PRONOUN = re.compile(
    r"\b(?:it|its|it's|they|them|their|theirs|he|him|his|she|her|hers|that|this|those|these|there|then"
    r"|(?:other|first|second|third|last|former|latter)(?: ones?| two| three| four)?(?=\W*$)"
    r"|(?:first|second|third|last|other) ones?|[\w-]+ ones?(?=\W*$))\b",
    re.IGNORECASE,
)
_PREPOSITION = r"(?:in|from|for|of|at|on|by|with|to|about|during|before|after)"
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MARKS = re.compile(r"\s*\[\d+\]")
_FEW = 2
"""Content words up to which a question is too short to stand alone: "why?", "since when", "in which hotel?"."""
_MOST = 5
"""Readings that are asked at the most: each costs as much as a question."""


def readings(question: str, history: Sequence[Turn]) -> list[str]:
    """The standalone questions that a question may mean, the likeliest way of reading it first; itself if it points
    nowhere.
    """
    asked = [turn.content for turn in history if turn.role == "user"]
    said = [turn.content for turn in history if turn.role == "assistant"]
    if not asked or not _points_back(question):
        return [question]
    before = re.sub(r"[?\s]+$", "", asked[-1])
    answer = _MARKS.sub("", said[-1]) if said else ""
    rest = re.sub(r"[?\s]+$", "", _OPENING.sub("", question))
    found = [*_substituted(before, rest), *_with_topic(rest, before, answer)]
    if not _PRONOUN.search(question) and _says_enough(question):
        found.append(question)
    kept = dict.fromkeys(" ".join(one.split()) for one in found)
    return [one for one in kept if 0 < len(one) <= MAX_QUESTION_CHARACTERS][:_MOST] or [question]


def _points_back(question: str) -> bool:
    """It opens like a continuation, holds a pronoun, or says too little to stand alone."""
    return bool(_OPENING.match(question) or _PRONOUN.search(question)) or not _says_enough(question)


def _says_enough(question: str) -> bool:
    return sum(term.folded not in STOP_WORDS for term in analyse(question).terms) > _FEW


def _substituted(before: str, rest: str) -> list[str]:
    """The question before, with what the follow-up names in the place of what it named: a year, a country, the end."""
    if re.match(r"(?:who|what|when|where|why|how|which|is|was|did|does|do|are|were)\b", rest, re.IGNORECASE):
        return []
    found: list[str] = []
    year = _YEAR.search(rest)
    if year and (old := _YEAR.search(before)):
        found.append(before[: old.start()] + year.group() + before[old.end() :])
    elif year:
        found.append(f"{before} in {year.group()}")
    new_places, old_places = countries_in(rest), countries_in(before)
    if new_places and old_places:
        new, known = new_places[0], old_places[0]
        found.append(before[: known.start] + rest[new.start : new.end] + before[known.end :])
    if preposition := re.match(rf"{_PREPOSITION}\b", rest, re.IGNORECASE):
        at = [m.start() for m in re.finditer(rf"\b{preposition.group()}\b", before, re.IGNORECASE)]
        found.append(f"{before[: at[-1]]} {rest}" if at else f"{before} {rest}")
        return found
    if prepositions := list(re.finditer(rf"\b{_PREPOSITION}\b", before, re.IGNORECASE)):
        found.append(f"{before[: prepositions[-1].end()]} {rest}")
    words = terms(before)
    if len(words) > 1:
        # "who wrote proximity": what follows the verb; "who won benchmark innovators": two words of it
        found += [f"{before[: words[-back].start]} {rest}" for back in (1, 2) if back < len(words)]
    return found


def _with_topic(rest: str, before: str, answer: str) -> list[str]:
    """The follow-up with what was spoken of in place of its pronoun, or after it."""
    found = []
    for topic in _topics(before, answer):
        pronoun = re.search(r"\b(?:it|they|them|he|him|she|that|this|those|these)\b", rest, re.IGNORECASE)
        owner = re.search(r"\b(?:its|their|his|her)\b", rest, re.IGNORECASE)
        if pronoun:
            found.append(f"{rest[: pronoun.start()]}{topic}{rest[pronoun.end() :]}")
        elif owner:
            found.append(f"{rest[: owner.start()]}{topic}'s{rest[owner.end() :]}")
        else:
            found.append(f"{rest} {topic}")
    return found


def _topics(before: str, answer: str) -> list[str]:
    """What may have been spoken of: the first name of the answer, the names of the question, all that it asks about."""
    first = answer.split(". ")[0]
    named = [name.of(first) for name in names(first)]
    of_question = [name.of(before) for name in names(before)]
    content = " ".join(before[term.start : term.end] for term in analyse(before).terms)
    return list(dict.fromkeys(one for one in (*named[:1], *of_question[:1], content) if one))
