"""Evidence: the sentences of the retrieved passages, each with what speaks for it, ranked by a fitted linear model.

The weights in ``ranking.json`` are fitted by ``python -m rdhy_qa_evals.fit`` on public questions and our own; the
features are few enough to read.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rdhy_qa.answering.lexicon import likeness
from rdhy_qa.answering.places import is_country
from rdhy_qa.answering.questions import Kind, Question
from rdhy_qa.answering.spans import SpanType, TypedSpan, find
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.answering.wanted import Wanted, meets
from rdhy_qa.documents.document import Block, BlockKind, Document, Record, Sentence, Span
from rdhy_qa.models.fitted import weights_of
from rdhy_qa.terms import STOP_WORDS, terms

FEATURES = (
    "similarity",
    "passage",
    "rank",
    "own",
    "item",
    "frame",
    "missing",
    "names",
    "phrase",
    "typed",
    "near",
    "focus",
    "heading",
    "short",
    "caption",
    "record",
    "note",
    "cue",
    "gap",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence, with what speaks for it."""

    document: Document
    index: int
    """Position in ``document.sentences``."""
    record: Record | None
    features: npt.NDArray[np.float64]
    score: float
    coverage: float
    """Share of the question's weight that sentence, item and frame meet."""
    missing: tuple[Wanted, ...]
    """Words that nothing around the sentence meets."""
    spans: tuple[TypedSpan, ...] = field(default=())
    """Possible answers of the wanted type, offsets in the document, best first."""
    own: frozenset[str] = frozenset()
    """Stems of the sentence."""
    similarity: float = 0.0
    handicap: float = 0.0
    """What is taken off the score of background material and of notes."""
    span: Span | None = None
    """Where the reader sees the answer in the sentence; None where it did not read it."""
    answerable: float = 0.0
    """The reader's logit of the sentence's window holding an answer."""

    @property
    def unmet(self) -> tuple[Wanted, ...]:
        """Words that no answer can do without, and that nothing around the sentence meets."""
        return tuple(w for w in self.missing if w.name or w.country or w.demanded or w.folded.isdigit())

    @property
    def typed(self) -> bool:
        """It holds, or belongs to, something of the type that is asked for; true where no type is."""
        return bool(self.features[FEATURES.index("typed")] > 0)

    @property
    def sentence(self) -> Sentence:
        """The sentence itself."""
        return self.document.sentences[self.index]

    @property
    def block(self) -> Block:
        """The block that the sentence stands in."""
        return self.document.blocks[self.sentence.block]

    @property
    def quote(self) -> str:
        """The sentence's text."""
        return self.document.text[self.sentence.start : self.sentence.end]


def is_secondary(document: Document) -> bool:
    """Background material: what others say of the matter, read after the posts themselves."""
    return document.metadata.kind == "background"


def _coverage(wanted: Sequence[Wanted], met: Iterable[float]) -> float:
    total = sum(word.weight for word in wanted)
    return sum(word.weight * share for word, share in zip(wanted, met, strict=True)) / total if total else 0.0


def _phrases(wanted: Sequence[Wanted], sequence: tuple[str, ...]) -> float:
    """Share of the question's neighbouring words that are neighbours in the sentence too."""
    if len(wanted) < 2:
        return 0.0
    pairs = set(pairwise(sequence))
    hits = sum((first.stem, second.stem) in pairs for first, second in pairwise(wanted))
    return hits / (len(wanted) - 1)


