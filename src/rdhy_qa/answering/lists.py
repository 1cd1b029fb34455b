"""Lists as wholes: which list a question is about, and which of its items it asks for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rdhy_qa.answering.citations import without_marks
from rdhy_qa.answering.evidence import Evidence, is_secondary
from rdhy_qa.answering.lexicon import likeness
from rdhy_qa.answering.list_openings import class_nouns, is_plural_noun, opening_spans
from rdhy_qa.answering.named_items import NAMED, share_named
from rdhy_qa.answering.questions import NAMED_THINGS, Kind, Question
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.answering.wanted import MET, Wanted, Words, meets
from rdhy_qa.documents.document import Record, Span
from rdhy_qa.terms import stem, terms

# A list is chosen when its lead-in, headings and items meet this share of the question's weight. Fitted by hand on the
# development questions.
_ENOUGH = 0.72
_SAME_CLASS = 0.7
"""How alike the word that a question asks for and the word for a list's items have to be."""
_AROUND = 0.95
"""What a word of a heading counts against one of what opens the list."""
_SECONDARY = 0.15
"""What a list in background material is worth less than one in a post."""
_ATTRIBUTE = 0.9
"""How well a list fits where what stands with its items is asked for: their countries."""
_SHORT_ITEM = 80
"""Characters up to which an item that is no sentence is shown whole."""


@dataclass(frozen=True, eq=False)
class RecordList:
    """One list or table of a document."""

    view: DocumentView
    list_id: int
    records: tuple[Record, ...]

    @cached_property
    def described(self) -> frozenset[str]:
        """Stems of the lead-in."""
        return self.view.stems_between(self.lead_in.start, self.lead_in.end) if self.lead_in else frozenset()

    @cached_property
    def openings(self) -> tuple[Span, ...]:
        """The sentences that open the list."""
        return opening_spans(self.view.document, self.lead_in)

    @cached_property
    def opening(self) -> frozenset[str]:
        """Stems of what opens the list; the rest of the lead-in may be about other things as well."""
        return frozenset().union(*(self.view.stems_between(span.start, span.end) for span in self.openings))

    @cached_property
    def headed(self) -> frozenset[str]:
        """Stems of the headings above the list."""
        return self.view.section(self.records[0].section)

    @cached_property
    def classes(self) -> set[str]:
        """Stems of the words for what the items are: plural nouns of the opening sentence and of the last heading."""
        return class_nouns(self.opening_text()) | class_nouns(" ".join(self.records[0].section[-1:]))

    @cached_property
    def heads(self) -> frozenset[frozenset[str]]:
        """Stems of the names of its items."""
        spans = (record.head for record in self.records if record.head is not None)
        return frozenset(stems for span in spans if (stems := self.view.stems_between(span.start, span.end)))

    @property
    def lead_in(self) -> Span | None:
        """What introduces the list."""
        return self.records[0].lead_in

    @property
    def has_heads(self) -> bool:
        """Most of its items open with the thing that they are about."""
        return sum(record.head is not None for record in self.records) * 2 > len(self.records)

    def is_of_names(self, words: Words) -> bool:
        """Most of its items are named things: people, organisations."""
        heads = [self.view.stems_between(r.head.start, r.head.end) for r in self.records if r.head is not None]
        named = sum(any(words.is_name(found) for found in head) for head in heads)
        return named * 2 > len(self.records)

    def opening_text(self) -> str:
        """The text of what opens the list, or of the whole lead-in where that names nothing."""
        text = " ".join(span.of(self.view.document.text) for span in self.openings)
        return text if class_nouns(text) else self.lead_in_text()

    def lead_in_text(self) -> str:
        """The lead-in's text, or nothing."""
        return self.lead_in.of(self.view.document.text) if self.lead_in else ""


