"""Slips of the pen: a question as it was meant, for what reads it as a whole (its kind, the embedder, the reader).

Lexical search finds misspelt names by itself (``index/vocabulary.py``); networks that cut words into pieces don't. A
word is corrected where neither English nor the corpus has it: to the corpus's nearest word, or to a frequent English
one that is a single slip away. A name that nobody knows stays as it is.
"""

from functools import lru_cache
from importlib import resources

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rdhy_qa.answering.lexicon import is_english, is_foreign
from rdhy_qa.answering.wanted import Words
from rdhy_qa.terms import STOP_WORDS, terms

_AS_TYPED = {
    "wen": "when",
    "wat": "what",
    "waht": "what",
    "wht": "what",
    "hwat": "what",
    "wich": "which",
    "whcih": "which",
    "wher": "where",
    "hwo": "how",
    "hw": "how",
    "ppl": "people",
    "govt": "government",
    "yr": "year",
    "yrs": "years",
}
"""Question words and everyday short forms, which are too short to be found by likeness."""
_INSIDE_NAMES = {".", "/", "_", "@", "-"}
"""What stands before a part of a file's name, an address or a compound."""
_SHORTEST, _SHORTEST_WITH_ANOTHER_LETTER = 4, 5
_FREQUENT = 3_000_000
"""Occurrences in the dictionary's sources from which an English word is likely to be meant; some 12,000 words
have so many."""


def corrected(text: str, words: Words) -> str:
    """The text with its slips of the pen mended; a text in another language stays as it is."""
    said = terms(text)
    if is_foreign([term.folded for term in said], [term.stem in words for term in said]):
        return text
    parts, at = [], 0
    for term in said:
        if text[max(0, term.start - 1) : term.start] in _INSIDE_NAMES:
            continue
        word = text[term.start : term.end]
        meant = _meant(term.folded, words, capitalised=word[:1].isupper() and term.start > 0)
        if meant is not None:
            parts += [text[at : term.start], meant.capitalize() if word[:1].isupper() else meant]
            at = term.end
    return "".join([*parts, text[at:]])


def _meant(folded: str, words: Words, *, capitalised: bool) -> str | None:
    if folded in _AS_TYPED:
        return _AS_TYPED[folded]
    if len(folded) < _SHORTEST or not folded.isalpha() or folded in STOP_WORDS or is_english(folded):
        return None
    if words.resolve(folded) and words.correct(folded) is None:
        return None  # the corpus has it, perhaps as two words
    return words.correct(folded) or (None if capitalised else _frequent(folded))


@lru_cache(maxsize=1)
def _frequent_words() -> dict[str, list[str]]:
    """Frequent English words by their first letter, the most frequent first."""
    text = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        word, count = line.split(" ")
        if int(count) < _FREQUENT:
            break  # the dictionary is in order
        found.setdefault(word[0], []).append(word)
    return found


@lru_cache(maxsize=10_000)
def _frequent(folded: str) -> str | None:
    """The most frequent English word that is one slip away and begins with the same letter."""
    found = process.extract(
        folded, _frequent_words().get(folded[0], []), scorer=OSA.distance, score_cutoff=1, limit=None
    )
    likely = [
        (place, word)
        for word, _, place in found
        if len(folded) >= _SHORTEST_WITH_ANOTHER_LETTER or sorted(word) == sorted(folded)
    ]
    return min(likely)[1] if likely else None
