"""From material to an answer: evidence is ranked and read, answers are proposed, and the likeliest is given if it is
likely enough.
"""

from collections.abc import Sequence
from dataclasses import replace

from rdhy_qa.answering import abstention, composition, confidence, lexicon, lists, reading
from rdhy_qa.answering.composition import Draft
from rdhy_qa.answering.conversation import says_nothing_new
from rdhy_qa.answering.evidence import Evidence
from rdhy_qa.answering.instructions import speaks_to_machine
from rdhy_qa.answering.lexicon import is_english, is_near_english
from rdhy_qa.answering.proposal import Form, Proposal
from rdhy_qa.answering.proposals import propose
from rdhy_qa.answering.questions import Question
from rdhy_qa.answering.ranking import Material, rank_all, usable
from rdhy_qa.answering.wanted import Wanted
from rdhy_qa.terms import terms

_TOUCHED = 0.3
"""Coverage below which the corpus does not even touch on the question."""
_WORDED = frozenset({Form.STATEMENT, Form.YES_NO})
"""Forms whose words are a document's own, so that they may be said in others: lists are whole, the rest is computed."""


def answer(material: Material, operating_point: float, told: str = "") -> Draft:
    """Answer where the confidence reaches the operating point, or decline with a reason.

    ``told`` is an answer that is not to be given once more.
    """
    considered = consider(material)
    if isinstance(considered, Draft):
        return considered
    evidence, proposed = considered
    if not proposed:
        return composition.decline("insufficient_evidence")
    chances = [(confidence.of(proposal), proposal) for proposal in proposed]
    chances.sort(key=lambda entry: -entry[0])  # of equals the first
    for chance, likely in chances:
        if chance < operating_point:
            break
        draft = likely.compose(chance)
        quotes = [citation.quote for citation in draft.citations]
        if not says_nothing_new(draft.short, quotes, told):
            return replace(draft, evidence=tuple(evidence)) if likely.form in _WORDED else draft
    touched = evidence[0].coverage >= _TOUCHED
    return composition.decline("insufficient_evidence" if touched else "out_of_scope", chance)


def consider(material: Material) -> tuple[list[Evidence], list[Proposal]] | Draft:
    """The evidence, best first, and the answers that it allows; or why there can be none, whatever the confidence."""
    question, wanted = material.question, material.wanted
    said = terms(question.text)
    if lexicon.is_foreign([t.folded for t in said], [t.stem in material.words for t in said]):
        return composition.decline("out_of_scope", text=abstention.NOT_ENGLISH)
    if unknown := unknown_names(question, wanted):
        # What gives orders to a machine is not repeated back.
        return composition.decline("no_evidence", unknown=() if speaks_to_machine(question.text) else unknown)
    if not material.passages or not wanted:
        return composition.decline("out_of_scope")
    doubted = lists.contested(material.lists)
    ranked = reading.read(rank_all(material), material.read)
    evidence = [one for one in usable(question, ranked) if not any(lists.belongs(other, one) for other in doubted)]
    if not evidence:
        return composition.decline("no_evidence")
    trusted = tuple(one for one in material.lists if one not in doubted)
    return evidence, propose(replace(material, lists=trusted), evidence)


def unknown_names(question: Question, wanted: Sequence[Wanted]) -> tuple[str, ...]:
    """Words that neither English nor the corpus has, and capitalised ones that the corpus does not have."""
    capitalised = {
        term.folded
        for term in question.terms
        if question.text[term.start].isupper() and term.start > 0 and not question.text.isupper()
    }
    return tuple(
        word.folded
        for word in wanted
        if not word.known
        and not word.folded.isdigit()
        and (word.folded in capitalised or not (is_english(word.folded) or is_near_english(word.folded)))
    )