def answer_spans(
    question: Question, wanted: Sequence[Wanted], text: str, offset: int, head: frozenset[str] = frozenset()
) -> list[TypedSpan]:
    """Spans of the wanted type that are not in the question itself, nearest to the question's words first.

    `head` holds the stems of the item's name: where the question has one of them, the others say nothing new.
    """
    if question.wanted is None:
        return []
    asked = {candidate for word in wanted for candidate, _ in word.stems}
    asked |= head if head & asked else frozenset()
    found = []
    words = [(t.start, t.stem) for t in terms(text) if t.folded not in STOP_WORDS]
    anchors = [start for start, s in words if any(likeness(word.stem, s) for word in wanted)]
    focus_anchors = _focus_anchors(question, words)
    kinds = {word.folded for word in wanted if word.focus}
    for span in find(text, question.wanted):
        if not _fits(question.wanted, kinds, span.of(text)):
            continue
        stems = [s for start, s in words if span.start <= start < span.end]
        if (
            question.wanted is SpanType.NUMBER
            and span.unit != "%"
            and question.count
            and not _counts(question, text, span)
        ):
            continue
        if question.wanted is SpanType.NAME and stems and all(s in asked for s in stems):
            continue
        if question.wanted in {SpanType.PLACE, SpanType.DATE} and stems and all(s in asked for s in stems):
            continue
        near = focus_anchors or anchors
        distance = min((abs(span.start - a) if a < span.start else abs(a - span.end) for a in near), default=len(text))
        found.append((distance, span))
    found.sort(key=lambda pair: (pair[0], pair[1].start))
    return [TypedSpan(s.start + offset, s.end + offset, s.type, s.value, s.unit) for _, s in found]


_ENUMERATION = re.compile(r"[^,]+, [^,]+,? (?:and|or|&) \w|\w (?:and|&) \w")


_TOWN = frozenset("city cities town towns village villages street address hotel venue".split())
_COUNTRY = frozenset("country countries nation nations state states".split())


def _fits(wanted: SpanType, kinds: set[str], text: str) -> bool:
    """Whether a span is of the kind that is named: no country for a town or a company, only one for a country."""
    country = is_country(text)
    if wanted is SpanType.PLACE:
        return country if kinds & _COUNTRY else not (country and kinds & _TOWN)
    return not (wanted is SpanType.NAME and country)


def _focus_anchors(question: Question, words: Sequence[tuple[int, str]]) -> list[int]:
    return [start for start, s in words if any(likeness(term.stem, s) for term in question.focus)]


def _counts(question: Question, text: str, span: TypedSpan) -> bool:
    """Whether the number counts what the question counts: "13 countries" for "how many countries"."""
    if not question.focus:
        return True
    following = [t.stem for t in terms(text[span.end : span.end + 60]) if t.folded not in STOP_WORDS][:4]
    preceding = [t.stem for t in terms(text[max(0, span.start - 40) : span.start]) if t.folded not in STOP_WORDS][-2:]
    nouns = [term.stem for term in question.focus]
    return any(likeness(noun, other) for noun in nouns for other in [*following, *preceding])


_SECONDARY = 2.0
"""What a sentence of background material or of an editor's note scores less: a post answers first where both do."""


def _gap(wanted: Sequence[Wanted], around: Sequence[float]) -> float:
    """1 where nothing around the sentence is what the answer has to be: no brewery near, for "which brewery"."""
    met = [share for word, share in zip(wanted, around, strict=True) if word.focus]
    return 1.0 - max(met) if met else 0.0


def _bias(features: dict[str, float]) -> npt.NDArray[np.float64]:
    return np.array([features[name] for name in FEATURES])


@lru_cache(maxsize=1)
def ranking_weights() -> npt.NDArray[np.float64]:
    """Weights of ``FEATURES``, from ``ranking.json``."""
    return weights_of("ranking", FEATURES)


