"""Finds what could be the answer itself: names, numbers, dates and places in a sentence, by rules.

A statistical tagger (spaCy's small English pipeline) was measured and left out: 3.6 s to load, 320 MB resident and
about 10 ms a sentence, for names that rules over the corpus's own records and capitals find as well here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from rdhy_qa.answering.places import countries_in
from rdhy_qa.terms import STOP_WORDS

_UNITS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBER_WORDS = {word: value for value, word in enumerate(_UNITS, 1)} | {
    word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)
}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1
    )
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "trillion": 10**12}
_WORD = "|".join([*sorted(_NUMBER_WORDS, key=len, reverse=True)])
_SCALE = "|".join(_SCALES)
_NUMBER = re.compile(
    rf"""(?<![\w.,])
    (?P<currency>(?:US)?[$€£¥])?\s?
    (?:(?P<digits>\d{{1,3}}(?:[,.\u202f'\u00a0]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)
       |(?P<words>\b(?:(?:a|{_WORD})(?:[ -](?:{_WORD}))*(?:\s(?:{_SCALE}))+|(?:{_WORD})(?:-(?:{_WORD}))?)\b))
    (?P<scale>(?:\s|-)(?:{_SCALE})s?\b|\s?(?:bn|m|k)\b)?
    (?P<percent>\s?%|\spercent\b|\sper\scent\b)?
    (?P<ordinal>(?:st|nd|rd|th)\b)?
    (?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)
_ORDINAL_WORD = re.compile(rf"\b({'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_DATE = re.compile(
    rf"""\b(?:
      \d{{4}}-\d{{2}}-\d{{2}}
    | \d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTH})\b\.?(?:,?\s\d{{4}})?
    | (?:{_MONTH})\b\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:\s?[-–]\s?\d{{1,2}})?(?:,?\s\d{{4}})?\b
    | (?:{_MONTH})\b\.?(?:\sof)?,?\s\d{{4}}
    | (?:(?:early|mid|late)[-\s])?(?:1[0-9]|20)\d0s
    | (?:1[0-9]|20)\d{{2}}\s?[-–]\s?(?:(?:1[0-9]|20)\d{{2}}|\d{{2}})
    | (?:1[0-9]|20)\d{{2}}(?![\d,.]*\d|\s?%)
    | \d{{1,2}}(?:st|nd|rd|th)\scentury
    | (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day
    | (?:last|next|this|previous|following)\s(?:year|month|week|decade|century|spring|summer|autumn|winter)
    )""",
    re.VERBOSE,
)
_BARE_MONTH = re.compile(r"\b(?:January|February|March|April|June|July|August|September|October|November|December)\b")
_TIME_OF_DAY = re.compile(
    r"\b(?:morning|afternoon|evening|night|noon|midnight|\d{1,2}:\d{2}|\d{1,2}\s?[ap]\.?m\.?)\b", re.I
)
_DURATION = re.compile(
    rf"(?:\d+(?:\.\d+)?|\b(?:{_WORD}|several|few|a))[\s-](?:(?:{_WORD})\s)?(?:second|minute|hour|day|week|month|year|decade|centur(?:y|ie))s?\b",
    re.IGNORECASE,
)
_NAME_WORD = r"(?:[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.&@-]*[\w@]|[A-Z]\.(?=\s[A-Z])|[A-Z]|\d+\.\d+)"
_NAME = re.compile(
    rf"{_NAME_WORD}(?:(?:\s(?:of|the|de|der|van|von|da|di|del|la|le|el|al|bin|and|&|for|in|to|on)){{0,2}}\s{_NAME_WORD})*"
)
_QUOTED = re.compile(r"[„“\"«]([^„“”\"»]{2,120})[“”\"»]")
_PRONOUN = re.compile(r"(?:^|(?<=\s))(?:They|He|She|It|We|You|I|This|These|That|Those|There)(?:['’]\w+)?(?=\s|$)")
_CAPITALISED_COMMON = frozenset(
    """in at on from by with for while although though however since because before after during when where who it its
    this that these those they their he his she her we our you your i the a an and but or if as to of there here then
    both all each every some many most more several other another one two three four five six seven eight nine ten
    also not no yes so according despite unlike like under over between among through until upon within without today
    once first second third finally later meanwhile moreover instead such what which why how is are was were be been
    being do does did has have had will would can could should may might must""".split()
)


class SpanType(StrEnum):
    """The type of a possible answer."""

    NAME = "name"
    NUMBER = "number"
    DATE = "date"
    PLACE = "place"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class TypedSpan:
    """A possible answer inside a text."""

    start: int
    end: int
    type: SpanType
    value: float | None = None
    """The number, for numbers."""
    unit: str | None = None
    """"%" or a currency sign, for numbers that carry one."""

    def of(self, text: str) -> str:
        """The characters that the span covers."""
        return text[self.start : self.end]


def dates(text: str) -> list[TypedSpan]:
    """Dates, years, months and times of day."""
    found = [TypedSpan(m.start(), m.end(), SpanType.DATE) for m in _DATE.finditer(text)]
    for pattern in (_BARE_MONTH, _TIME_OF_DAY):
        for match in pattern.finditer(text):
            if not any(span.start < match.end() and match.start() < span.end for span in found):
                found.append(TypedSpan(match.start(), match.end(), SpanType.DATE))
    return sorted(found, key=lambda span: span.start)


def durations(text: str) -> list[TypedSpan]:
    """Lengths of time: "15 days", "two years"."""
    return [TypedSpan(m.start(), m.end(), SpanType.DURATION) for m in _DURATION.finditer(text)]


def _words_value(words: str) -> float:
    total, current = 0.0, 0.0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in _SCALES:
            current = (current or 1) * _SCALES[word]
            if _SCALES[word] >= 1_000:
                total, current = total + current, 0.0
        elif word == "a":
            current = 1
        else:
            current += _NUMBER_WORDS.get(word, 0)
    return total + current


def _number_value(match: re.Match[str]) -> float:
    if match["words"]:
        value = _words_value(match["words"])
    else:
        value = float(re.sub(r"[,\u202f'\u00a0]|\.(?=\d{3}(?:\D|$))", "", match["digits"]))
    if match["scale"]:
        scale = match["scale"].strip(" -").lower()
        value *= {"bn": 1e9, "m": 1e6, "k": 1e3}.get(scale) or _SCALES[scale.rstrip("s")]
    return value


def numbers(text: str) -> list[TypedSpan]:
    """Counts, amounts and shares in figures or words; figures that are part of a date are left out."""
    when = [span for span in dates(text) if span.end - span.start > 4 or _year_in_date_position(text, span)]
    found = []
    for match in _NUMBER.finditer(text):
        if any(span.start < match.end() and match.start() < span.end for span in when):
            continue
        start = match.start() + (len(match.group()) - len(match.group().lstrip()))
        unit = "%" if match["percent"] else (match["currency"] or None)
        found.append(TypedSpan(start, match.end(), SpanType.NUMBER, _number_value(match), unit))
    for match in _ORDINAL_WORD.finditer(text):
        value = float(_ORDINALS[match.group().lower()])
        found.append(TypedSpan(match.start(), match.end(), SpanType.NUMBER, value, "th"))
    return sorted(found, key=lambda span: span.start)


def _year_in_date_position(text: str, span: TypedSpan) -> bool:
    before = text[max(0, span.start - 8) : span.start].lower()
    return bool(re.search(r"(?:\bin|since|from|until|by|of|[(,–-])\s?$", before))


def names(text: str) -> list[TypedSpan]:
    """Runs of capitalised words (with "of", "de", "van" … inside), and quoted titles."""
    found = []
    for match in _NAME.finditer(text):
        start, end = match.span()
        if (pronoun := _PRONOUN.search(match.group())) is not None:
            end = start + len(match.group()[: pronoun.start()].rstrip())
        start = _without_common_words(text, start, end)
        if end - start > 1:
            found.append(TypedSpan(start, end, SpanType.NAME))
    for match in _QUOTED.finditer(text):
        span = TypedSpan(match.start(1), match.end(1), SpanType.NAME)
        if not any(other.start <= span.start and span.end <= other.end for other in found):
            found.append(span)
    return sorted(found, key=lambda span: span.start)


def _without_common_words(text: str, start: int, end: int) -> int:
    """Where a name begins that a sentence's first words stand before: those have a capital whatever they are."""
    while start < end:
        first = re.match(r"[\w'’.&@-]+", text[start:end])
        if first is None or first.group().lower().rstrip(".") not in _CAPITALISED_COMMON | STOP_WORDS:
            break
        if first.group().isupper() and len(first.group()) > 1:
            break
        start += first.end()
        rest = re.match(r"\s*(?:(?:of|the|de|and|&|for|in|to|on)\s)*", text[start:end])
        start += rest.end() if rest else 0
    return start


_LOCATIVE = re.compile(r"\b(?:in|at|from|to|near|via|of|across|throughout|outside|inside|and)\s(?:the\s)?$")


def places(text: str) -> list[TypedSpan]:
    """Countries, and names that stand behind a preposition of place."""
    found = [TypedSpan(p.start, p.end, SpanType.PLACE) for p in countries_in(text) if p.noun]
    when = dates(text)
    for name in names(text):
        inside_date = any(span.start <= name.start < span.end for span in when)
        covered = any(span.start < name.end and name.start < span.end for span in found)
        if not inside_date and not covered and _LOCATIVE.search(text[: name.start]):
            found.append(TypedSpan(name.start, name.end, SpanType.PLACE))
    return sorted(found, key=lambda span: span.start)


def find(text: str, wanted: SpanType) -> list[TypedSpan]:
    """All spans of one type in a text, in order."""
    if wanted is SpanType.NAME:
        when = dates(text)
        return [n for n in names(text) if not any(d.start <= n.start and n.end <= d.end for d in when)]
    finders = {
        SpanType.NUMBER: numbers,
        SpanType.DATE: dates,
        SpanType.PLACE: places,
        SpanType.DURATION: durations,
    }
    return finders[wanted](text)
