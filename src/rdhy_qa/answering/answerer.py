"""From a question and its retrieved passages to a proven answer, or to the reason why there is none."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rdhy_qa.answering import abstention, comparisons, composition, confidence, lexicon, lists, reading
from rdhy_qa.answering.composition import Draft
from rdhy_qa.answering.evidence import FEATURES, Evidence, is_secondary, measure, ranking_weights
from rdhy_qa.answering.lexicon import is_english, is_near_english, likeness
from rdhy_qa.answering.lists import RecordList
from rdhy_qa.answering.places import countries_in
from rdhy_qa.answering.questions import NAMED_THINGS, Kind, Question
from rdhy_qa.answering.spans import SpanType, find
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.answering.wanted import Wanted, Words, meets
from rdhy_qa.documents.document import BlockKind, Record
from rdhy_qa.terms import fold, terms

_OF_MANY = frozenset({Kind.NAME, Kind.PLACE, Kind.STATEMENT})
READ_PASSAGES = 8
"""Passages whose sentences are weighed. On public questions five hold the answer for .99 of the questions; on our own,
which share few words with the text, five hold it for .90 and eight for .92."""


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
    read: reading.Read
    """Reads windows of text for the question."""
    lists: tuple[RecordList, ...]
    """The lists of all documents that were found."""
    words: Words
    """The words of the corpus."""


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


def rank_all(material: Material) -> list[Evidence]:
    """All sentences of what is read, best evidence first, before the reader has seen them."""
    return rank(material.question, material.wanted, material.passages, material.similarities)


def usable(question: Question, ranked: Sequence[Evidence]) -> list[Evidence]:
    """Evidence that can be an answer: no caption, no heading for yes or no, no note on what is missing."""
    unfit = {BlockKind.CAPTION}
    if question.kind is Kind.YES_NO:
        unfit.add(BlockKind.HEADING)
    fit = [evidence for evidence in ranked if evidence.block.kind not in unfit and not _says_it_is_missing(evidence)]
    match fit:
        # Of two that are nearly as good, the one that holds something of the type that is asked for.
        case [first, second, *others] if second.spans and not first.spans and first.score - second.score < _CLOSE:
            return [second, first, *others]
    return fit


_CLOSE = 0.5
"""Difference of scores at which two sentences are as good as each other."""


def _says_it_is_missing(found: Evidence) -> bool:
    """An editor's note on what the document does not hold answers nothing."""
    return found.block.kind is BlockKind.NOTE and _is_negated(found.quote)


def answer(material: Material) -> Draft:
    """Answer, or decline with a reason."""
    question, wanted = material.question, material.wanted
    said = terms(question.text)
    if lexicon.is_foreign([t.folded for t in said], [t.stem in material.words for t in said]):
        return composition.decline("out_of_scope", text=abstention.NOT_ENGLISH)
    unknown = unknown_names(question, wanted)
    if unknown:
        return composition.decline("no_evidence", unknown=unknown)
    if not material.passages or not wanted:
        return composition.decline("out_of_scope")
    evidence = usable(question, reading.read(rank_all(material), material.read))
    if not evidence:
        return composition.decline("no_evidence")
    chance = confidence.of_evidence(question, wanted, evidence)
    if question.kind is Kind.YES_NO:
        return _yes_no(material, evidence, chance)
    if (compared := comparisons.compare(question, wanted, material.lists)) is not None:
        return composition.comparison(compared)
    draft = None
    if question.kind is Kind.CATEGORY:
        draft = _category(wanted, evidence, material.lists)
    elif question.count or question.kind is Kind.LIST or (question.plural and question.kind in _OF_MANY):
        draft = _list(material, evidence)
    return draft or _introduced(material, evidence, chance) or _statement(question, wanted, evidence, chance)


def _list(material: Material, evidence: Sequence[Evidence]) -> Draft | None:
    question = material.question
    match = lists.match(question, material.wanted, material.lists, material.words)
    if match is None or any(word.name for word in match.missing):
        return None
    if question.count and (match.class_match < _COUNTED or _number_in_text(evidence, match)):
        return None
    if question.kind is Kind.PLACE and not match.countries:
        return None
    asks_for_all = question.kind is Kind.LIST or question.count or match.countries
    if not asks_for_all and (match.coverage < _CERTAIN or len(match.records) == 1):
        return None
    chance = confidence.of_list(match)
    return composition.count(match, chance) if question.count else composition.items(match, chance)


def _introduced(material: Material, evidence: Sequence[Evidence], chance: float) -> Draft | None:
    """The list that the best sentence introduces: "three experiences were offered:" is no answer without them."""
    if evidence[0].unmet:
        return None
    if material.question.kind is Kind.LIST:
        for candidate in material.lists:
            if sum(lists.belongs(candidate, found) for found in evidence[:_CROWD]) >= _MOST:
                return composition.items(lists.whole(candidate), max(chance, confidence.threshold()))
    if chance < confidence.threshold():
        return None
    several = material.question.kind is Kind.LIST or material.question.plural
    for found in evidence[: _INTRODUCING if several else 1]:
        for candidate in material.lists:
            if lists.introduces(candidate, found) and (several or found.quote.endswith(":")):
                match = lists.whole(candidate)
                return composition.count(match, chance) if material.question.count else composition.items(match, chance)
    return None


