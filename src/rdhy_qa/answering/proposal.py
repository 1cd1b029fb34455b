"""A possible answer: its form, what its confidence rests on, and how it is worded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rdhy_qa.answering.composition import Draft
from rdhy_qa.answering.evidence import FEATURES, Evidence
from rdhy_qa.answering.questions import Question
from rdhy_qa.answering.ranking import Material
from rdhy_qa.answering.reading import READ_FEATURES


class Form(StrEnum):
    """The forms that an answer can have."""

    STATEMENT = "statement"
    LIST = "list"
    """A list, or the count of its items."""
    YES_NO = "yes_no"
    CATEGORY = "category"
    COMPARISON = "comparison"
    IN_TURN = "in_turn"
    """Things that a text names one after the other, without a list."""
    MEMBERSHIP = "membership"
    """Yes or no, by whether something is in a list."""
    EXPANSION = "expansion"
    """What an abbreviation stands for."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A possible answer."""

    form: Form
    features: dict[str, float]
    """What its confidence rests on; the names are those of ``confidence.FEATURES_OF`` for its form."""
    compose: Callable[[float], Draft]
    """Words it, given its confidence."""


_VALUES = (*FEATURES, *READ_FEATURES)


def value(found: Evidence, name: str) -> float:
    """One of the features of a sentence, by its name."""
    return float(found.features[_VALUES.index(name)])


def common(material: Material, evidence: Sequence[Evidence]) -> dict[str, float]:
    """What the confidence rests on whichever evidence is the best."""
    total = sum(word.weight for word in material.wanted) or 1.0
    return {
        "unknown": sum(word.weight for word in material.wanted if not word.known) / total,
        "nearest": max(passage.similarity for passage in material.passages),
        "most_answerable": max((found.answerable for found in evidence if found.span is not None), default=-5.0) / 5,
    }


def of_sentence(question: Question, evidence: Sequence[Evidence]) -> dict[str, float]:
    """What speaks for the best sentence, and by how much it is the best."""
    best = evidence[0]
    named = dict(zip(_VALUES, best.features.tolist(), strict=True))
    margin = min(best.score - evidence[1].score, FAR) if len(evidence) > 1 else FAR
    untyped = question.wanted is not None and not best.typed
    return named | {"margin": margin, "unmet": float(bool(best.unmet)), "untyped": float(untyped)}


FAR = 5.0
"""Difference of scores from which the next best does not matter."""
