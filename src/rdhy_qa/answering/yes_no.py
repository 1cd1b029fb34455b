"""Yes or no: by a list that has what is named, or by what a sentence says."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rdhy_qa.answering import composition, reading
from rdhy_qa.answering.evidence import Evidence
from rdhy_qa.answering.lexicon import is_negated
from rdhy_qa.answering.membership import membership
from rdhy_qa.answering.places import countries_in
from rdhy_qa.answering.proposal import Form, Proposal, common, of_sentence
from rdhy_qa.answering.ranking import Material, rank, usable
from rdhy_qa.answering.wanted import Wanted, meets
from rdhy_qa.terms import fold


def by_list(material: Material) -> Proposal | None:
    """Whether what is named is in the list that is described; None where more is asked than that."""
    asked = material.question.text
    if is_negated(asked) or _STRICT.search(fold(asked)):
        return None
    if (found := membership(material.wanted, material.lists)) is None:
        return None
    return Proposal(Form.MEMBERSHIP, {}, lambda chance: composition.membership(found, chance))


def by_sentence(material: Material, evidence: Sequence[Evidence]) -> Proposal:
    """No where a sentence gives another value for one thing, or less than all that is asked.

    One that carries all that is asked says yes, or no where it is negated; of any other it is the reader's word. Of 89
    of our own questions .83 get the right one of the two like this, .67 by negation and .72 by the reader alone; of 60
    on other articles .72, .35 and .77.
    """
    question, best = material.question, evidence[0]
    other = next((found for value in material.wanted if (found := _other_value(material, value)) is not None), None)
    lacking = any(
        (word.name or word.country) and not meets(word, best.own, _countries(best)) for word in material.wanted
    )
    stricter = _is_stricter(question.text, best.quote)
    features = (
        common(material, evidence)
        | of_sentence(question, evidence)
        | {
            "contradicted": float(other is not None),
            "lacking": float(lacking),
            "stricter": float(stricter),
            "negation": float(is_negated(question.text) != is_negated(best.quote)),
            "secondary": float(best.handicap > 0),
        }
    )
    if other is not None:
        return Proposal(Form.YES_NO, features, lambda chance: composition.yes_no(other, False, chance))
    carries = features["item"] >= _CARRIED and not lacking
    read = None if carries else reading.says_yes(best, material.read)
    alike = is_negated(best.quote) == is_negated(question.text)
    yes = not stricter and (alike if read is None else read)
    return Proposal(Form.YES_NO, features, lambda chance: composition.yes_no(best, yes, chance))


_STRICT = re.compile(
    r"\b(?:all|every\w*|each|both|only|alone|solely|same|identical|equal|always|never|first|last|final|before|after|earlier"
    r"|later|more than|less than|most|none|entirely|fully|completely|direct|directly|in agreement|exactly)\b"
)


def _is_stricter(question: str, quote: str) -> bool:
    """Whether the question has a word that decides by itself between yes and no, and the sentence does not have it.

    "Did all four win?" is not answered with yes by "one of the four won".
    """
    return not set(_STRICT.findall(fold(question))) <= set(_STRICT.findall(fold(quote)))


def _countries(evidence: Evidence) -> frozenset[str]:
    found = evidence.record or evidence.sentence
    return frozenset(place.country for place in countries_in(evidence.document.text[found.start : found.end]))


def _other_value(material: Material, value: Wanted) -> Evidence | None:
    """Evidence for the question without one value, where it gives another: Qingdao for "was it held in Shanghai?"."""
    if not (value.country or value.folded.isdigit() or (value.name and _is_place(material.question.text, value))):
        return None
    others = tuple(word for word in material.wanted if word is not value and value.stem not in word.stem)
    if not others:
        return None
    found = usable(material.question, rank(material.question, others, material.passages, material.similarities))
    if not found or found[0].missing or found[0].coverage < _CARRIED:
        return None
    if meets(value, found[0].own, _countries(found[0])) or not composition.contradicts(value, found[0]):
        return None
    record = found[0].record
    if value.country is None or record is None or record.qualifier is None:
        return found[0]
    said = [i for i, s in enumerate(found[0].document.sentences) if s.start <= record.qualifier.start < s.end]
    return replace(found[0], index=said[0]) if said else found[0]


def _is_place(question: str, value: Wanted) -> bool:
    return re.search(rf"\b(?:in|at|from)\s+(?:the\s+)?{re.escape(value.folded)}", fold(question)) is not None


_CARRIED = 0.8
"""Coverage from which a sentence says what is asked but for one value."""
