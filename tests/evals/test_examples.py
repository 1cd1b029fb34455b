"""What fitting and measuring know of a question's candidates."""

import numpy as np
import pytest

from rdhy_qa.answering import evidence
from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.models.fitted import CALIBRATION, fitted
from rdhy_qa.settings import Settings
from rdhy_qa_evals.calibrate import chance_of, judge
from rdhy_qa_evals.datasets import DataQuestion
from rdhy_qa_evals.examples import Asked, case_of, example_of
from rdhy_qa_evals.fit import ALL_FEATURES, fit_ranking
from rdhy_qa_evals.scoring import token_f1


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "lamp.txt").write_text("The lamp was lit in 1812. Its keeper was Ann Moor. The keeper had a red boat.")
    (folder / "rope.txt").write_text("The rope works employed 75 people. They closed in 1931.")
    settings = Settings(index=tmp_path_factory.mktemp("index"), threads=1)
    ingest([folder], settings=settings)
    return Engine.open(settings)


def ask(engine: Engine, question: str, *answers: str, gold: str = "lamp"):
    return example_of(asked(engine, question, *answers, gold=gold))


def asked(engine: Engine, question: str, *answers: str, gold: str = "lamp") -> Asked:
    case = case_of(DataQuestion("1", question, answers, (gold,), bool(answers)))
    return Asked(engine, case, (gold,), "test", "fit")


def test_the_sentence_that_holds_the_answer_in_the_right_document_is_right(engine: Engine):
    example = ask(engine, "Who was the keeper of the lamp?", "Ann Moor")
    assert example is not None
    assert example.right.sum() == 1
    assert example.features.shape == (len(example.right), len(ALL_FEATURES))
    assert example.cheap.shape[1] == len(evidence.FEATURES)
    assert example.overlap[example.right.argmax()] > 0
    elsewhere = ask(engine, "Who was the keeper of the lamp?", "Ann Moor", gold="rope")
    assert elsewhere is not None
    assert not elsewhere.right.any()


def test_what_is_judged_is_what_the_engine_answers_with_the_same_confidence(engine: Engine):
    judged = judge(asked(engine, "Who was the keeper of the lamp?", "Ann Moor"))
    weights = fitted(CALIBRATION)["confidence"]
    found = max(judged.candidates, key=lambda candidate: chance_of(candidate, weights))
    answered = engine.ask(AskRequest(question="Who was the keeper of the lamp?"))
    assert chance_of(found, weights) == pytest.approx(answered.confidence, abs=1e-3)
    assert found.right
    elsewhere = judge(asked(engine, "Who was the keeper of the lamp?", "Ann Moor", gold="rope"))
    assert not any(candidate.right for candidate in elsewhere.candidates)


def test_a_question_in_another_language_has_no_answer_to_judge(engine: Engine):
    assert judge(asked(engine, "Wer war der Wärter der Lampe und warum?")).candidates == ()


def test_fitting_puts_the_right_sentence_first(engine: Engine):
    examples = [ask(engine, "Who kept the lamp?", "Ann Moor"), ask(engine, "When was it lit?", "1812")]
    assert all(example is not None for example in examples)
    weights = fit_ranking([e for e in examples if e], lambda e: e.features)
    for example in examples:
        assert example is not None
        assert example.right[np.argmax(example.features @ weights)]


@pytest.mark.parametrize(
    ("said", "answer", "share"),
    [("the red boat", "red boat", 1.0), ("a boat", "red boat", 2 / 3), ("1,200", "1200", 1.0), ("none", "boat", 0.0)],
)
def test_token_f1(said: str, answer: str, share: float):
    assert token_f1(said, answer) == pytest.approx(share)
