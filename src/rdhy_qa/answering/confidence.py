"""One number that orders answers by how likely they are right: a logistic model over what speaks for an answer."""

import json
import math
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from rdhy_qa.answering.evidence import FEATURES, Evidence
from rdhy_qa.answering.lists import Match
from rdhy_qa.answering.questions import Kind, Question
from rdhy_qa.answering.wanted import Wanted

if TYPE_CHECKING:
    from rdhy_qa.answering.answerer import Read

CONFIDENCE_FEATURES = (
    *FEATURES,
    "margin",
    "dense",
    "unknown",
    "words",
    *(f"kind_{kind}" for kind in Kind),
)


@lru_cache(maxsize=1)
def _model() -> dict[str, Any]:
    text = resources.files("rdhy_qa.answering").joinpath("weights.json").read_text(encoding="utf-8")
    model: dict[str, Any] = json.loads(text)
    return model


def threshold() -> float:
    """The operating point: answers that are less likely right than this are not given."""
    return float(_model()["threshold"])


def features(
    question: Question, wanted: Sequence[Wanted], ranked: Sequence[Evidence], passages: "Sequence[Read]"
) -> dict[str, float]:
    """What the confidence of the best evidence rests on."""
    best = ranked[0]
    second = ranked[1].score if len(ranked) > 1 else best.score - 5.0
    total = sum(word.weight for word in wanted) or 1.0
    values = dict(zip(FEATURES, best.features.tolist(), strict=True))
    values["margin"] = min(best.score - second, 5.0)
    values["dense"] = max((passage.similarity for passage in passages), default=best.similarity)
    values["unknown"] = sum(word.weight for word in wanted if not word.known) / total
    values["words"] = math.log1p(len(wanted))
    for kind in Kind:
        values[f"kind_{kind}"] = float(question.kind is kind)
    return values


def of_evidence(
    question: Question, wanted: Sequence[Wanted], ranked: Sequence[Evidence], passages: "Sequence[Read]"
) -> float:
    """How likely the best evidence answers the question, in [0, 1]."""
    values = features(question, wanted, ranked, passages)
    weights = _model()["confidence"]
    score = weights["intercept"] + sum(weights.get(name, 0.0) * value for name, value in values.items())
    return float(1.0 / (1.0 + np.exp(-score)))


def of_list(match: Match) -> float:
    """How likely a list is the one that is asked for, in [0, 1]."""
    return min(0.99, max(0.05, match.coverage - 0.1 * len(match.missing)))
