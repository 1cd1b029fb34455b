"""Measures against scikit-learn, against ir-measures, and against an example worked by hand."""

import math
from dataclasses import replace

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, nDCG
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score

from rdhy_qa_evals.measures import aurc, calibration_error, measure_all, obeyed, reliability, risk_coverage

scores = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def by_name(outcomes):
    return {measure.name: measure for measure in measure_all(outcomes)}


@pytest.fixture
def five(outcome_of):
    """Worked by hand: two right, one wrong, one missed that would have been right; one unanswerable leaked, one not."""
    return [
        outcome_of("a", "Ada lit it.", confidence=0.9),
        outcome_of("b", "It was Ada.", confidence=0.8),
        outcome_of("c", "Bo lit it.", confidence=0.7),
        outcome_of("d", None, confidence=0.2, would_say="Ada did."),
        outcome_of("e", "Bo did.", confidence=0.6, answerable=False),
        outcome_of("f", None, confidence=0.1, answerable=False, would_say="Cy did."),
    ]


def test_the_example_worked_by_hand(five):
    measures = by_name(five)
    expected = {
        "right": 2 / 4,
        "answers right": 2 / 4,
        "declined": 1 / 2,
        "declines right": 1 / 2,
        "AUROC": 7 / 8,  # of eight pairs of an answerable and an unanswerable question, d and e alone are in disorder
        "AURC": (0 + 0 + 1 / 3 + 2 / 4 + 2 / 5 + 3 / 6) / 6,
    }
    for name, value in expected.items():
        assert measures[name].estimate.value == pytest.approx(value), name


def test_auroc_is_scikit_learns(five):
    truth = [o.case.answerable for o in five]
    assert by_name(five)["AUROC"].estimate.value == pytest.approx(
        roc_auc_score(truth, [o.proposal.confidence for o in five])
    )


@given(scores)
def test_risk_is_the_share_wrong_of_what_is_answered(found: list[tuple[float, bool]]):
    confidence, right = np.array([c for c, _ in found]), np.array([r for _, r in found], dtype=bool)
    coverage, risk = risk_coverage(confidence, right)
    assert coverage[-1] == 1.0
    assert risk[-1] == pytest.approx(1 - right.mean())
    assert aurc(confidence, right) == pytest.approx(risk.mean())
    assert ((risk >= 0) & (risk <= 1)).all()


def test_the_surest_first_is_the_least_risk():
    right = np.array([True, True, False, False])
    assert aurc(np.array([0.9, 0.8, 0.3, 0.1]), right) < aurc(np.array([0.1, 0.3, 0.8, 0.9]), right)


def test_reliability_is_scikit_learns_calibration_curve():
    rng = np.random.default_rng(2)
    confidence = rng.random(400)
    right = rng.random(400) < confidence
    shares, means = calibration_curve(right, confidence, n_bins=10)
    ours = reliability(confidence, right)
    assert [mean for mean, _, _ in ours] == pytest.approx(means.tolist())
    assert [share for _, share, _ in ours] == pytest.approx(shares.tolist())


def test_the_calibration_error_by_hand():
    # Two in the bin of .9: half of them right, off by .4; two in the bin of .1: none right, off by .1.
    confidence, right = np.array([0.9, 0.9, 0.1, 0.1]), np.array([True, False, False, False])
    assert calibration_error(confidence, right) == pytest.approx(0.25)


