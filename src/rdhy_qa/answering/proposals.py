"""The answers that could be given, each with what speaks for it: a statement, a list, a count, yes or no.

Every form of answer has a logistic model of its own (``confidence.py``), fitted on whether such answers were right, so
their confidences are on one scale and the likeliest one can be taken.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from rdhy_qa.answering import comparisons, composition, lists, reading, yes_no
from rdhy_qa.answering.abbreviations import expansion
from rdhy_qa.answering.composition import Draft
from rdhy_qa.answering.evidence import Evidence, is_secondary
from rdhy_qa.answering.lexicon import is_negated, likeness
from rdhy_qa.answering.lists import Match, RecordList
from rdhy_qa.answering.named_in_turn import named_in_turn
from rdhy_qa.answering.places import countries_in, is_country
from rdhy_qa.answering.proposal import FAR, Form, Proposal, common, of_sentence, value
from rdhy_qa.answering.questions import NAMED_THINGS, Kind, Question
from rdhy_qa.answering.ranking import Material
from rdhy_qa.answering.spans import SpanType, find
from rdhy_qa.answering.wanted import Wanted, meets
from rdhy_qa.documents.document import Record
from rdhy_qa.terms import terms


def propose(material: Material, evidence: Sequence[Evidence]) -> list[Proposal]:
    """All answers that the evidence, best first and read, allows; empty where there is no evidence."""
    if not evidence:
        return []
    if material.question.kind is Kind.YES_NO:
        return [yes_no.by_list(material) or yes_no.by_sentence(material, evidence)]
    lacks = _lacks_names(material.question, evidence[0]) or _lacks_number(material.question, evidence[0])
    found = [] if lacks else [_statement(material, evidence)]
    if (compared := comparisons.compare(material.question, material.wanted, material.lists)) is not None:
        found.append(Proposal(Form.COMPARISON, {}, lambda chance: composition.comparison(compared, chance)))
    if material.question.kind is Kind.CATEGORY:
        categories = list(_category(material, evidence))
        if not categories and any(word.name for word in material.wanted):
            return []  # what is named won nothing
        found += categories
    views = dict.fromkeys(passage.view for passage in material.passages)
    if (expanded := expansion(material.question, views)) is not None:
        found.append(Proposal(Form.EXPANSION, {}, lambda chance: composition.expansion(expanded, chance)))
    turns = named_in_turn(material.question, material.wanted, views)
    if turns is not None and not any(turns.are_items(candidate.heads) for candidate in material.lists):
        counted = material.question.count
        found.append(Proposal(Form.IN_TURN, {}, lambda chance: composition.in_turn(turns, chance, counted=counted)))
    return found + list(_lists(material, evidence))


def _statement(material: Material, evidence: Sequence[Evidence]) -> Proposal:
    question, best = material.question, evidence[0]
    several = question.kind is Kind.LIST or question.count
    asks_names, new_names = _asks_names(question), _new_names(question, best)
    features = (
        common(material, evidence)
        | of_sentence(question, evidence)
        | reading.alone(best, material.read)
        | {
            "words": float(len(material.wanted)),
            "is_list": float(question.kind is Kind.LIST),
            "is_count": float(question.count),
            "several": float(several),
            "enumerates": float(several and _enumerates(best)),
            "few_names": float(several and asks_names and new_names < _SEVERAL),
            "nameless": float((asks_names or question.kind is Kind.NAME) and not new_names),
            "is_category": float(question.kind is Kind.CATEGORY),
            "opens_list": float(any(lists.introduces(candidate, best) for candidate in material.lists)),
            "negation": float(is_negated(question.text) != is_negated(best.quote)),
            "secondary": float(best.handicap > 0),
        }
    )
    return Proposal(
        Form.STATEMENT,
        features,
        lambda chance: composition.statement(question, material.wanted, best, chance),
    )


_SEVERAL = 2


def _lacks_names(question: Question, best: Evidence) -> bool:
    """Several names are asked for, and the best sentence has too few that the question does not have itself."""
    names = _new_names(question, best)
    if question.kind is Kind.LIST:
        return _asks_names(question) and names < _SEVERAL and not _enumerates_no_names(best)
    return question.kind is Kind.NAME and question.plural and not names


def _lacks_number(question: Question, best: Evidence) -> bool:
    """A count is asked for, and the best sentence has no number at all."""
    return question.count and not find(best.quote, SpanType.NUMBER)


def _asks_names(question: Question) -> bool:
    """Persons or organisations are asked for."""
    return any(re.fullmatch(NAMED_THINGS, term.folded) for term in question.focus)


def _enumerates_no_names(found: Evidence) -> bool:
    """The reader sees several things in a sentence that are no names."""
    if found.span is None:
        return False
    seen = found.span.of(found.document.text)
    return seen.count(",") + 1 >= _SEVERAL and not countries_in(seen)


def _enumerates(found: Evidence) -> bool:
    """What the reader sees in a sentence is several things: "investors, schools and offices"."""
    return found.span is not None and len(_PARTS.split(found.span.of(found.document.text))) >= _SEVERAL


_PARTS = re.compile(r",(?: and| or)? | (?:and|or|&) ")


def _new_names(question: Question, found: Evidence) -> int:
    """Names in a sentence that the question does not have itself; no country is a person or an organisation."""
    asked = {term.stem for term in terms(question.text)}
    names = [name.of(found.quote) for name in find(found.quote, SpanType.NAME)]
    return sum(any(term.stem not in asked for term in terms(name)) and not is_country(name) for name in names)


# Lists


def _lists(material: Material, evidence: Sequence[Evidence]) -> Iterator[Proposal]:
    """The list whose words fit the question best, and those that the best sentences open, stand in or stand beside."""
    question = material.question
    several = question.kind is Kind.LIST or question.count or question.plural
    matched = lists.match(question, material.wanted, material.lists, material.words) if several else None
    if matched is not None:
        yield _list(material, evidence, matched, several=True)
    if question.wanted in _SINGLE and not several:
        return
    retrieved = [found for found in evidence if value(found, "rank") >= _FIRST_RETRIEVED]
    for candidate in material.lists:
        near = (
            any(lists.belongs(candidate, found) for found in evidence[:_NEAR])
            or any(lists.beside(candidate, found) for found in evidence[:_BESIDE])
            or any(lists.belongs(candidate, found) for found in retrieved)
        )
        if near and not (matched and candidate in matched.lists and not matched.restricted):
            yield _list(material, evidence, lists.whole(candidate), several=several)


_NEAR = 5
"""Of so many of the best sentences one has to be of a list for it to be proposed,"""
_BESIDE = 3
"""or of so many one has to stand in its section,"""
_FIRST_RETRIEVED = 0.5
"""or it has to be in one of the two passages that retrieval put first."""
_FITS = 0.94
"""Coverage from which a list is all that a question's words ask for."""
_SINGLE = frozenset({SpanType.DATE, SpanType.NUMBER, SpanType.DURATION})
"""What is one value, not a list, unless several are asked for."""


