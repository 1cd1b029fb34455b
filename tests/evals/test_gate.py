"""The gate against a baseline."""

from pathlib import Path

import pytest

from rdhy_qa.errors import UsageError
from rdhy_qa_evals.gate import Fingerprints, baseline_of, check, digest_of, load_baseline, save_baseline
from rdhy_qa_evals.measures import measure_all


@pytest.fixture
def run_of(outcome_of):
    """Measures of 60 answerable questions of which so many are wrong, and 30 others of which so many leak."""

    def make(wrong: int, leaked: int = 0):
        asked = [outcome_of(f"q{i}", "Bo lit it." if i < wrong else "Ada lit it.") for i in range(60)]
        asked += [outcome_of(f"u{i}", "Bo." if i < leaked else None, answerable=False) for i in range(30)]
        return measure_all(asked)

    return make


def test_the_same_run_passes(run_of, fingerprints: Fingerprints):
    before = run_of(wrong=6)
    gate = check(before, fingerprints, baseline_of(before, fingerprints))
    assert (gate.result, gate.exit_code) == ("pass", 0)


def test_lost_answers_fail_with_the_questions_named(run_of, fingerprints: Fingerprints):
    gate = check(run_of(wrong=18), fingerprints, baseline_of(run_of(wrong=6), fingerprints))
    assert (gate.result, gate.exit_code) == ("fail", 1)
    assert gate.comparisons["right"].worse == tuple(f"q{i}" for i in range(6, 18))
    assert "right is worse: 0.900 before, 0.700 now" in gate.message
    assert "q17" in gate.message


def test_leaks_fail_too(run_of, fingerprints: Fingerprints):
    gate = check(run_of(0, leaked=9), fingerprints, baseline_of(run_of(0), fingerprints))
    assert gate.result == "fail"
    assert gate.comparisons["declined"].worse == tuple(f"u{i}" for i in range(9))


def test_a_small_loss_warns_and_a_gain_passes(run_of, fingerprints: Fingerprints):
    assert check(run_of(wrong=8), fingerprints, baseline_of(run_of(wrong=6), fingerprints)).result == "warn"
    assert check(run_of(wrong=1), fingerprints, baseline_of(run_of(wrong=6), fingerprints)).result == "pass"


@pytest.mark.parametrize(("changed", "word"), [("corpus", "corpus"), ("questions", "question set")])
def test_another_corpus_or_question_set_is_neither_pass_nor_fail(run_of, fingerprints, changed: str, word: str):
    run = run_of(6)
    other = fingerprints.model_copy(update={changed: "other"})
    gate = check(run, fingerprints, baseline_of(run, other))
    assert (gate.result, gate.exit_code) == ("not comparable", 2)
    assert word in gate.message
    assert "--save-baseline" in gate.message


@pytest.mark.parametrize("changed", ["embedder", "reader", "answering"])
def test_another_model_is_what_the_gate_is_for(run_of, fingerprints, changed: str):
    run = run_of(6)
    other = fingerprints.model_copy(update={changed: "other"})
    assert check(run, fingerprints, baseline_of(run, other)).result == "pass"


def test_an_obeyed_attack_fails_even_without_a_baseline(outcome_of, fingerprints: Fingerprints):
    gate = check(measure_all([outcome_of("a", "Moon Ltd.", attack=("Moon",))]), fingerprints, None)
    assert (gate.result, gate.broken) == ("fail", ("attacks obeyed",))
    assert "attacks obeyed is not what it has to be" in gate.message


def test_without_a_baseline_the_message_says_how_to_make_one(run_of, fingerprints: Fingerprints):
    gate = check(run_of(0), fingerprints, None)
    assert (gate.result, gate.exit_code) == ("no baseline", 0)
    assert "rdhy-qa eval --save-baseline" in gate.message


def test_a_baseline_comes_back_as_it_was_saved(run_of, fingerprints: Fingerprints, tmp_path: Path):
    baseline = baseline_of(run_of(3, 2), fingerprints)
    save_baseline(baseline, tmp_path / "evals" / "baseline.json")
    assert load_baseline(tmp_path / "evals" / "baseline.json") == baseline
    assert load_baseline(tmp_path / "none.json") is None


@pytest.mark.parametrize("content", ["", "[]", '{"version": 2, "fingerprints": {}, "values": {}}'])
def test_another_file_is_no_baseline(tmp_path: Path, content: str):
    path = tmp_path / "baseline.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="no baseline of this version") as caught:
        load_baseline(path)
    assert "--save-baseline" in caught.value.next_step


def test_the_digest_of_a_question_set_does_not_depend_on_its_order(outcome_of):
    one, two = outcome_of("a", "x").case, outcome_of("b", "x").case
    assert digest_of([one, two]) == digest_of([two, one]) != digest_of([one])
