"""Countries under all their names: "USA", "American" and "United States" are one place (data: countryinfo)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from countryinfo import all_countries

from rdhy_qa.terms import fold

# Everyday names that the data lacks.
_EVERYDAY = {
    "united states": ["america", "the states", "u.s.", "u.s.a.", "american"],
    "united kingdom": ["britain", "england", "english", "scotland", "scottish", "wales", "welsh", "u.k."],
    "netherlands": ["holland", "dutch"],
    "china": ["chinese"],
    "switzerland": ["swiss"],
    "united arab emirates": ["emirates"],
    "south korea": ["korea", "korean"],
    "russia": ["russian"],
    "czech republic": ["czechia", "czech"],
}
# Countries whose name is more often something else in running text.
_AMBIGUOUS = {"georgia", "jersey", "turkey", "chad", "jordan", "guinea", "man", "sint"}


_LETTERS = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"\b[A-Z]{2,3}\b")


@dataclass(frozen=True, slots=True)
class Place:
    """A country named in a text."""

    start: int
    end: int
    country: str
    """Canonical folded name."""
    noun: bool
    """True for the country's name, False for its adjective."""


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, tuple[str, bool]], re.Pattern[str]]:
    table: dict[str, tuple[str, bool]] = {}
    for country in all_countries():
        canonical = fold(country.name())
        for name in [country.name(), *country.alt_spellings()]:
            if len(name) > 3:
                table.setdefault(fold(name), (canonical, True))
            elif name.isupper() and name.isalpha():
                table.setdefault(name, (canonical, True))
        demonyms = [fold(demonym.strip()) for demonym in re.split(r"[,/]| or ", country.demonym() or "")]
        for adjective in [demonym for demonym in demonyms if len(demonym) > 3] + _adjectives(canonical):
            table.setdefault(adjective, (canonical, False))
    for canonical, names in _EVERYDAY.items():
        for name in names:
            table[name] = (canonical, name in {"america", "the states", "u.s.", "u.s.a.", "britain", "england"})
    for name in _AMBIGUOUS:
        table.pop(name, None)
    words = sorted((re.escape(name) for name in table if name == fold(name)), key=len, reverse=True)
    codes = sorted(re.escape(name) for name in table if name != fold(name))
    codes = [code for code in codes if len(code) == 3 or code in {"UK", "US"}]
    return table, re.compile(rf"(?<!\w)(?:(?P<word>{'|'.join(words)})|(?P<code>{'|'.join(codes)}))s?(?!\w)")


def _adjectives(name: str) -> list[str]:
    """Regular adjectives of a country's name beside the ones that the data has: "argentinian" beside "argentine"."""
    if len(name) < _REGULAR or name[-1] not in "aeio" or " " in name:
        return []
    return [f"{name}n", f"{name[:-1]}an", f"{name[:-1]}ian"]


_REGULAR = 5
"""Letters from which a country's name has regular adjectives that are no other word."""


@lru_cache(maxsize=1)
def _telling_words() -> frozenset[str]:
    """The longest word of each name, also with the plural's "s" of "Americans"."""
    spelt_out = [name for name in _names()[0] if name == fold(name)]
    longest = {max(words, key=len) for name in spelt_out if (words := _LETTERS.findall(name))}
    return frozenset(longest | {f"{word}s" for word in longest})


def _same_length_fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(folded if len(folded := fold(character)) == 1 else character for character in text)


def countries_in(text: str, *, codes_in_lower_case: bool = False) -> list[Place]:
    """Countries and nationalities in a text, in order.

    Codes ("USA", "UK") count in capitals only, unless `codes_in_lower_case` says that people typed the text.
    """
    return list(_find(text, codes_in_lower_case))


@lru_cache(maxsize=50_000)
def _find(text: str, codes_in_lower_case: bool) -> tuple[Place, ...]:
    lowered = _same_length_fold(text)
    if _telling_words().isdisjoint(_LETTERS.findall(lowered)) and not (codes_in_lower_case or _CODE.search(text)):
        return ()  # most sentences: a look at their words is a tenth of the pattern's work
    table, pattern = _names()
    # Codes are looked for where the text has capitals, names anywhere.
    mixed = "".join(
        original if original.isupper() and original.isascii() else low
        for original, low in zip(text, lowered, strict=True)
    )
    found = []
    for match in pattern.finditer(lowered):
        if match["word"]:
            canonical, noun = table[match["word"]]
            found.append(Place(match.start("word"), match.end("word"), canonical, noun))
    source = re.sub(r"\b(usa|uk)\b", lambda code: code.group().upper(), mixed) if codes_in_lower_case else mixed
    for match in pattern.finditer(source):
        if match["code"]:
            canonical, noun = table[match["code"]]
            found.append(Place(match.start("code"), match.end("code"), canonical, noun))
    return tuple(sorted(found, key=lambda place: place.start))


def is_country(text: str) -> bool:
    """Whether a text is the name of a country, and nothing more."""
    return any(place.end - place.start == len(text) for place in countries_in(text))
