"""The words of a question that its evidence has to meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rdhy_qa.answering.lexicon import is_english, nearest, synonyms
from rdhy_qa.answering.places import countries_in
from rdhy_qa.answering.questions import Question
from rdhy_qa.terms import Term, stem


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word that the evidence has to meet."""

    stem: str
    folded: str
    weight: float
    """Inverse document frequency: what a rare word is worth."""
    name: bool
    """A proper name: nothing else will do."""
    known: bool
    """The corpus has the word, perhaps spelt a little differently."""
    stems: tuple[tuple[str, float], ...]
    """Stems that count as this word, with their weight: itself, its correction, its joined or split forms."""
    country: str | None = None
    focus: bool = False
    """It says what the answer is: "brewery" in "which brewery"."""
    demanded: bool = False
    """The relation itself: "founder" in "founder of …", "invented" in "who invented …"."""


MET = 0.8
"""How well a word has to be met to count as said."""


def meets(wanted: Wanted, stems: frozenset[str], countries: frozenset[str] = frozenset()) -> float:
    """How well a set of stems meets a wanted word, in [0, 1]."""
    if wanted.country is not None:
        return 1.0 if wanted.country in countries or wanted.stem in stems else 0.0
    best = 0.0
    for candidate, weight in wanted.stems:
        if candidate in stems:
            best = max(best, weight)
    if best or (wanted.name and not is_english(wanted.folded)):
        return best
    return nearest(wanted.stem, stems)


class Words(Protocol):
    """The words of the corpus, as question analysis needs them."""

    def resolve(self, folded: str) -> list[tuple[str, float]]:
        """Stems of the corpus that a word stands for, with weights."""

    def resolve_all(self, words: Sequence[Term]) -> dict[str, float]:
        """The same for all words of a question, neighbours also read as one."""

    def correct(self, folded: str) -> str | None:
        """The corpus's word that a misspelt one most likely means."""

    def idf(self, stemmed: str) -> float:
        """How rare a stem is."""

    def is_name(self, stemmed: str) -> bool:
        """Whether a stem is used as a proper name."""

    def __contains__(self, stemmed: str) -> bool:
        """Whether the corpus has a stem."""


def wanted_words(question: Question, words: Words) -> tuple[Wanted, ...]:
    """The words that the evidence has to meet, each with its weight and the forms that the corpus knows.

    Two words that the corpus has as one name ("zerodx pioneers") are wanted together as well.
    """
    places = countries_in(question.text, codes_in_lower_case=True)
    focus = {term.start for term in question.focus}
    found: list[Wanted] = []
    before: tuple[Term, Wanted] | None = None
    skip = 0
    for position, term in enumerate(question.terms):
        if skip:
            skip -= 1
            continue
        joined = _joined(question.terms, position, words)
        if joined is not None:
            stemmed, length, parts = joined
            skip = length - 1
            found.append(Wanted(stemmed, parts, words.idf(stemmed), words.is_name(stemmed), True, ((stemmed, 1.0),)))
            before = None
            continue
        country = next((place.country for place in places if place.start <= term.start < place.end), None)
        forms = tuple(words.resolve(term.folded))
        stems = forms or ((term.stem, 1.0),)
        # A word that the corpus does not have weighs no more than the words that it has for it.
        others = [words.idf(other) for other in synonyms(term.stem) if other in words] if not forms else []
        weight = min(others, default=max(words.idf(stemmed) for stemmed, _ in stems))
        name = any(words.is_name(stemmed) for stemmed, _ in forms)
        known = bool(forms) or country is not None
        demanded = question.relation is not None and term.start == question.relation.start
        word = Wanted(stems[0][0], term.folded, weight, name, known, stems, country, term.start in focus, demanded)
        if before is not None and question.text[before[0].end : term.start] in {" ", "-"}:
            pair = stem(
                (words.correct(before[0].folded) or before[0].folded) + (words.correct(term.folded) or term.folded)
            )
            if pair in words and country is None and before[1].country is None:
                both = f"{before[0].folded} {term.folded}"
                found.append(Wanted(pair, both, words.idf(pair), True, True, ((pair, 1.0),)))
        found.append(word)
        before = (term, word)
    return tuple(found)


def _joined(asked: Sequence[Term], position: int, words: Words) -> tuple[str, int, str] | None:
    """Words that the corpus writes as one, where it does not know them apart: "ren dan he yi"."""
    for length in (4, 3, 2):
        part = asked[position : position + length]
        if len(part) == length:
            joined = stem("".join(term.folded for term in part))
            if joined in words and any(term.stem not in words for term in part):
                return joined, length, " ".join(term.folded for term in part)
    return None