_CROWD, _MOST = 5, 4
"""Of so many of the best sentences, so many have to be of one list for it to be the answer."""
_INTRODUCING = 2
"""Sentences among which one that introduces a list is looked for, where several things are asked for."""
_COUNTED = 0.75
"""Likeness of what is counted and what a list's items are."""
_CERTAIN = 0.85
"""Coverage from which "who" is taken to ask for a whole list."""


def _number_in_text(evidence: Sequence[Evidence], match: lists.Match) -> bool:
    """A number that a sentence gives for what is counted goes before counting a list that fits less well."""
    best = evidence[0]
    return bool(best.spans) and best.coverage > match.coverage + 0.05 and best.features[FEATURES.index("own")] >= 0.5


def _category(wanted: Sequence[Wanted], evidence: Sequence[Evidence], all_lists: Sequence[RecordList]) -> Draft | None:
    """What the list is called that an item stands in, named by the question or described by it."""
    focus = [word.stem for word in wanted if word.focus]
    asked = [word for word in wanted if not word.focus and not likeness(word.stem, "award")]
    if not asked:
        return None
    named = lists.records_named(asked, all_lists)
    if not named and not any(word.name for word in asked):
        named = [entry for found in evidence[:1] if (entry := _listed(found, all_lists)) is not None]
    for candidate, record in sorted(named, key=lambda entry: is_secondary(entry[0].view.document)):
        if (
            lists.awards(candidate)
            and _carries(candidate, record, asked)
            and (draft := composition.category(candidate, record, [*focus, *_CATEGORY]))
        ):
            return draft
    if any(word.name for word in asked):
        return composition.decline("insufficient_evidence")
    return None


def _listed(found: Evidence, all_lists: Sequence[RecordList]) -> tuple[RecordList, Record] | None:
    """The item that a sentence belongs to, with its list."""
    record = found.record
    if record is None or record.head is None:
        return None
    return next(
        ((c, record) for c in all_lists if c.view.document is found.document and c.list_id == record.list_id), None
    )


def _carries(candidate: RecordList, record: Record, asked: Sequence[Wanted]) -> bool:
    """Whether item, heading and lead-in have every name of the question."""
    view = candidate.view
    around = (
        view.stems_between(record.start, record.end)
        | view.section(record.section)
        | view.title
        | (view.stems_between(candidate.lead_in.start, candidate.lead_in.end) if candidate.lead_in else frozenset())
    )
    countries = view.countries(record.start, record.end)
    return all(meets(word, around, countries) >= 0.5 for word in asked if word.name or word.country)


_CATEGORY = ("categori", "award", "prize", "class")


def _statement(question: Question, wanted: Sequence[Wanted], evidence: Sequence[Evidence], chance: float) -> Draft:
    best = evidence[0]
    if question.kind in _OF_MANY | {Kind.LIST} and _is_negated(question.text) and not _is_negated(best.quote):
        return composition.decline("insufficient_evidence", min(chance, confidence.threshold() / 2))
    if question.kind is Kind.LIST and _asks_names(question) and _new_names(question, best) < _SEVERAL:
        return composition.decline("insufficient_evidence", min(chance, confidence.threshold() / 2))
    if best.unmet or (question.wanted is not None and not best.typed):
        return composition.decline("insufficient_evidence", min(chance, confidence.threshold() / 2))
    if chance < confidence.threshold():
        return composition.decline("out_of_scope" if best.coverage < _TOUCHED else "insufficient_evidence", chance)
    return composition.statement(question, wanted, best, chance)


def _asks_names(question: Question) -> bool:
    """A list of persons or organisations is asked for."""
    return any(re.fullmatch(NAMED_THINGS, term.folded) for term in question.focus)


def _new_names(question: Question, found: Evidence) -> int:
    """Names in a sentence that the question does not have itself."""
    asked = {term.stem for term in terms(question.text)}
    return sum(
        any(term.stem not in asked for term in terms(name.of(found.quote))) for name in find(found.quote, SpanType.NAME)
    )


_SEVERAL = 2
_TOUCHED = 0.3
"""Coverage below which the corpus does not even touch on the question."""
_NEGATION = frozenset("no not never without nor neither none nobody".split())


def _yes_no(material: Material, evidence: Sequence[Evidence], chance: float) -> Draft:
    """No where a sentence gives another value for one thing that is asked, yes where it carries all of it."""
    question = material.question
    best = evidence[0]
    for value in material.wanted:
        if (other := _other_value(material, value)) is not None:
            return composition.yes_no(other, False, max(chance, confidence.threshold()))
    lacking = any(
        (word.name or word.country) and not meets(word, best.own, _countries(best)) for word in material.wanted
    )
    carried = best.features[FEATURES.index("item")] >= _CARRIED
    if (chance < confidence.threshold() and not carried) or (lacking and best.missing) or best.unmet:
        return composition.decline("insufficient_evidence", min(chance, confidence.threshold() / 2))
    return composition.yes_no(best, _is_negated(best.quote) == _is_negated(question.text), chance)


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


def _is_negated(text: str) -> bool:
    return bool(set(text.lower().replace("n't", " not").split()) & _NEGATION)