def _list(material: Material, evidence: Sequence[Evidence], match: Match, *, several: bool) -> Proposal:
    question = material.question
    of_it = [found for found in evidence if any(lists.belongs(candidate, found) for candidate in match.lists)]
    others = [found for found in evidence if found not in of_it]
    opening = [(p, found) for p, found in enumerate(evidence) if any(lists.introduces(c, found) for c in match.lists)]
    read = [found for found in of_it if found.span is not None]
    margin = (of_it[0].score if of_it else -FAR) - (others[0].score if others else -FAR)
    unheard = lists.unheard(match.lists[0], material.wanted)
    of_names = all(candidate.is_of_names(material.words) for candidate in match.lists)
    features = common(material, evidence) | {
        "coverage": match.coverage,
        "class_match": match.class_match,
        "by_words": float(match.by_words),
        "fits": float(match.by_words and match.coverage >= _FITS and not match.missing),
        "restricted": float(match.restricted),
        "by_country": float(match.restricted and any(word.country for word in material.wanted)),
        "missing": float(len(match.missing)),
        "unheard": sum(word.weight for word in unheard) / (sum(word.weight for word in material.wanted) or 1.0),
        "unheard_name": float(any(word.name or word.demanded for word in unheard)),
        "missing_name": float(any(word.name for word in match.missing)),
        "opening": 1.0 / (1 + opening[0][0]) if opening else 0.0,
        "opening_margin": max(opening[0][1].score - evidence[0].score, -FAR) if opening else -FAR,
        "opening_item": value(opening[0][1], "item") if opening else 0.0,
        "similarity": max((found.similarity for found in of_it), default=0.0),
        "passage": max((value(found, "passage") for found in of_it), default=0.0),
        "rank": max((value(found, "rank") for found in of_it), default=0.0),
        "crowd": sum(found in of_it for found in evidence[:_NEAR]) / _NEAR,
        "share": max((value(found, "share") for found in read), default=-2.0),
        "answerable": max((found.answerable for found in read), default=-5.0) / 5,
        "unread": float(not read),
        "margin": min(max(margin, -FAR), FAR),
        "several": float(several),
        "is_list": float(question.kind is Kind.LIST),
        "is_count": float(question.count),
        "is_name": float(question.kind is Kind.NAME),
        "is_place": float(question.kind is Kind.PLACE and not match.countries),
        "of_others": float((question.kind is Kind.NAME or _asks_names(question)) and not of_names),
        "number_in_text": float(question.count and bool(evidence[0].spans) and evidence[0] not in of_it),
        "size": math.log(len(match.records)),
        "alone": float(len(match.records) == 1),
        "secondary": float(is_secondary(match.lists[0].view.document)),
    }
    if question.count:
        return Proposal(Form.LIST, features, lambda chance: composition.count(match, chance))
    return Proposal(Form.LIST, features, lambda chance: composition.items(match, chance))


# The category of an item


def _sure(draft: Draft, chance: float) -> Draft:
    return replace(draft, confidence=chance)


def _category(material: Material, evidence: Sequence[Evidence]) -> Iterator[Proposal]:
    """What the list is called that an item stands in, named by the question or described by it."""
    focus = [word.stem for word in material.wanted if word.focus]
    asked = [word for word in material.wanted if not word.focus and not likeness(word.stem, "award")]
    if not asked:
        return
    by_name = lists.records_named(asked, material.lists)
    described = [entry for found in evidence[:1] if (entry := _listed(found, material.lists)) is not None]
    for candidate, record in sorted(by_name, key=lambda entry: is_secondary(entry[0].view.document)) or described:
        if not lists.awards(candidate):
            continue
        draft = composition.category(candidate, record, [*focus, *_CATEGORY])
        if draft is None:
            continue
        features = common(material, evidence) | {
            "named": float(bool(by_name)),
            "carried": float(_carries(candidate, record, asked)),
            "secondary": float(is_secondary(candidate.view.document)),
            "top": float(any(found.record is record for found in evidence[:_NEAR])),
        }
        yield Proposal(Form.CATEGORY, features, partial(_sure, draft))


_CATEGORY = ("categori", "award", "prize", "class")


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