@dataclass(frozen=True, slots=True)
class Match:
    """A list that a question is about."""

    lists: tuple[RecordList, ...]
    records: tuple[tuple[RecordList, Record], ...]
    """The items that are asked for, in document order."""
    restricted: bool
    """True where the question asks for some of the items only ("winners from Italy")."""
    score: float
    coverage: float
    class_match: float
    """How well the word for what is asked fits the list's items."""
    countries: bool
    """The countries that stand with the items are asked for."""
    missing: tuple[Wanted, ...]
    by_words: bool = True
    """The question's words fit it; otherwise a sentence that answers opens it or stands in it."""


def lists_of(view: DocumentView) -> list[RecordList]:
    """The lists of a document, in order."""
    groups: dict[int, list[Record]] = {}
    for record in view.document.records:
        if record.block in view.not_evidence:
            continue
        groups.setdefault(record.list_id, []).append(record)
    return [RecordList(view, list_id, tuple(records)) for list_id, records in groups.items()]


def contested(candidates: Sequence[RecordList]) -> list[RecordList]:
    """Lists that a post of the series has too, with other items: somebody's own version of them.

    Background material is not among them: what it says comes after what a post says anyway.
    """
    of_series = [one for one in candidates if one.view.document.metadata.series is not None]
    others = (one for one in candidates if one.view.document.metadata.series is None)
    return [
        one for one in others if not is_secondary(one.view.document) and any(_differs(one, own) for own in of_series)
    ]


def _differs(other: RecordList, own: RecordList) -> bool:
    """Whether a list has most of another one's items, but not just these."""
    shared = sum(any(head <= name or name <= head for name in other.heads) for head in own.heads)
    return 2 * shared > len(own.heads) > 1 and not shared == len(own.heads) == len(other.heads)


@dataclass(frozen=True, slots=True)
class _Scored:
    list: RecordList
    records: tuple[Record, ...]
    restricted: bool
    score: float
    coverage: float
    class_match: float
    attribute: bool
    constraints: frozenset[str]
    matched: frozenset[str]
    missing: tuple[Wanted, ...]


def _score(question: Question, wanted: Sequence[Wanted], candidate: RecordList) -> _Scored | None:
    view = candidate.view
    if not any(meets(word, candidate.opening) >= MET or meets(word, candidate.headed) >= MET for word in wanted):
        return None  # it is introduced as something else: most lists of a large corpus end here
    attribute = _asks_countries(wanted, candidate)
    class_match = _ATTRIBUTE if attribute else _class_match(question, wanted, candidate)
    if class_match < _SAME_CLASS:
        return None
    met: dict[str, float] = {}
    constraints: list[Wanted] = []
    for word in wanted:
        share = _share(word, candidate, class_match, attribute=attribute)
        if share < MET and any(_item_meets(view, record, word) for record in candidate.records):
            constraints.append(word)
            share = 1.0
        met[word.folded] = share
    if question.count and not all(word.name or word.country for word in constraints):
        return None
    kept = tuple(r for r in candidate.records if all(_item_meets(view, r, word) for word in constraints))
    if question.plural and len(kept) == 1 and not any(word.name or word.country for word in constraints):
        # A word like any other that one item happens to have: several are asked for.
        met |= dict.fromkeys((word.folded for word in constraints), 0.0)
        kept, constraints = candidate.records, []
    # "emergent excellence" is a name, and "emergent" alone may be a word of the list's heading
    said = [word for word in wanted if any(word.folded in limit.folded.split() for limit in constraints)]
    if not kept or any(share_named(view, r, [*constraints, *said]) >= NAMED for r in kept):
        return None
    total = sum(word.weight for word in wanted)
    coverage = sum(word.weight * met[word.folded] for word in wanted) / total if total else 0.0
    missing = tuple(word for word in wanted if met[word.folded] < 0.5)
    precision = sum(any(likeness(w.stem, d) for w in wanted) for d in candidate.opening) / (len(candidate.opening) or 1)
    matched = frozenset(
        word.folded
        for word in wanted
        if met[word.folded] >= MET and word not in constraints and word.stem not in _ANYTHING
    )
    limits = frozenset(word.folded for word in constraints)
    score = coverage + 0.2 * class_match + 0.1 * precision - _SECONDARY * is_secondary(view.document)
    restricted = len(kept) < len(candidate.records)
    return _Scored(candidate, kept, restricted, score, coverage, class_match, attribute, limits, matched, missing)


