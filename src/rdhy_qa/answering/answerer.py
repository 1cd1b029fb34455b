"""From a question and its retrieved passages to a proven answer, or to the reason why there is none."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rdhy_qa.answering import comparisons, composition, confidence, lists
from rdhy_qa.answering.composition import Draft
from rdhy_qa.answering.evidence import DocumentView, Evidence, Wanted, measure, meets, ranking_weights
from rdhy_qa.answering.lexicon import is_english, is_near_english, likeness
from rdhy_qa.answering.lists import RecordList
from rdhy_qa.answering.questions import Kind, Question
from rdhy_qa.documents.document import BlockKind

READ_PASSAGES = 8
"""Passages whose sentences are read; recall@8 of hybrid retrieval is .99 on public questions."""


@dataclass(frozen=True, slots=True)
class Read:
    """A passage to read, with its retrieval scores."""

    view: DocumentView
    start: int
    end: int
    score: float
    similarity: float
    """Cosine similarity of question and passage."""


Similarities = Callable[[DocumentView, Sequence[int]], npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Material:
    """What an answer is made from."""

    question: Question
    wanted: tuple[Wanted, ...]
    passages: tuple[Read, ...]
    """The passages to read, best first."""
    similarities: Similarities
    """Similarity of the question and sentences of a document."""
    lists: tuple[RecordList, ...]
    """The lists of all documents that were found."""


def unknown_names(question: Question, wanted: Sequence[Wanted]) -> tuple[str, ...]:
    """Words of the question that are no English words and that the corpus does not have, or unknown capitalised ones."""
    first = question.terms[0].start if question.terms else 0
    capitalised = {
        term.folded
        for term in question.terms
        if question.text[term.start].isupper() and term.start > first and not question.text.isupper()
    }
    return tuple(
        word.folded
        for word in wanted
        if not word.known
        and not word.folded.isdigit()
        and (word.folded in capitalised or not (is_english(word.folded) or is_near_english(word.folded)))
    )


def rank(
    question: Question, wanted: Sequence[Wanted], passages: Sequence[Read], similarities: Similarities
) -> list[Evidence]:
    """All sentences of the passages, best evidence first."""
    weights = ranking_weights()
    found: dict[tuple[str, int], Evidence] = {}
    for position, passage in enumerate(passages):
        document = passage.view.document
        inside = [
            index
            for index, sentence in enumerate(document.sentences)
            if passage.start <= sentence.start < passage.end and (document.id, index) not in found
        ]
        if not inside:
            continue
        for index, similarity in zip(inside, similarities(passage.view, inside), strict=True):
            found[document.id, index] = measure(
                question,
                wanted,
                passage.view,
                index,
                passage=passage.score,
                rank=position,
                similarity=float(similarity),
                weights=weights,
            )
    return sorted(found.values(), key=lambda e: (-e.score, e.document.id, e.index))


def usable(question: Question, ranked: Sequence[Evidence]) -> list[Evidence]:
    """Evidence that can be an answer to this kind of question, best first."""
    unfit = {BlockKind.CAPTION}
    if question.kind is Kind.YES_NO:
        unfit.add(BlockKind.HEADING)
    fit = [evidence for evidence in ranked if evidence.block.kind not in unfit]
    typed = [evidence for evidence in fit if evidence.typed]
    return typed or fit


def answer(material: Material) -> Draft:
    """Answer, or decline with a reason."""
    question, wanted = material.question, material.wanted
    unknown = unknown_names(question, wanted)
    if unknown:
        return composition.decline("no_evidence", unknown=unknown)
    if not material.passages or not wanted:
        return composition.decline("out_of_scope")
    evidence = usable(question, rank(question, wanted, material.passages, material.similarities))
    if not evidence:
        return composition.decline("no_evidence")
    chance = confidence.of_evidence(question, wanted, evidence, material.passages)
    if question.kind is Kind.YES_NO:
        return _yes_no(material, evidence, chance)
    if (compared := comparisons.compare(question, wanted, material.lists)) is not None:
        return composition.comparison(compared)
    draft = None
    if question.kind is Kind.CATEGORY:
        draft = _category(question, wanted, material.lists)
    elif question.kind is Kind.LIST or question.plural or question.count:
        draft = _list(question, wanted, evidence, material.lists)
    return draft or _statement(question, wanted, evidence, chance)


def _list(
    question: Question, wanted: Sequence[Wanted], ranked: Sequence[Evidence], all_lists: Sequence[RecordList]
) -> Draft | None:
    match = lists.match(question, wanted, all_lists)
    if match is None:
        return None
    if any(word.name for word in match.missing):
        return None
    if question.count and _number_in_text(question, ranked, match):
        return None
    strong = question.kind is Kind.LIST or question.count
    if not strong and match.coverage < 0.85:
        return None
    chance = confidence.of_list(match)
    if question.count:
        return composition.count(match, chance)
    return composition.items(question, match, chance)


def _number_in_text(question: Question, ranked: Sequence[Evidence], match: lists.Match) -> bool:
    """A number that the text itself gives for what is counted goes before counting a list that fits less well."""
    if not ranked or not ranked[0].spans:
        return False
    best = ranked[0]
    return best.coverage > match.coverage + 0.05 and best.features[3] >= 0.5


def _category(question: Question, wanted: Sequence[Wanted], all_lists: Sequence[RecordList]) -> Draft | None:
    focus = [term.stem for term in question.focus if likeness(term.stem, "categori") or likeness(term.stem, "award")]
    focus = focus or [term.stem for term in question.focus]
    asked = [word for word in wanted if word.stem not in focus and not likeness(word.stem, "award")]
    if not asked:
        return None
    for candidate, record in lists.records_named(asked, all_lists):
        stems = candidate.view.stems_between(record.start, record.end)
        around = (
            stems
            | candidate.view.section(record.section)
            | candidate.view.title
            | candidate.view.stems_between(*(_bounds(candidate)))
        )
        countries = candidate.view.countries(record.start, record.end)
        if any(meets(word, around, countries) < 0.5 for word in asked if word.name):
            continue
        if draft := composition.category(question, candidate, record, [*focus, *_CATEGORY]):
            return draft
    if any(word.name for word in asked):
        return composition.decline("insufficient_evidence")
    return None


_CATEGORY = ("categori", "award", "prize", "class")


def _bounds(candidate: RecordList) -> tuple[int, int]:
    lead_in = candidate.lead_in
    return (lead_in.start, lead_in.end) if lead_in else (0, 0)


def _statement(question: Question, wanted: Sequence[Wanted], evidence: Sequence[Evidence], chance: float) -> Draft:
    best = evidence[0]
    if any(word.name for word in best.missing) or (question.wanted is not None and not best.typed):
        return composition.decline("insufficient_evidence", min(chance, confidence.threshold() / 2))
    if chance < confidence.threshold():
        return composition.decline("out_of_scope" if best.coverage < _TOUCHED else "insufficient_evidence", chance)
    return composition.statement(question, wanted, best, chance)


_TOUCHED = 0.3
"""Coverage below which the corpus does not even touch on the question."""
_NEGATION = frozenset("no not never without nor neither none nobody".split())


def _yes_no(material: Material, evidence: Sequence[Evidence], chance: float) -> Draft:
    """Yes where a sentence carries all that is asked, no where it gives another value for one thing that is asked."""
    question = material.question
    best = evidence[0]
    negated = _is_negated(best.quote) != _is_negated(question.text)
    if chance >= confidence.threshold() and not any(word.name or word.country for word in best.missing):
        return composition.yes_no(best, not negated, chance)
    for value in material.wanted:
        if not (value.country or value.name or value.folded.isdigit()):
            continue
        others = tuple(word for word in material.wanted if word is not value)
        reduced = usable(question, rank(question, others, material.passages, material.similarities))
        if not reduced or meets(value, frozenset(reduced[0].own), frozenset()) or reduced[0].missing:
            continue
        if reduced[0].coverage >= _CARRIED and composition.contradicts(value, reduced[0]):
            return composition.yes_no(reduced[0], False, confidence.threshold())
    return composition.decline("insufficient_evidence", min(chance, confidence.threshold() / 2))


_CARRIED = 0.8
"""Coverage from which a sentence says what is asked but for one value."""


def _is_negated(text: str) -> bool:
    return bool(set(text.lower().replace("n't", " not").split()) & _NEGATION)
