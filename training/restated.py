"""Yes-or-no questions in a text's own words: its sentences turned into questions, some with one thing changed.

The questions of our own that are answered with yes or no are in other words than the text, on purpose; a reader that
has seen only those says no to "is the institute a unit within the group?", which the text says word for word.
"""

import random
import re

from asked import Asked, Place, Source

from rdhy_qa.answering.lexicon import is_english
from rdhy_qa.answering.spans import names, numbers

_AUXILIARY = r"is|are|was|were|can|could|will|would|should|has been|have been|had been"
_IRREGULAR = dict(
    pair.split("/")
    for pair in (
        "won/win gave/give took/take made/make came/come went/go ran/run began/begin said/say told/tell held/hold "
        "built/build brought/bring sold/sell sent/send kept/keep left/leave led/lead met/meet paid/pay wrote/write "
        "spoke/speak found/find got/get became/become grew/grow chose/choose drew/draw drove/drive "
        "spent/spend taught/teach thought/think lost/lose saw/see bought/buy read/read put/put set/set cost/cost"
    ).split()
)
_SUBJECT = r"(?P<subject>(?:The |A |An |Our |Their |His |Her |All |Both )?[\w'’&.-]+(?: [\w'’&.-]+){0,5}?)"
_BE = re.compile(rf"{_SUBJECT} (?P<verb>{_AUXILIARY}) (?P<rest>[^,;:()]{{6,90}}?)[.,;]")
_DO = re.compile(rf"{_SUBJECT} (?P<verb>\w+ed|{'|'.join(_IRREGULAR)}) (?P<rest>[^,;:()]{{4,90}}?)[.,;]")
_NOT = re.compile(r"\b(?:not|never|no longer) ")
_NEGATED = re.compile(r"\b(?:not|never|no|nobody|none|nothing|without|only|neither)\b")
_NO_SUBJECT = re.compile(
    r"(?:It|He|She|They|We|I|You|This|That|These|Those|There|Which|Who|What|When|Where|Why|How|If|As|So|But|And|Or|In|On"
    r"|At|By|For|From|Since|Until|After|Before|During|With|Under|Over|Through|Among|According|Then|Now|Here|Today)\b"
)
_NAME = re.compile(r"[A-ZÀ-Þ]\w[\w'’.-]*(?: [\w'’.-]+){0,3}")
_CHANGED = 0.5
"""Share of the questions that have one name or number of the text for another one, and are answered with no."""


def restated(source: Source) -> Source:
    """Turn sentences of a source's passages into questions, the same ones each time."""
    chance = random.Random(2026)
    made = Source("restated", source.passages)
    for number, passage in enumerate(source.passages):
        things = _things(passage.text)
        for start, end in passage.sentences:
            sentence = passage.text[start:end].lstrip("-•* ")
            turned = _turned(sentence)
            if turned is None:
                continue
            question, yes = turned
            if chance.random() < _CHANGED:
                changed = _with_another(question, sentence, things, chance)
                if changed is None or not yes:
                    continue
                question, yes = changed, False
            if chance.random() < 0.7:
                question = question.lower()
            place = Place(start, end, exact=False)
            made.asked.append(Asked(question + chance.choice("??? "), number, (place,), (sentence,), yes=yes))
    return made


def _turned(sentence: str) -> tuple[str, bool] | None:
    """A sentence as a question, and whether the sentence says yes to it."""
    if _NO_SUBJECT.match(sentence):
        return None
    for pattern in (_BE, _DO):
        match = pattern.match(sentence)
        if match is None:
            continue
        subject, verb, rest = match["subject"], match["verb"], match["rest"]
        first = subject.split()[0]
        if first in {"The", "A", "An", "Our", "Their", "His", "Her", "All", "Both"}:
            subject = first.lower() + subject[len(first) :]
        yes = _NOT.search(rest) is None
        rest = _NOT.sub("", rest)
        if _NEGATED.search(f"{subject} {rest}".lower()):
            return None
        if pattern is _DO:
            base = _base(verb)
            return (f"Did {subject} {base} {rest}", yes) if base else None
        auxiliary, _, been = verb.partition(" ")
        return " ".join(filter(None, [auxiliary.title(), subject, been, rest])), yes
    return None


def _base(verb: str) -> str | None:
    """The infinitive of a verb in the past tense."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    doubled = verb[:-3] if verb[-4:-3] == verb[-3:-2] else ""
    return next((base for base in (verb[:-1], verb[:-2], doubled) if len(base) > 2 and is_english(base)), None)


def _things(text: str) -> dict[str, list[str]]:
    """Names and numbers of a text."""
    return {
        "name": sorted({name for span in names(text) if _NAME.fullmatch(name := span.of(text))}),
        "number": sorted({span.of(text) for span in numbers(text)}),
    }


def _with_another(question: str, sentence: str, things: dict[str, list[str]], chance: random.Random) -> str | None:
    """A question with one of its names or numbers changed for another one of the text, which the sentence has not."""
    found = [("name", name.of(question)) for name in names(question)]
    found += [("number", number.of(question)) for number in numbers(question)]
    chance.shuffle(found)
    for kind, thing in found:
        others = [other for other in things[kind] if other not in sentence and thing not in other]
        whole = re.compile(rf"(?<!\w){re.escape(thing)}(?!\w)")
        if others and whole.search(sentence):
            at = whole.search(question)
            return question[: at.start()] + chance.choice(others) + question[at.end() :] if at else None
    return None
