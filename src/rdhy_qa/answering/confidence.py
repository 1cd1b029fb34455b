"""One number that orders answers by how likely they are right: a logistic model for each form of answer.

The models are calibrated by construction (Platt, 1999) as far as the questions that they were fitted on are like those
that come; ``rdhy-qa eval calibrate`` fits them, and the operating point with them.
"""

import math
from collections.abc import Mapping

from rdhy_qa.answering.proposal import Form, Proposal
from rdhy_qa.models.fitted import CALIBRATION, fitted

_QUESTION = ("unknown", "nearest", "most_answerable")
_ALONE = ("alone_answerable", "alone_span", "alone_share", "alone_same")
_SENTENCE = ("similarity", "item", "frame", "names", "span", "share", "answerable", "best", "unread", "margin", "unmet")

FEATURES_OF: dict[Form, tuple[str, ...]] = {
    Form.STATEMENT: (
        *_QUESTION,
        *_SENTENCE,
        *_ALONE,
        "untyped",
        "words",
        "is_list",
        "is_count",
        "several",
        "enumerates",
        "few_names",
        "nameless",
        "is_category",
        "opens_list",
        "negation",
        "secondary",
    ),
    Form.LIST: (
        *_QUESTION,
        "coverage",
        "class_match",
        "by_words",
        "fits",
        "restricted",
        "by_country",
        "missing",
        "missing_name",
        "unheard",
        "unheard_name",
        "opening",
        "opening_margin",
        "opening_item",
        "similarity",
        "passage",
        "rank",
        "crowd",
        "share",
        "answerable",
        "unread",
        "margin",
        "several",
        "is_list",
        "is_count",
        "is_name",
        "is_place",
        "of_others",
        "number_in_text",
        "size",
        "alone",
        "secondary",
    ),
    Form.YES_NO: (
        "nearest",
        "most_answerable",
        "item",
        "share",
        "answerable",
        "unmet",
        "contradicted",
        "lacking",
        "stricter",
        "negation",
    ),
    Form.CATEGORY: ("named", "carried", "secondary", "top"),
    Form.COMPARISON: (),
    Form.IN_TURN: (),
    Form.MEMBERSHIP: (),
    Form.EXPANSION: (),
}
"""What each form's confidence rests on. A sentence has few, on purpose: with all that is known of it, it does worse on
other documents."""


_FITTING = 0.8
"""What a list is worth at the least that is asked for as a list, in words that its lead-in and heading have all of: of
28 of ours 23 were right. The logistic model knows each of these only by itself."""


def of(proposal: Proposal) -> float:
    """How likely a proposal is right, in [0, 1]."""
    return chance(proposal.form, proposal.features, fitted(CALIBRATION)["confidence"][proposal.form.value])


def chance(form: Form, features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The same for given weights of the form."""
    score = weights["intercept"] + sum(weights.get(name, 0.0) * features[name] for name in FEATURES_OF[form])
    found = 1.0 / (1.0 + math.exp(-min(max(score, -50.0), 50.0)))
    fitting = form is Form.LIST and features["fits"] and features["is_list"]
    return max(found, _FITTING) if fitting else found


def operating_point() -> float:
    """Answers that are less likely right than this are not given, unless the settings say otherwise."""
    return float(fitted(CALIBRATION)["operating_point"])
