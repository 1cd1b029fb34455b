"""Words as the lexical index and the answering stage compare them: folded, stemmed, with offsets."""

import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import Stemmer

_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:['’](?![sS]\b)[^\W\d_]+)?")
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?:\D|$))")

# Function words carry no subject; question words are handled by question analysis.
STOP_WORDS = frozenset(
    """a about after all also am an and any are aren't as at be been being but by can can't could couldn't did didn't
    do does doesn't doing don't each for from get gets give given got had has hasn't have he her hers him his how i i'd
    i'm i've if in into is isn't it its just let me my of on or our ours please s she should so some such t tell than
    that the their theirs them then there these they this those to too us very was wasn't we were weren't what what's
    when where which who whom who's whose why will with would you your yours""".split()
)

_stemmers = threading.local()


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a text."""

    stem: str
    folded: str
    """Lower case, without diacritics."""
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case without diacritics: "Raízen" becomes "raizen"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@lru_cache(maxsize=200_000)
def stem(folded: str) -> str:
    """The Snowball (Porter 2) English stem of a folded word."""
    stemmer = getattr(_stemmers, "english", None)
    if stemmer is None:  # PyStemmer objects must not be shared between threads
        stemmer = _stemmers.english = Stemmer.Stemmer("english")
    return str(stemmer.stemWord(folded))


@lru_cache(maxsize=200_000)
def _normalise(token: str) -> tuple[str, str]:
    folded = _THOUSANDS.sub("", fold(token).replace("’", "'"))
    return folded, stem(folded)


def terms(text: str) -> list[Term]:
    """All words of a text in order, stop words included. Numbers lose their thousands separators."""
    found = []
    for match in _TOKEN.finditer(text):
        folded, stemmed = _normalise(match.group())
        found.append(Term(stemmed, folded, match.start(), match.end()))
    return found


def content_terms(text: str) -> list[Term]:
    """The words of a text that are not stop words."""
    return [term for term in terms(text) if term.folded not in STOP_WORDS]


def joined_names(text: str, words: Sequence[Term]) -> list[str]:
    """Neighbours that may also be written as one: "Var Group" gives "vargroup", "start-up" gives "startup"."""
    joined = []
    for first, second in pairwise(words):
        between = text[first.end : second.start]
        names = not {first.folded, second.folded} & STOP_WORDS
        capitals = names and text[first.start].isupper() and text[second.start].isupper()
        if between == "-" or (between == " " and capitals):
            joined.append(first.folded + second.folded)
    return joined
