"""Confidence is fitted by form, judged on questions it has not seen, and cut where enough is right."""

import json
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.answering import confidence
from rdhy_qa.answering.confidence import FEATURES_OF
from rdhy_qa.answering.proposal import Form, Proposal
from rdhy_qa_evals import calibrate as module
from rdhy_qa_evals.calibrate import (
    Candidate,
    Held,
    Judged,
    artefact,
    bought,
    calibrate,
    chance_of,
    choose_point,
    cross_validate,
    fit,
    operating_point,
    save,
)

NAMES = FEATURES_OF[Form.STATEMENT]
WEAK = dict.fromkeys(Form, 0.1)


def judged(number: int, source: str = "own") -> list[Judged]:
    """Questions whose answers are right the likelier the higher one feature is; the others say nothing."""
    rng = np.random.default_rng(4)
    made = []
    for i in range(number):
        values = rng.normal(size=len(NAMES))
        right = bool(rng.random() < 1 / (1 + np.exp(-3 * values[NAMES.index("share")])))
        candidates = (Candidate(Form.STATEMENT, tuple(values.tolist()), right),)
        made.append(
            Judged(source, f"{rng.integers(16**8):08x}{i}", answerable=right or bool(i % 2), candidates=candidates)
        )
    return made


def test_what_decides_gets_the_weight():
    weights = fit(judged(400), dict.fromkeys(Form, 1.0))["statement"]
    others = [abs(weights[name]) for name in NAMES if name != "share"]
    assert weights["share"] > 3 * max(others)


def test_a_form_without_two_outcomes_has_its_share_for_a_constant():
    weights = fit(judged(20), WEAK)
    assert set(weights) == {form.value for form in Form}
    assert set(weights["list"]) == {"intercept"}
    assert weights["list"]["intercept"] == pytest.approx(0.0)  # nothing seen: even


def test_the_confidence_of_the_library_is_the_one_that_was_fitted(monkeypatch: pytest.MonkeyPatch):
    weights = fit(judged(100), WEAK)
    (candidate,) = judged(1)[0].candidates
    monkeypatch.setattr(confidence, "fitted", lambda _: {"confidence": weights})
    features = dict(zip(NAMES, candidate.features, strict=True))
    proposal = Proposal(Form.STATEMENT, features, lambda chance: None)  # type: ignore[arg-type,return-value]
    assert confidence.of(proposal) == pytest.approx(chance_of(candidate, weights))


def test_no_question_is_judged_by_a_model_that_saw_it_on_any_index(monkeypatch: pytest.MonkeyPatch):
    twice = judged(60) + judged(60)  # the same groups on two indexes
    seen: list[set[str]] = []
    real = module.fit

    def spy(questions, strengths):
        seen.append({q.group for q in questions})
        return real(questions, strengths)

    judged_by: list[tuple[str, set[str]]] = []
    monkeypatch.setattr(module, "fit", spy)
    monkeypatch.setattr(
        module, "answered", lambda q, w: judged_by.append((q.group, seen[-1])) or Held("own", True, 0, False)
    )
    assert len(cross_validate(twice, WEAK)) == len(twice)
    assert all(group not in fitted_on for group, fitted_on in judged_by)


def held(*pairs: tuple[float, bool]) -> list[Held]:
    return [Held("own", True, chance, right) for chance, right in pairs]


def test_the_operating_point_is_the_lowest_that_keeps_the_precision():
    found = held((0.9, True), (0.8, True), (0.7, False), (0.6, True), (0.5, True), (0.4, False))
    assert operating_point(found, 0.8) == 0.5  # four of five
    assert operating_point(found, 0.95) == 0.8
    assert operating_point(held((0.9, False)), 0.95) > 1


def test_questions_of_others_do_not_move_the_operating_point():
    others = [Held("wiki", True, 0.95, False)] * 50
    assert operating_point([*held((0.9, True), (0.8, True)), *others], 0.95) == 0.8


def test_where_the_precision_leaves_next_to_nothing_the_point_is_where_enough_is_declined():
    answerable = held((0.99, True), *[(0.9 - 0.01 * i, i % 2 == 0) for i in range(40)])
    others = [Held("own", False, 0.01 * i, False) for i in range(100)]
    point, chosen_by = choose_point([*answerable, *others], None)
    assert chosen_by == "0.87 of unanswerable questions declined"
    assert sum(one.confidence < point for one in others) == 87
    assert choose_point([*answerable, *others], 0.95)[1] == "precision 0.95"


def test_where_the_precision_can_be_had_it_is_kept():
    answerable = held(*[(0.9, True)] * 30)
    assert choose_point([*answerable, Held("own", False, 0.1, False)], None) == (0.1, "precision 0.95")


def test_what_is_bought_is_precision_recall_and_what_is_declined():
    found = [
        *held((0.9, True), (0.8, False), (0.3, True)),
        Held("own", False, 0.1, False),
        Held("own", False, 0.6, False),
    ]
    (ours,) = bought(found, 0.5)
    assert ours.precision.value == pytest.approx(1 / 3)
    assert ours.recall.value == pytest.approx(1 / 3)
    assert ours.declined.value == pytest.approx(1 / 2)


def test_the_artefact_says_what_was_aimed_at_and_what_came_out(tmp_path: Path):
    questions = judged(200)
    content = artefact(calibrate(questions, 0.8), questions)
    save(content, tmp_path / "calibration.json")
    read = json.loads((tmp_path / "calibration.json").read_text(encoding="utf-8"))
    assert read == json.loads(json.dumps(content))
    assert (read["version"], read["questions"], read["chosen_by"]) == (1, {"own": 200}, "precision 0.8")
    assert read["measured"]["precision"][0] >= 0.8
    assert set(read["confidence"]) == {form.value for form in Form}