def measure(
    question: Question,
    wanted: Sequence[Wanted],
    view: DocumentView,
    index: int,
    *,
    passage: float,
    rank: int,
    similarity: float,
    weights: npt.NDArray[np.float64],
) -> Evidence:
    """Weigh one sentence against a question."""
    document = view.document
    sentence = document.sentences[index]
    block = document.blocks[sentence.block]
    frame = view.frame(index)
    own = [meets(word, frame.own, view.countries(sentence.start, sentence.end)) for word in wanted]
    item = [max(o, meets(word, frame.item, frame.countries)) for o, word in zip(own, wanted, strict=True)]
    around = [max(i, meets(word, frame.frame, frame.countries)) for i, word in zip(item, wanted, strict=True)]
    names = [share for share, word in zip(around, wanted, strict=True) if word.name]
    text = document.text[sentence.start : sentence.end]
    record = view.record_of(sentence.block)
    spans = answer_spans(question, wanted, text, sentence.start, _head(view, record))
    typed = 1.0 if spans else 0.0
    if question.kind is Kind.LIST:
        typed = 1.0 if _ENUMERATION.search(text) else 0.5
    if question.kind is Kind.NAME and not typed and _has_other_head(record, view, wanted):
        typed = 0.5
    total = sum(word.weight for word in wanted) or 1.0
    near = [i if word.country or word.demanded else a for word, i, a in zip(wanted, item, around, strict=True)]
    missing = tuple(word for word, share in zip(wanted, near, strict=True) if share < 0.5)
    values = {
        "similarity": similarity,
        "passage": passage,
        "rank": 1.0 / (1 + rank),
        "own": _coverage(wanted, own),
        "item": _coverage(wanted, item),
        "frame": _coverage(wanted, around),
        "missing": max((word.weight for word in missing), default=0.0) / total,
        "names": sum(names) / len(names) if names else 1.0,
        "phrase": _phrases(wanted, frame.own_sequence),
        "typed": typed if question.wanted is not None or question.kind is Kind.LIST else 0.5,
        "near": 1.0 / (1.0 + _distance(spans, sentence) / 40) if spans else 0.0,
        "focus": max((meets(word, frame.own) for word in wanted if word.focus), default=0.0),
        "heading": float(block.kind is BlockKind.HEADING),
        "short": float(len(frame.own_sequence) < 4),
        "caption": float(block.kind is BlockKind.CAPTION),
        "record": float(record is not None),
        "note": float(block.kind is BlockKind.NOTE),
        "cue": _cue(question, text),
        "gap": _gap(wanted, around),
    }
    features = _bias(values)
    handicap = _SECONDARY * (is_secondary(document) or block.kind is BlockKind.NOTE)
    return Evidence(
        document,
        index,
        record,
        features,
        float(features @ weights) - handicap,
        values["frame"],
        missing,
        tuple(spans),
        own=frame.own,
        similarity=similarity,
        handicap=handicap,
    )


_REASON_CUE = re.compile(
    r"\b(?:because|since|due to|thanks to|so that|owing to|in order to|reason|led to|therefore)\b|\bso\b|\bto \w+", re.I
)
_MANNER_CUE = re.compile(r"\b(?:by|through|using|via|with)\b", re.I)


def _head(view: DocumentView, record: Record | None) -> frozenset[str]:
    """Stems of an item's name; none where it has no name."""
    if record is None or record.head is None:
        return frozenset()
    return view.stems_between(record.head.start, record.head.end)


def _has_other_head(record: Record | None, view: DocumentView, wanted: Sequence[Wanted]) -> bool:
    """Whether a sentence belongs to an item about something that the question does not name itself."""
    head = _head(view, record)
    return not head <= {candidate for word in wanted for candidate, _ in word.stems}


def _cue(question: Question, text: str) -> float:
    """Whether a sentence is built like an answer to this kind of question."""
    if question.kind is Kind.REASON:
        return float(_REASON_CUE.search(text) is not None)
    if question.kind is Kind.MANNER:
        return float(_MANNER_CUE.search(text) is not None)
    if question.kind is Kind.DEFINITION and question.terms:
        return _defines(question, text)
    return 0.0


def _defines(question: Question, text: str) -> float:
    """Whether a sentence says what a thing is: "X is …", "X stands for …", "X (Y)", "X, a …"."""
    words = terms(text)
    asked = {t.stem for t in question.terms}
    last = next((t for t in reversed(words[:12]) if t.stem in asked), None)
    if last is not None and re.match(
        r"\W*\s(?:is|are|was|were|stands? for|means?|refers? to)\b|,? (?:a|an|the) ", text[last.end :]
    ):
        return 1.0
    for word in words:
        if word.stem in asked and (
            text[word.end : word.end + 2] in {" (", ")", ") "} or text[max(0, word.start - 1) : word.start] == "("
        ):
            return 0.8
    return 0.0


def _distance(spans: Sequence[TypedSpan], sentence: Sentence) -> float:
    return float(spans[0].start - sentence.start) if spans else math.inf