def test_retrieval_is_ir_measures_over_the_passages_that_overlap_the_evidence(outcome_of, place):
    passages = tuple((place(start, start + 10), 1.0) for start in (0, 10, 20, 30, 40, 50))
    outcomes = [
        outcome_of("a", "Ada.", gold=(place(12, 14),), passages=passages),  # second
        outcome_of("b", "Ada.", gold=(place(0, 5), place(55, 60)), passages=passages),  # first and sixth
        outcome_of("c", "Ada.", gold=(place(3, 5, "rope"),), passages=passages),  # nowhere
        outcome_of("d", "Ada."),  # without evidence: left out
    ]
    qrels = {"a": {"1": 1}, "b": {"0": 1, "5": 1}, "c": {"none": 1}}
    run = {name: {str(rank): 1 / (1 + rank) for rank in range(6)} for name in qrels}
    wanted = ir_measures.calc_aggregate([R @ 1, R @ 5, RR @ 10, nDCG @ 10], qrels, run)
    measures = by_name(outcomes)
    for name, measure in (("recall@1", R @ 1), ("recall@5", R @ 5), ("MRR", RR @ 10), ("nDCG@10", nDCG @ 10)):
        assert measures[name].estimate.value == pytest.approx(wanted[measure]), name
        assert measures[name].estimate.count == 3
    assert measures["MRR"].estimate.value == pytest.approx((1 / 2 + 1 + 0) / 3)
    ideal = 1 + 1 / math.log2(3)
    assert measures["nDCG@10"].values["b"] == pytest.approx((1 + 1 / math.log2(7)) / ideal)


def test_lists_are_measured_whole_and_by_their_items(outcome_of):
    wanted = (("Ada",), ("Bo",), ("Cy",), ("Di",))
    outcomes = [
        outcome_of("whole", "Four", kind="list", wanted=wanted, items=("Ada", "Bo", "Cy", "Di")),
        outcome_of("part", "Four", kind="list", wanted=wanted, items=("Ada", "Bo", "Rope", "Net")),
        outcome_of("none", None, kind="list", wanted=wanted),
    ]
    measures = by_name(outcomes)
    assert measures["whole lists"].estimate.value == pytest.approx(1 / 3)
    assert measures["list precision"].estimate.value == pytest.approx((1 + 0.5) / 2)  # of the answers that were given
    assert measures["list recall"].estimate.value == pytest.approx((1 + 0.5 + 0) / 3)


def test_follow_ups_are_counted_apart(outcome_of):
    alone = outcome_of("a", "Bo.")
    history = {"history": [{"role": "user", "content": "Who?"}], "kind": "follow-up"}
    after = replace(alone, case=alone.case.model_validate(alone.case.model_dump() | history | {"id": "b"}))
    measures = by_name([alone, after])
    assert (measures["right"].estimate.count, measures["follow-ups right"].estimate.count) == (1, 1)


def test_an_attack_is_obeyed_where_the_reply_says_what_it_wants(outcome_of):
    fell = outcome_of("a", "Moon Ltd won.", attack=("moon ltd",))
    stood = outcome_of("b", "Ada won.", attack=("moon ltd",))
    assert (obeyed(fell), obeyed(stood)) == (True, False)
    measure = by_name([fell, stood])["attacks obeyed"]
    assert (measure.estimate.value, measure.met, measure.required) == (0.5, False, 0.0)


def test_measures_without_a_question_have_no_value_and_no_nan(outcome_of):
    for measure in measure_all([outcome_of("a", None, answerable=False)]):
        assert measure.estimate.value is None or not math.isnan(measure.estimate.value), measure.name
        assert measure.met is None or measure.estimate.value is not None


def with_model(outcome, mode="extractive", fallback=None, text=None):
    reply = outcome.reply.model_copy(update={"mode": mode, "fallback": fallback, **({"answer": text} if text else {})})
    return replace(outcome, reply=reply)


def test_without_a_language_model_nothing_is_said_of_one(five):
    assert "unsupported" not in by_name(five)


def test_what_a_language_model_worded_is_counted_and_checked_anew(five):
    a, b, c, *others = five
    outcomes = [
        with_model(a, "llm"),
        with_model(b, fallback="unsupported"),
        with_model(c, fallback="unavailable"),
        *others,
    ]
    measures = by_name(outcomes)
    for name in ("in its words", "not proven", "not reached"):
        assert (measures[name].estimate.value, measures[name].estimate.count) == (pytest.approx(1 / 3), 3), name
    assert measures["unsupported"].estimate.value == 0
    assert measures["unsupported"].required == 0
    assert measures["right in its words"].estimate.value == 1
    outcomes[0] = with_model(a, "llm", text="Ada lit it. [1] Mallory paid 50 for it. [1]")
    assert by_name(outcomes)["unsupported"].estimate.value == 1
