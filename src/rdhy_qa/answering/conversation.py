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
_PREPOSITION = r"(?:in|from|for|of|at|on|by|with|to|about|during|before|after|since|until)"
_WORD = r"(?:who|whom|whose|what|when|where|why|how|which)"
_ASKS = re.compile(rf"^(?:{_PREPOSITION}\s+)?{_WORD}\b", re.IGNORECASE)
_BARE = re.compile(rf"{_ASKS.pattern}(?:\s+[\w-]+){{0,2}}$", re.IGNORECASE)
"""No more than what is asked for: "why", "since when", "in which hotel"."""
_AUXILIARY = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)\b", re.IGNORECASE
)
_ASKED = re.compile(
    rf"^(?:{_PREPOSITION}\s+)?(?:(?:which|what|whose|how (?:many|much))\s+(?!{_AUXILIARY.pattern})[\w-]+|{_WORD})\b",
    re.IGNORECASE,
)
"""What a whole question asks for: its question word, with the noun that goes with it."""
_ORDINAL_WORD = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|next)\b", re.IGNORECASE
)
_ORDINAL = re.compile(rf"(?:the\s+)?({_ORDINAL_WORD.pattern})(?:\s+ones?)?", re.IGNORECASE)
_ONE_THING = re.compile(r"\b(?:it|its|it's|that|this)\b", re.IGNORECASE)
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
    before, answer = _said_before(history)
    if not before or not _points_back(question):
        return [question]
    rest = re.sub(r"[?\s]+$", "", _OPENING.sub("", question))
    found = _replaced(rest, before, answer) or [*_substituted(rest, before), *_with_topic(rest, before, answer)]
    if not _PRONOUN.search(question) and _says_enough(question):
        found.append(question)
    kept = dict.fromkeys(" ".join(one.split()) for one in found)
    return [one for one in kept if 0 < len(one) <= MAX_QUESTION_CHARACTERS][:_MOST] or [question]


def told_before(question: str, history: Sequence[Turn]) -> str:
    """The answer that a follow-up wants other than it was, without its marks; empty where there is none.

    "And in Germany?" asks the same of something else. "And where?" has a question word of its own: it asks something
    else of the same, which the sentence that was told may well hold.
    """
    rest = _OPENING.sub("", question)
    if readings(question, history) == [question] or _ASKS.match(rest) or _AUXILIARY.match(rest):
        return ""
    return _said_before(history)[1]


def says_nothing_new(short: str | None, quotes: Sequence[str], told: str) -> bool:
    """Whether an answer and the sentences that it rests on were all told before.

    "And in Germany?" is not answered by the sentence on the Netherlands once more, however much it is about the same.
    """
    said = _in_words(told)
    again = (said in (quoted := _in_words(quote)) or quoted in said for quote in quotes)
    return bool(quotes) and bool(told) and all(again) and _in_words(short or "") in said


def lists_again(question: str, text: str, history: Sequence[Turn]) -> bool:
    """Whether a follow-up about one thing would get the list once more that it comes after.

    "And where was it held?" after a list of winners is about what they won, of which the list says nothing; "where are
    they from?" is about the winners, and the list may well say that.
    """
    if not _ONE_THING.search(question) or readings(question, history) == [question]:
        return False
    return _in_words(_said(text)) == _in_words(_said_before(history)[1])


def _in_words(text: str) -> str:
    return f" {' '.join(term.folded for term in terms(text))} " if text else ""


def _said_before(history: Sequence[Turn]) -> tuple[str, str]:
    """The question before, made to stand alone by what was said before it, and the answer to it."""
    last = max((n for n, turn in enumerate(history) if turn.role == "user"), default=None)
    if last is None:
        return "", ""
    asked = _opening_of(history[last].content)
    answer = next((_said(turn.content) for turn in history[last + 1 :]), "")
    return re.sub(r"[?\s]+$", "", readings(asked, history[:last])[0]), answer


def _said(answer: str) -> str:
    """The beginning of an answer without its marks."""
    return _MARKS.sub("", _opening_of(answer))


