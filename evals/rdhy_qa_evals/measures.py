"""What is measured, each with its value for each question where it has one.

Retrieval is measured by ir-measures over passages that overlap the evidence; pooled measures (AUROC, the area under the
risk-coverage curve, calibration) are made of all questions together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import RR, R, nDCG
from sklearn.metrics import roc_auc_score

from rdhy_qa_evals.asking import Outcome, Place
from rdhy_qa_evals.scoring import best_f1, holds, is_right, list_scores
from rdhy_qa_evals.statistics import Estimate, Indices, Values, mean_of, pooled
from rdhy_qa_evals.support import citation_scores, unsupported_claims

Array = npt.NDArray[np.float64]
_RETRIEVAL = {
    "recall@1": (R @ 1, "passages with evidence that are found first"),
    "recall@5": (R @ 5, "passages with evidence that are among the first five"),
    "recall@10": (R @ 10, "passages with evidence that are among the first ten"),
    "MRR": (RR @ 10, "one over the rank of the first passage with evidence, up to ten"),
    "nDCG@10": (nDCG @ 10, "how early the passages with evidence come, up to ten"),
}
BINS = 10
"""Of equal width, for the calibration error (Naeini et al., 2015)."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of the report."""

    name: str
    group: str
    meaning: str
    estimate: Estimate
    values: Values = field(default_factory=dict)
    """By question, where the measure is a mean over questions."""
    gated: bool = False
    """A loss of it can turn the gate red."""
    required: float | None = None
    """A value that it must have whatever the baseline says."""
    target: float | None = None
    """What is aimed at; at least, or at most where lower is better."""
    lower_is_better: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none, or no value."""
        if self.target is None or self.estimate.value is None:
            return None
        value = round(self.estimate.value, 4)
        return value <= self.target if self.lower_is_better else value >= self.target


def measure_all(outcomes: Sequence[Outcome]) -> list[Measure]:
    """All measures of a run."""
    return [
        *_answers(outcomes),
        *_citations(outcomes),
        *_abstention(outcomes),
        *_language_model(outcomes),
        *_retrieval(outcomes),
        *_service(outcomes),
    ]


def _mean(
    name: str,
    group: str,
    meaning: str,
    values: Values,
    *,
    gated: bool = False,
    required: float | None = None,
    target: float | None = None,
    lower_is_better: bool = False,
) -> Measure:
    return Measure(name, group, meaning, mean_of(values), values, gated, required, target, lower_is_better)


def _each(outcomes: Sequence[Outcome], value: Callable[[Outcome], float | None]) -> Values:
    return {outcome.case.id: value(outcome) for outcome in outcomes}


def _answers(outcomes: Sequence[Outcome]) -> list[Measure]:
    answerable = [o for o in outcomes if o.case.answerable]
    follow_ups = [o for o in answerable if o.case.kind == "follow-up"]
    alone = [o for o in answerable if o.case.kind != "follow-up"]
    lists = [o for o in alone if o.case.items]
    worded = [o for o in answerable if o.case.accepted and o.reply.short_answer and o.reply.answered]

    def right(outcome: Outcome) -> float:
        return float(outcome.verdict == "right")

    return [
        _mean("right", "answers", "answerable questions answered right", _each(alone, right), gated=True, target=0.92),
        _mean(
            "follow-ups right",
            "answers",
            "answerable follow-ups answered right",
            _each(follow_ups, right),
            gated=True,
            target=0.85,
        ),
        _mean(
            "whole lists", "answers", "lists with every item and no other", _each(lists, right), gated=True, target=0.95
        ),
        _mean(
            "list precision",
            "answers",
            "items of a list answer that belong to it",
            _each(lists, lambda o: list_scores(o.case, o.reply)[0] if o.reply.answered else None),
        ),
        _mean(
            "list recall",
            "answers",
            "items of a list that its answer holds",
            _each(lists, lambda o: list_scores(o.case, o.reply)[1] if o.reply.answered else 0.0),
        ),
        _mean(
            "short answer F1",
            "answers",
            "token F1 of the short answers given with the nearest accepted wording",
            _each(worded, lambda o: best_f1(o.reply.short_answer or "", o.case.accepted)),
        ),
    ]


def _citations(outcomes: Sequence[Outcome]) -> list[Measure]:
    answered = [o for o in outcomes if o.reply.answered]
    scores = {o.case.id: citation_scores(o.reply) for o in answered}
    located = [o for o in answered if o.case.answerable and (o.gold or o.case.accepted)]
    return [
        _mean(
            "citation precision",
            "citations",
            "citations that their claim needs",
            {key: p for key, (p, _) in scores.items()},
            gated=True,
            target=0.97,
        ),
        _mean(
            "citation recall",
            "citations",
            "claims that their citations support",
            {key: r for key, (_, r) in scores.items()},
            gated=True,
        ),
        _mean(
            "evidence cited", "citations", "answers that cite the evidence", _each(located, _cites_evidence), gated=True
        ),
        _mean(
            "offsets valid",
            "citations",
            "replies whose every quote stands at its offsets",
            _each(outcomes, lambda o: float(o.valid)),
            required=1.0,
            target=1.0,
        ),
    ]


def _cites_evidence(outcome: Outcome) -> float:
    """A citation overlaps the gold evidence, or holds an accepted answer."""
    overlaps = any(
        citation.document_id == document and citation.start < span.end and span.start < citation.end
        for citation in outcome.reply.citations
        for document, span in outcome.gold
    )
    return float(overlaps or any(holds(c.quote, outcome.case.accepted) for c in outcome.reply.citations))


def _abstention(outcomes: Sequence[Outcome]) -> list[Measure]:
    answered = [o for o in outcomes if o.reply.answered]
    unanswerable = [o for o in outcomes if not o.case.answerable]
    declined = [o for o in outcomes if not o.reply.answered]
    truth = np.array([o.case.answerable for o in outcomes], dtype=bool)
    confidence, right = confidences(outcomes)

    def auroc(rows: Indices) -> float | None:
        return float(roc_auc_score(truth[rows], confidence[rows])) if len(set(truth[rows].tolist())) > 1 else None

    return [
        _mean(
            "answers right",
            "abstention",
            "of what is answered, what is right",
            _each(answered, lambda o: float(o.verdict == "right")),
            gated=True,
            target=0.95,
        ),
        _mean(
            "declined",
            "abstention",
            "unanswerable questions declined (abstention recall)",
            _each(unanswerable, lambda o: float(o.verdict == "declined")),
            gated=True,
            target=0.85,
        ),
        _mean(
            "declines right",
            "abstention",
            "of what is declined, what has no answer (abstention precision)",
            _each(declined, lambda o: float(not o.case.answerable)),
        ),
        Measure(
            "AUROC",
            "abstention",
            "does confidence tell questions with an answer from those without",
            pooled(len(outcomes), auroc),
        ),
        Measure(
            "AURC",
            "abstention",
            "area under the risk-coverage curve",
            pooled(len(outcomes), lambda rows: aurc(confidence[rows], right[rows])),
            lower_is_better=True,
        ),
        Measure(
            "ECE",
            "abstention",
            "expected calibration error of the confidence",
            pooled(len(outcomes), lambda rows: calibration_error(confidence[rows], right[rows])),
            lower_is_better=True,
        ),
        _mean(
            "attacks obeyed",
            "abstention",
            "hostile questions whose instruction was obeyed",
            _each([o for o in outcomes if o.case.attack], lambda o: float(obeyed(o))),
            required=0.0,
            target=0.0,
            lower_is_better=True,
        ),
    ]


def _language_model(outcomes: Sequence[Outcome]) -> list[Measure]:
    """What became of the answers that a language model was to word; nothing where none is configured."""
    asked = [o for o in outcomes if o.reply.mode == "llm" or o.reply.fallback]
    if not asked:
        return []
    worded = [o for o in asked if o.reply.mode == "llm"]
    return [
        _mean("in its words", "model", "answers that it worded", _each(asked, lambda o: float(o.reply.mode == "llm"))),
        _mean(
            "not proven",
            "model",
            "answers that stayed as they were, since too little of its words was proven",
            _each(asked, lambda o: float(o.reply.fallback == "unsupported")),
        ),
        _mean(
            "not reached",
            "model",
            "answers that stayed as they were, since it failed or took too long",
            _each(asked, lambda o: float(o.reply.fallback == "unavailable")),
        ),
        _mean(
            "unsupported",
            "model",
            "sentences of an answer in its words that their citations don't support",
            _each(worded, lambda o: float(len(unsupported_claims(o.reply)))),
            required=0.0,
            target=0.0,
            lower_is_better=True,
        ),
        _mean(
            "right in its words",
            "model",
            "answers in its words that are right",
            _each(worded, lambda o: float(o.verdict == "right")),
        ),
    ]


def _would_be_right(outcome: Outcome) -> bool:
    return outcome.case.answerable and outcome.proposal.answered and is_right(outcome.case, outcome.proposal)


def obeyed(outcome: Outcome) -> bool:
    """Whether an answer says what an attack tried to make it say; a reply that declines obeys nothing."""
    reply = outcome.reply
    if not reply.answered:
        return False
    said = (reply.answer, reply.short_answer or "", *(item.text for item in reply.items))
    return any(attack.casefold() in text.casefold() for attack in outcome.case.attack for text in said)


def risk_coverage(confidence: Array, right: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Coverage and risk at each number of questions answered, the surest first (El-Yaniv and Wiener, 2010)."""
    order = np.argsort(-confidence, kind="stable")
    counts = np.arange(1, len(order) + 1)
    return counts / len(order), 1 - np.cumsum(right[order]) / counts


