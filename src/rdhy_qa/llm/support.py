"""Whether a line says what a sentence says.

A sentence is proven by one line and what that line hangs on, never by several lines together: else the name of one and
the number of another would make a third statement that nobody made. It has to be the line with something left out: all
of its words stand there, in the order in which they stand there. What changes a statement though its words stay is
compared by itself: what is left out in the middle, denial, doubt and "some", "more than", what a number counts, active
and passive. At last the embedder has to find both alike.

That turns away many a good paraphrase. It has to: nothing as cheap tells a paraphrase from a sentence in which one fact
was changed. The embedder does not, since it finds both near.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rdhy_qa.answering.composition import CONTEXT_FREE_PRONOUNS
from rdhy_qa.answering.spans import TypedSpan, dates, names, numbers
from rdhy_qa.documents.document import Span
from rdhy_qa.llm.lines import Line
from rdhy_qa.terms import STOP_WORDS, Term, stem, terms

Embed = Callable[[str], npt.NDArray[np.float32]]
"""Makes a unit vector of a text."""

_NEAR = 0.7
"""Cosine similarity that the embedder has to find between a sentence and what proves it."""


def proof(claim: str, line: Line, embed: Embed) -> tuple[Span, ...] | None:
    """What has to be cited for a claim that a line proves: the line, and of its frame what it takes.

    None where the line does not prove it.
    """
    texts = (line.text, *line.around)
    if claim.split(" ", 1)[0].lower() in CONTEXT_FREE_PRONOUNS:  # whom it means is for the sentence before to say
        return None
    if not (
        _words_stand(claim, texts)
        and _facts_stand(claim, texts)
        and _says_it_alike(claim, line.text)
        and _verbs(claim) <= set().union(*map(_verbs, texts))
        and _is_shortened(claim, line.text)
    ):
        return None
    said = embed(claim)
    if max(float(said @ embed(line.text)), float(said @ embed(" ".join(texts)))) < _NEAR:
        return None
    return (line.span, *_needed(claim, line))


# Numbers and dates, and who did it to whom


def _facts_stand(claim: str, texts: Sequence[str]) -> bool:
    return (
        all(any(_same_number(claim, number, text) for text in texts) for number in numbers(claim))
        and all(any(_holds_date(text, date.of(claim)) for text in texts) for date in dates(claim))
        and all(_same_voice(claim, text) for text in texts)
    )


_BEFORE = re.compile(
    r"((?:more|less|fewer|greater|higher|lower|larger|smaller) than|over|under|above|below|about|around|nearly|almost"
    r"|at least|at most|up to|approximately|roughly|some|only|just|exactly|not)\s+(?:[$€£¥]\s?)?$",
    re.IGNORECASE,
)
_COUNTED = 3
"""Words after a number among which stands what it counts."""


def _same_number(claim: str, number: TypedSpan, text: str) -> bool:
    """Whether a text has the number, with the same unit and the same "more than", and counts the same with it."""
    return any(
        (other.value, other.unit) == (number.value, number.unit)
        and _before(claim, number) == _before(text, other)
        and _counts_the_same(claim, number, text, other)
        for other in numbers(text)
    )


def _before(text: str, number: TypedSpan) -> str | None:
    found = _BEFORE.search(text[: number.start])
    return found[1].lower() if found else None


def _counts_the_same(claim: str, number: TypedSpan, text: str, other: TypedSpan) -> bool:
    following = [term.stem for term in _content(claim[number.end :])][:1]
    there = [term.stem for term in _content(text[other.end :])][:_COUNTED]
    return not following or following[0] in there or following[0] not in {term.stem for term in _content(text)}


def _holds_date(text: str, date: str) -> bool:
    asked = {term.folded for term in terms(date)}
    return any(asked <= {term.folded for term in terms(other.of(text))} for other in dates(text))


_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being)\b.*\bby\b", re.IGNORECASE | re.DOTALL)


def _same_voice(claim: str, text: str) -> bool:
    """Whether between each two names both are active, or both passive."""
    said = [(name, at) for name in names(claim) if (at := _position(name.of(claim), text)) is not None]
    return all(
        bool(_PASSIVE.search(claim[first.end : second.start])) == bool(_PASSIVE.search(text[first_at:second_at]))
        for (first, first_at), (second, second_at) in pairwise(said)
        if first_at < second_at
    )


def _position(name: str, text: str) -> int | None:
    """Where a text first has the last word of a name."""
    last = terms(name)[-1].folded if terms(name) else ""
    return next((term.start for term in terms(text) if term.folded == last), None)


# What changes a statement without being one of its words


_GUARDS = re.compile(
    r"""\b(?:
      (?i:no|not|never|without|nor|neither|none|nobody|nothing|hardly|cannot|\w+n['’]t)
    | (?i:(?:fail|refus|den(?:y|ie)|lack|except|instead|rather|unlike|stop|former|ceas|avoid|reject|prevent)\w*)
    | (?i:some|few|only|almost|nearly|partly|most|mostly|half|often|sometimes)
    # "May" is a month where it has a capital.
    | may|might|could|would|should|can|will|shall|must|if|unless|perhaps|maybe
    | (?:plan|intend|expect|hope|aim|tr[yi]|attempt|want|propos|probabl|possibl|alleg|reported|rumou?r|believ|claim
        |argu|suggest)\w*
    )\b""",
    re.VERBOSE,
)


def _says_it_alike(claim: str, text: str) -> bool:
    """Whether both deny, reverse and doubt in the same words, and say the same of "some"."""
    return _guards(claim) == _guards(text)


def _guards(text: str) -> Counter[str]:
    return Counter(stem(match.group().lower()) for match in _GUARDS.finditer(text))


_VERBS = (
    frozenset({"is", "are"}),
    frozenset({"was", "were"}),
    frozenset({"has", "have"}),
    frozenset({"had"}),
    frozenset({"do", "does"}),
    frozenset({"did"}),
    frozenset({"be", "been", "being"}),
)


def _verbs(text: str) -> set[frozenset[str]]:
    """Its auxiliary verbs: of "Proximity, by Robert Wolcott" comes no "Proximity is Robert Wolcott"."""
    words = {term.folded for term in terms(text)}
    return {forms for forms in _VERBS if forms & words}


# The other words


def _words_stand(claim: str, texts: Sequence[str]) -> bool:
    """Whether every word stands there, and one at least in the line itself."""
    said = {term.stem for term in _content(claim)}
    line, *frame = ({term.stem for term in _content(text)} for text in texts)
    return not said.isdisjoint(line) and said <= line.union(*frame)


# Small words on which much depends: from whom to whom, by whom, and whether all of them.
_EMPTY = STOP_WORDS - frozenset("all any by each for from than to with after so".split())


def _content(text: str) -> list[Term]:
    """Its words, "IT" and "US" with them, "it" and "us" not."""
    return [term for term in terms(text) if term.folded not in _EMPTY or _is_initials(text[term.start : term.end])]


def _is_initials(word: str) -> bool:
    return len(word) > 1 and word.isupper()


_CLAUSE = re.compile(
    r"\b(?:who|whom|whose|which|that|where|while|when|whereas|because|although|but|and|or|nor)\b|[;:—–]", re.IGNORECASE
)
_LEFT_OUT = 6
"""Words that may be missing between two."""


def _is_shortened(claim: str, text: str) -> bool:
    """Whether the claim's words come in the text's order, and nothing is left out across which the subject changes.

    Of "it belongs to Tom Reed, who grinds 300 sacks" comes no "it grinds 300 sacks", though all of its words stand
    there in their order. Words that only the frame has may come anywhere, and so may a date.
    """
    when = [date for date in dates(claim) if any(character.isdigit() for character in date.of(claim))]
    there = _content(text)
    stems = {term.stem for term in there}
    words = [
        term.stem
        for term in _content(claim)
        if term.stem in stems and not any(date.start <= term.start < date.end for date in when)
    ]
    forwards = _aligned(words, there)
    backwards = _aligned(words[::-1], there[::-1])
    return any(
        found is not None and not any(_skips(text, there, *pair) for pair in pairwise(found))
        for found in (forwards, backwards and backwards[::-1])
    )


def _aligned(words: Sequence[str], there: Sequence[Term]) -> list[int] | None:
    """Where each word stands, all in order, each as early as may be; None where they are not in order."""
    found: list[int] = []
    rest = iter(there)
    for word in words:
        term = next((term for term in rest if term.stem == word), None)
        if term is None:
            return None
        found.append(term.start)
    return found


def _skips(text: str, there: Sequence[Term], first: int, second: int) -> bool:
    """Whether too much is left out between two words, or what begins another clause."""
    skipped = [term for term in there if first < term.start < second]
    return len(skipped) > _LEFT_OUT or bool(skipped and _CLAUSE.search(text[first:second]))


def _needed(claim: str, line: Line) -> Iterator[Span]:
    """Of the frame, each sentence that has a word of the claim which is not in what is cited already."""
    missing = {term.stem for term in _content(claim)} - {term.stem for term in _content(line.text)}
    for span, text in zip(line.frame, line.around, strict=True):
        found = missing & {term.stem for term in _content(text)}
        if found:
            missing -= found
            yield span