def _share(word: Wanted, candidate: RecordList, class_match: float, *, attribute: bool) -> float:
    """How well what introduces a list, and what its items are, meet a word."""
    if attribute and word.stem in _COUNTRY:
        return 1.0
    if word.stem in _WINNING and candidate.opening & _WINNING:
        return 1.0  # "six organisations won" opens a list of winners
    share = max(
        meets(word, candidate.opening),
        _AROUND * meets(word, candidate.headed),
        0.6 * meets(word, candidate.described | candidate.view.title),
    )
    if word.stem in _ANYTHING | RELATING:
        return max(share, 0.9)
    return max(share, class_match) if word.focus and class_match >= 0.85 else share


# What any list of named things may be a list of.
_ANYTHING = frozenset(stem(word) for word in "company organisation organization firm business name named list".split())
RELATING = frozenset(
    stem(word) for word in "belong part member include among count contain consist comprise make form exist".split()
)
"""What says no more of a list than that it has its items."""
_COUNTRY = frozenset(stem(word) for word in "country countries nation nationality home where".split())


def _asks_countries(wanted: Sequence[Wanted], candidate: RecordList) -> bool:
    """The question is for the countries that stand with the items."""
    if not any(word.stem in _COUNTRY and word.stem != stem("home") for word in wanted):
        return False
    view = candidate.view
    return all(
        r.qualifier is not None and view.countries(r.qualifier.start, r.qualifier.end) for r in candidate.records
    )


def _class_match(question: Question, wanted: Sequence[Wanted], candidate: RecordList) -> float:
    """How well the word that the question asks for fits the items: as what the lead-in or the heading calls them."""
    focus = [word for word in wanted if word.focus]
    if not focus:
        return 0.85
    if question.kind is Kind.NAME:  # "who moderated": what the lead-in says the named ones did
        return max(meets(word, candidate.opening | candidate.headed) for word in focus)
    plurals = [word for word in focus if is_plural_noun(word.folded)]
    nouns = plurals or focus
    best = max((likeness(word.stem, c) for word in nouns for c in candidate.classes), default=0.0)
    # "the … category" in a lead-in does not make its items categories
    loose = candidate.opening - {word.stem for word in plurals}
    best = max(best, 0.9 * max((meets(word, loose) for word in nouns), default=0.0))
    if any(word.stem in _ANYTHING for word in nouns) and candidate.has_heads:
        best = max(best, 0.85)
    if all(any(_item_meets(candidate.view, record, word) for word in nouns) for record in candidate.records):
        best = max(best, 0.9)
    return best


def _item_meets(view: DocumentView, record: Record, word: Wanted) -> bool:
    stems = view.stems_between(record.start, record.end)
    countries = frozenset[str]()
    if word.country is not None:
        where = record.qualifier or record.head or Span(record.start, record.end)
        countries = view.countries(where.start, where.end)
        stems = frozenset()
    return meets(word, stems, countries) >= MET


def match(question: Question, wanted: Sequence[Wanted], candidates: Iterable[RecordList], words: Words) -> Match | None:
    """The list, or the lists of one document, that a question is about; None where no list fits well enough.

    Lists that fit equally well and for the same words are all meant: "all winners" of three award categories.
    """
    scored = [
        s
        for candidate in candidates
        if len(candidate.records) > 1 and (s := _score(question, wanted, candidate)) is not None
    ]
    if question.kind is Kind.NAME or any(re.fullmatch(NAMED_THINGS, term.folded) for term in question.focus):
        scored = [s for s in scored if s.list.is_of_names(words)]
    if not scored:
        return None
    scored.sort(key=lambda s: (-s.score, s.list.view.document.id, s.list.list_id))
    best = scored[0]
    if best.coverage < _ENOUGH:
        return None
    # "all winners" of three categories; anything else is in one list
    joins = any(word.stem in _WINNING for word in wanted if word.focus)
    same = [s for s in scored if s is best or (joins and _alike(s, best))]
    same.sort(key=lambda s: s.list.records[0].start)
    records = tuple((s.list, record) for s in same for record in s.records)
    return Match(
        tuple(s.list for s in same),
        records,
        any(s.restricted for s in same),
        best.score,
        best.coverage,
        best.class_match,
        best.attribute,
        best.missing,
    )


