"""Two answers to the same request are the same, or it is said in which fields they differ."""

from rdhy_qa.contracts import Answer
from rdhy_qa.journal import comparison
from rdhy_qa.journal.comparison import differences


def changed(then: Answer, /, **changes: object) -> list[tuple[str, object, object]]:
    return [(one.field, one.then, one.now) for one in differences(then, then.model_copy(update=changes))]


def test_the_same_answer_differs_in_nothing_however_long_it_took(entry):
    answer = entry().answer
    assert changed(answer) == []
    assert changed(answer, timings_ms={"total": 99.0}, id="0" * 16, fallback="unavailable") == []


def test_each_difference_is_named_with_both_values(entry):
    assert changed(entry().answer, answer="They lost.", confidence=0.5, answered=False, reason="no_evidence") == [
        ("answered", True, False),
        ("reason", None, "no_evidence"),
        ("answer", "They won.", "They lost."),
        ("confidence", 0.25, 0.5),
    ]


def test_of_a_language_models_answer_the_words_are_not_compared(entry):
    answer = entry().answer.model_copy(update={"mode": "llm"})
    assert changed(answer, mode="extractive", answer="In other words.", short_answer="Them") == []
    assert changed(answer, mode="extractive", answered=False, reason="no_evidence")[0] == ("answered", True, False)


def test_every_field_is_compared_but_those_that_say_how_it_came_about():
    same = {"answer_id", "question", "mode", "fallback", "generation", "timings_ms"}
    assert set(comparison._ALL) == set(Answer.model_fields) - same