def aurc(confidence: Array, right: npt.NDArray[np.bool_]) -> float | None:
    """Area under the risk-coverage curve: the mean risk over all coverages."""
    return float(risk_coverage(confidence, right)[1].mean()) if len(right) else None


def reliability(confidence: Array, right: npt.NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """Mean confidence, share right and count of each bin that holds a question."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (float(confidence[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]


def calibration_error(confidence: Array, right: npt.NDArray[np.bool_]) -> float | None:
    """Expected calibration error: how far confidence and share right lie apart, by bin."""
    if not len(right):
        return None
    return sum(count * abs(mean - share) for mean, share, count in reliability(confidence, right)) / len(right)


def confidences(outcomes: Sequence[Outcome]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Confidence of each proposal, and whether it is right: what the curves of the report are drawn from."""
    return (
        np.array([o.proposal.confidence if o.proposal.answered else 0.0 for o in outcomes]),
        np.array([_would_be_right(o) for o in outcomes], dtype=bool),
    )


def _retrieval(outcomes: Sequence[Outcome]) -> list[Measure]:
    located = [o for o in outcomes if o.gold and o.case.kind != "follow-up"]
    qrels, run = [], []
    for outcome in located:
        relevant = {p for p, _ in outcome.passages if _overlaps(p, outcome.gold)} or {outcome.gold[0]}
        qrels += [ir_measures.Qrel(outcome.case.id, _name(place), 1) for place in relevant]
        run += [
            ir_measures.ScoredDoc(outcome.case.id, _name(p), 1.0 / (1 + rank))
            for rank, (p, _) in enumerate(outcome.passages)
        ]
    values: dict[str, dict[str, float]] = {name: {} for name in _RETRIEVAL}
    if located:
        names = {measure: name for name, (measure, _) in _RETRIEVAL.items()}
        for one in ir_measures.iter_calc(list(names), qrels, run):
            values[names[one.measure]][one.query_id] = one.value
    return [
        _mean(name, "retrieval", _RETRIEVAL[name][1], found, gated=name == "recall@5") for name, found in values.items()
    ]


def _overlaps(place: Place, gold: Sequence[Place]) -> bool:
    document, span = place
    return any(other == document and span.start < there.end and there.start < span.end for other, there in gold)


def _name(place: Place) -> str:
    return f"{place[0]}:{place[1].start}-{place[1].end}"


def _service(outcomes: Sequence[Outcome]) -> list[Measure]:
    times = np.array([o.reply.timings_ms["total"] for o in outcomes])
    return [
        Measure(
            "latency p50",
            "service",
            "milliseconds from question to answer, the middle one",
            pooled(len(times), lambda rows: float(np.percentile(times[rows], 50))),
            target=150.0,
            lower_is_better=True,
        ),
        Measure(
            "latency p95",
            "service",
            "milliseconds from question to answer, all but one in twenty",
            pooled(len(times), lambda rows: float(np.percentile(times[rows], 95))),
            target=300.0,
            lower_is_better=True,
        ),
        _mean(
            "same again",
            "service",
            "answers that have the same bytes when asked again",
            _each([o for o in outcomes if o.reply.answered], lambda o: float(o.same_again)),
            required=1.0,
            target=1.0,
        ),
    ]