def _alike(one: _Scored, best: _Scored) -> bool:
    """Whether two lists of winners fit a question for the same words, so that both are meant."""
    return (
        one.list.view is best.list.view
        and (one.matched, one.constraints) == (best.matched, best.constraints)
        and bool(one.list.opening & _WINNING)
        and one.list.has_heads == best.list.has_heads
    )


def introduces(candidate: RecordList, found: Evidence) -> bool:
    """Whether a sentence is the one that opens a list."""
    if candidate.view.document is not found.document or len(candidate.records) < _TWO:
        return False
    return Span(found.sentence.start, found.sentence.end) in candidate.openings[-1:]


_TWO = 2


def belongs(candidate: RecordList, found: Evidence) -> bool:
    """Whether a sentence opens a list, or stands in one of its items."""
    if candidate.view.document is not found.document or len(candidate.records) < _TWO:
        return False
    return introduces(candidate, found) or any(
        record.start <= found.sentence.start < record.end for record in candidate.records
    )


def beside(candidate: RecordList, found: Evidence) -> bool:
    """Whether a sentence stands in the section of a list."""
    if candidate.view.document is not found.document or len(candidate.records) < _TWO:
        return False
    return candidate.records[0].section == found.block.section


def unheard(candidate: RecordList, wanted: Sequence[Wanted]) -> list[Wanted]:
    """The words that neither what is said around a list nor any of its items has."""
    view = candidate.view
    around = candidate.described | candidate.headed | view.title
    around = around.union(*(view.stems_between(record.start, record.end) for record in candidate.records))
    countries = frozenset().union(*(view.countries(record.start, record.end) for record in candidate.records))
    return [word for word in wanted if meets(word, around, countries) < _HALF and word.stem not in _ANYTHING | RELATING]


_HALF = 0.5


def whole(candidate: RecordList) -> Match:
    """All of one list."""
    records = tuple((candidate, record) for record in candidate.records)
    return Match((candidate,), records, False, 0.0, 0.0, 0.0, False, (), by_words=False)


def item_label(candidate: RecordList, record: Record) -> str:
    """How an item is shown: its head with what tells it apart, or the item itself where it has no head."""
    text = candidate.view.document.text
    block = candidate.view.document.blocks[record.block]
    whole = text[block.start : block.end]
    if record.head is None or (len(whole) <= _SHORT_ITEM and not whole.endswith(".")):
        return without_marks(whole)
    label = record.head.of(text)
    if record.qualifier is not None:
        qualifier = record.qualifier.of(text)
        between = text[record.head.end : record.qualifier.start]
        label += f" by {qualifier}" if " by " in between else f" ({qualifier})"
    return without_marks(label)


def records_named(wanted: Sequence[Wanted], candidates: Iterable[RecordList]) -> list[tuple[RecordList, Record]]:
    """Items whose head the question names, best first."""
    found = [
        (share, candidate, record)
        for candidate in candidates
        for record in candidate.records
        if (share := share_named(candidate.view, record, wanted)) >= NAMED
    ]
    found.sort(key=lambda entry: (-entry[0], entry[2].start))
    return [(candidate, record) for _, candidate, record in found]


def awards(candidate: RecordList) -> bool:
    """Whether the sentence that opens a list says that its items won, or form a category."""
    return bool({term.stem for term in terms(candidate.opening_text())} & (_WINNING | _CATEGORISING))


_WINNING = frozenset(stem(word) for word in "winner winners win wins won winning".split())
_CATEGORISING = frozenset(stem(word) for word in "category class".split())
