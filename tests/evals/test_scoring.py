"""When an answer counts as right."""

import pytest

from rdhy_qa.contracts import Answer, Citation, Item
from rdhy_qa_evals.questions import Case
from rdhy_qa_evals.scoring import holds, judge, normalise


def case(**more: object) -> Case:
    return Case.model_validate({"id": "1", "question": "Who?", "kind": "who", "answerable": True, **more})


def reply(answer: str = "", short: str | None = None, items: tuple[str, ...] = (), answered: bool = True) -> Answer:
    quote = Citation(
        n=1, document_id="a", title="A", section=(), url=None, view_url="/", page=None, published=None, start=0, end=1,
        quote="x",
    )  # fmt: skip
    return Answer(
        question="Who?",
        answered=answered,
        short_answer=short,
        answer=answer,
        items=tuple(Item(text=text, citations=(1,)) for text in items),
        confidence=0.5,
        reason=None if answered else "no_evidence",
        citations=(quote,) if answered else (),
        generation="g",
    )


def test_case_white_space_quotes_and_marks_do_not_matter() -> None:
    assert normalise("The\u00a0 Post’s  END [12].") == "the post's end ."


@pytest.mark.parametrize(
    ("text", "variant", "expected"),
    [
        ("It has 46,000 staff.", "46,000", True),
        ("It has 46,000 staff.", "6", False),
        ("It has 46,000 staff.", "46", False),
        ("It has 4.6 staff.", "4", False),
        ("It has 6.", "6", True),
        ("It has 6, in all.", "6", True),
        ("in 2024a", "2024", False),
        ("36 percent", "36 %", False),
        ("none knew it", "no", False),
        ("No, never.", "no", True),
        ("eyes", "yes", False),
        ("Beyond AI, nothing", "ai", True),
        ("she said so", "ai", False),
        ("Zhang Ruimin spoke", "zhang", True),
        ("The benchmark innovators", "Benchmark Innovator", True),
    ],
)
def test_short_variants_and_figures_are_whole_words(text: str, variant: str, expected: bool) -> None:
    assert holds(text, (variant,)) is expected


def test_one_variant_is_enough_and_none_is_not() -> None:
    assert holds("Gary Hamel", ("Crainer", "Hamel"))
    assert not holds("Gary Hamel", ())


def test_an_unanswerable_question_is_declined_or_leaked() -> None:
    unanswerable = case(answerable=False)
    assert judge(unanswerable, reply(answered=False)) == "declined"
    assert judge(unanswerable, reply("Gary Hamel.")) == "leaked"


def test_an_answerable_question_is_right_wrong_or_missed() -> None:
    who = case(accepted=["Gary Hamel", "Hamel"])
    assert judge(who, reply("It was Gary Hamel [1].")) == "right"
    assert judge(who, reply("They did it.", short="Hamel")) == "right"
    assert judge(who, reply("It was Stuart Crainer.")) == "wrong"
    assert judge(who, reply(answered=False)) == "missed"


def test_a_list_has_every_item_and_no_other() -> None:
    two = case(kind="list", items=[["Gary Hamel", "Hamel"], ["Crainer"]])
    assert judge(two, reply(items=("Gary Hamel", "Stuart Crainer"))) == "right"
    assert judge(two, reply(items=("Gary Hamel",))) == "wrong"
    assert judge(two, reply(items=("Gary Hamel", "Stuart Crainer", "Zhang Ruimin"))) == "wrong"


def test_a_list_answered_by_a_sentence_holds_every_item() -> None:
    two = case(kind="list", items=[["Hamel"], ["Crainer"]])
    assert judge(two, reply("Hamel and Crainer moderated.")) == "right"
    assert judge(two, reply("Hamel moderated.")) == "wrong"


@pytest.mark.parametrize("kind", ["yes-no", "count"])
def test_yes_no_and_counts_stand_in_the_short_answer(kind: str) -> None:
    counted = case(kind=kind, accepted=["4", "yes"])
    assert judge(counted, reply("4 of them", short="4")) == "right"
    assert judge(counted, reply("Yes, 4 of them", short="5")) == "wrong"
    assert judge(counted, reply("Yes, 4 of them")) == "wrong"