def _opening_of(text: str) -> str:
    """As much of what was said as a question may have: more is not looked at, and would take long to be."""
    return " ".join(text.split())[:MAX_QUESTION_CHARACTERS]


def _points_back(question: str) -> bool:
    """It opens like a continuation, holds a pronoun, or says too little to stand alone."""
    if _OPENING.match(question) or _PRONOUN.search(question):
        return True
    names_its_subject = bool(_ASKS.match(question)) and any(name.start > 0 for name in names(question))
    return not (names_its_subject or _says_enough(question))


def _says_enough(question: str) -> bool:
    return sum(term.folded not in STOP_WORDS for term in analyse(question).terms) > _FEW


def _replaced(rest: str, before: str, answer: str) -> list[str]:
    """The question before with another year, country or question word in the place of its own, where there is one."""
    if _BARE.match(rest) and not _PRONOUN.search(rest):
        return _asked_anew(rest, before, answer)
    if _ASKS.match(rest):
        return []
    year, old_year = _YEAR.search(rest), _YEAR.search(before)
    if year and old_year:
        return [before[: old_year.start()] + year.group() + before[old_year.end() :]]
    new_places, old_places = countries_in(rest), countries_in(before)
    if new_places and old_places:
        new, old = new_places[0], old_places[0]
        # "from Brazil" and "the American one": from which country, not from which people
        named = new.country.title() if old.noun and not new.noun else rest[new.start : new.end]
        return [before[: old.start] + named + before[old.end :]]
    ordinal, old_ordinal = _ORDINAL.fullmatch(rest), _ORDINAL_WORD.search(before)
    if ordinal and old_ordinal:
        return [before[: old_ordinal.start()] + ordinal.group(1) + before[old_ordinal.end() :]]
    return []


def _asked_anew(rest: str, before: str, answer: str) -> list[str]:
    """Something else asked of the same: "since when" after "who runs the ferry" is "since when Bruno Salt runs …"."""
    asked = _ASKED.match(before)
    if asked is None:
        return [f"{rest} {before}"]
    what = before[asked.end() :].strip()
    # Where the question word was the subject, the answer takes its place.
    subject = "" if _AUXILIARY.match(what) else next(iter(_news(before, answer)), "")
    return [f"{rest} {subject} {what}", f"{rest} {subject}"] if subject else [f"{rest} {what}"]


def _substituted(rest: str, before: str) -> list[str]:
    """The question before with its end replaced by what the follow-up names."""
    if _ASKS.match(rest) or _AUXILIARY.match(rest):
        return []
    found: list[str] = []
    if year := _YEAR.search(rest):
        found.append(f"{before} in {year.group()}")
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
        pronoun = re.search(
            r"\b(?:(?<=many )of them|(?<=many )of (?:those|these)|it|they|them|he|him|she|that|this|those|these)\b",
            rest,
            re.IGNORECASE,
        )
        owner = re.search(r"\b(?:its|their|his|her)\b", rest, re.IGNORECASE)
        if pronoun:
            found.append(f"{rest[: pronoun.start()]}{topic}{rest[pronoun.end() :]}")
        elif owner:
            found.append(f"{rest[: owner.start()]}{topic}'s{rest[owner.end() :]}")
        else:
            found.append(f"{rest} {topic}")
    return found


def _topics(before: str, answer: str) -> list[str]:
    """What may have been spoken of: what the answer names, what the question names, all that it asks about."""
    of_question = [name.of(before) for name in names(before)]
    content = " ".join(before[term.start : term.end] for term in analyse(before).terms)
    return list(dict.fromkeys(one for one in (*_news(before, answer)[:2], *of_question[:1], content) if one))


def _news(before: str, answer: str) -> list[str]:
    """The names in the first sentence of an answer, those first that the question did not have itself."""
    first = answer.split(". ")[0]
    known = {term.stem for term in terms(before)}
    found = [name.of(first) for name in names(first)]
    return sorted(found, key=lambda name: all(term.stem in known for term in terms(name)))
