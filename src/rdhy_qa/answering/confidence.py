"""One number that orders answers by how likely they are right: a logistic model over what speaks for an answer."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rdhy_qa.answering.evidence import FEATURES, Evidence
from rdhy_qa.answering.lists import Match
from rdhy_qa.answering.questions import Question
from rdhy_qa.answering.reading import READ_FEATURES
from rdhy_qa.answering.wanted import Wanted
from rdhy_qa.answering.weights import fitted

CONFIDENCE_FEATURES = (
    "similarity",
    "item",
    "frame",
    "names",
    "span",
    "share",
    "answerable",
    "best",
    "unread",
    "margin",
    "unmet",
    "untyped",
    "unknown",
    "most_answerable",
)
"""Few, on purpose: with all features of the ranking, and the kind of question, it does worse on other documents."""


def weights() -> dict[str, float]:
    """Weights of ``CONFIDENCE_FEATURES``, and the intercept."""
    found: dict[str, float] = fitted()["confidence"]
    return found


def threshold() -> float:
    """The operating point: answers that are less likely right than this are not given."""
    return float(fitted()["threshold"])


def question_features(wanted: Sequence[Wanted], ranked: Sequence[Evidence]) -> dict[str, float]:
    """What the confidence rests on whichever evidence is the best."""
    total = sum(word.weight for word in wanted) or 1.0
    return {
        "unknown": sum(word.weight for word in wanted if not word.known) / total,
        "most_answerable": max((found.answerable for found in ranked if found.span is not None), default=-5.0) / 5,
    }


def evidence_features(
    values: npt.NDArray[np.float64], score: float, second: float | None, *, unmet: bool, untyped: bool
) -> dict[str, float]:
    """What speaks for the best evidence, and by how much it is the best."""
    named = dict(zip((*FEATURES, *READ_FEATURES), values.tolist(), strict=True))
    named |= {"unmet": float(unmet), "untyped": float(untyped)}
    named["margin"] = min(score - second, 5.0) if second is not None else 5.0
    return named


def of_evidence(question: Question, wanted: Sequence[Wanted], ranked: Sequence[Evidence]) -> float:
    """How likely the best evidence answers the question, in [0, 1]."""
    best = ranked[0]
    second = ranked[1].score if len(ranked) > 1 else None
    untyped = question.wanted is not None and not best.typed
    values = question_features(wanted, ranked) | evidence_features(
        best.features, best.score, second, unmet=bool(best.unmet), untyped=untyped
    )
    score = weights()["intercept"] + sum(weights()[name] * values[name] for name in CONFIDENCE_FEATURES)
    return float(1.0 / (1.0 + np.exp(-score)))


def of_list(match: Match) -> float:
    """How likely a list is the one that is asked for, in [0, 1]."""
    return min(0.99, max(0.05, match.coverage - 0.1 * len(match.missing)))
