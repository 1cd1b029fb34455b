"""Intervals and tests against scipy, and against examples worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rdhy_qa_evals.statistics import compare, mcnemar, mean_of, permutation, pooled

rates = st.dictionaries(st.text(min_size=1, max_size=5), st.one_of(st.none(), st.floats(0, 1)), max_size=30)


def shares(right: int, wrong: int, *, swap: int = 0) -> dict[str, float]:
    """So many questions right and so many wrong; ``swap`` of the right ones become wrong."""
    values = {f"r{i}": float(i >= swap) for i in range(right)}
    return values | {f"w{i}": 0.0 for i in range(wrong)}


@settings(max_examples=30)
@given(rates)
def test_a_mean_is_never_nan_and_lies_in_its_interval(values: dict[str, float | None]):
    estimate = mean_of(values)
    found = [value for value in values.values() if value is not None]
    assert estimate.count == len(found)
    if not found:
        assert (estimate.value, estimate.low, estimate.high) == (None, None, None)
        return
    assert estimate.value == pytest.approx(np.mean(found))
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9


def test_one_missing_value_takes_out_its_question_alone():
    assert mean_of({"a": 1.0, "b": None, "c": 0.0, "d": math.nan}).value == 0.5


def test_the_interval_is_scipys_percentile_bootstrap():
    values = np.random.default_rng(3).random(60)
    ours = mean_of(dict(enumerate(values.tolist())))
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=1).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.high, abs=0.01)


def test_a_measure_that_some_resamples_do_not_define_still_has_an_interval():
    estimate = pooled(2, lambda rows: None if len(set(rows.tolist())) < 2 else 0.7)
    assert (estimate.value, estimate.low, estimate.high) == (0.7, 0.7, 0.7)


@pytest.mark.parametrize(("gained", "lost", "p"), [(0, 0, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (5, 5, 1.0)])
def test_mcnemar_is_the_exact_binomial(gained: int, lost: int, p: float):
    # 0 against 5: 2 * (1/2)^5; 1 against 9: 2 * (1 + 10) / 2^10.
    assert mcnemar(gained, lost) == pytest.approx(p)


def test_permutation_agrees_with_scipy():
    moved = np.random.default_rng(11).normal(0.1, 0.3, 60)
    theirs = stats.permutation_test((moved,), np.mean, permutation_type="samples", n_resamples=20_000, rng=2)
    assert permutation(moved) == pytest.approx(theirs.pvalue, abs=0.015)
    assert permutation(np.zeros(8)) == 1.0


def test_no_change_passes_and_names_nobody():
    found = compare(shares(80, 20), shares(80, 20))
    assert found is not None
    assert (found.change, found.worse, found.better, found.p, found.difference) == ("pass", (), (), 1.0, 0.0)


def test_a_loss_beyond_chance_fails_and_names_the_questions():
    found = compare(shares(80, 20), shares(80, 20, swap=8))
    assert found is not None
    assert found.change == "fail"
    assert found.worse == tuple(f"r{i}" for i in range(8))
    assert found.difference == pytest.approx(-0.08)


def test_a_loss_that_may_be_chance_warns():
    found = compare(shares(80, 20), shares(80, 20, swap=3))
    assert found is not None
    assert found.change == "warn"


def test_a_loss_beyond_chance_that_is_too_small_to_matter_warns():
    found = compare(shares(900, 100), shares(900, 100, swap=8))
    assert found is not None
    assert (found.change, found.p < 0.05) == ("warn", True)


def test_a_gain_passes():
    found = compare(shares(80, 20, swap=20), shares(80, 20))
    assert found is not None
    assert (found.change, len(found.better)) == ("pass", 20)


def test_means_are_compared_by_permutation_over_the_questions_that_both_runs_have():
    before = {f"q{i}": 0.9 for i in range(40)} | {"gone": 0.1}
    now = {f"q{i}": 0.6 for i in range(40)} | {"new": 0.1, "q0": None}
    found = compare(before, now)
    assert found is not None
    assert (found.count, found.change) == (39, "fail")
    assert found.before == pytest.approx(0.9)
    assert compare({"a": 1.0}, {"b": 1.0}) is None
