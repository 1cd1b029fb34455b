"""Whole answers on a small text: statements, yes and no, editor's notes, filters."""

import pytest

from rdhy_qa.contracts import AskRequest, Filters
from rdhy_qa.engine import Engine


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("When were the Lantern Prizes handed out?", "4 May 2021"),
        ("where were the lantern prizes handed out", "Lisbon"),
        ("who lit the lantern?", "Bruno Salt"),
        ("who's the founder of the dune academy", "Yaa Ofori"),
        ("by how many percent did tidewell cut delays", "12 percent"),
        ("how many guests did the ferry carry", "240"),
    ],
)
def test_the_short_answer_is_what_was_asked_for(ask_harbour, question: str, short: str) -> None:
    answer = ask_harbour(question)
    assert answer.answered
    assert answer.short_answer == short
    assert any(short in citation.quote for citation in answer.citations)


@pytest.mark.parametrize("question", ["Does RL Marten make ropes?", "were the prizes handed out in lisbon"])
def test_yes_where_the_text_carries_it(ask_harbour, question: str) -> None:
    answer = ask_harbour(question)
    assert (answer.answered, answer.short_answer) == (True, "Yes")


@pytest.mark.parametrize(
    "question",
    ["Were the Lantern Prizes handed out in Madrid?", "were the prizes handed out in 2019", "is Saltby from Ghana?"],
)
def test_no_or_nothing_where_the_text_says_otherwise(ask_harbour, question: str) -> None:
    answer = ask_harbour(question)
    assert answer.short_answer in {"No", None}


def test_a_contradicted_country_is_put_right_with_the_sentence(ask) -> None:
    answer = ask("Is ASA Group from Germany?")
    assert answer.short_answer in {"No", None}
    if answer.answered:
        assert "San Marino" in answer.answer


def test_a_contradicted_place_is_put_right_with_the_sentence(ask) -> None:
    answer = ask("Were the awards held in Shanghai?")
    assert answer.short_answer in {"No", None}
    if answer.answered:
        assert "Qingdao" in answer.answer


def test_the_post_answers_before_its_editors_note(ask_harbour) -> None:
    answer = ask_harbour("How many guests did the ferry carry?")
    assert answer.citations[0].note is False


def test_an_answer_from_a_note_is_said_to_be_a_note(ask_harbour) -> None:
    answer = ask_harbour("How many guests did the Harbour Gazette count?")
    assert answer.answered
    assert "310" in answer.answer
    assert any(citation.note for citation in answer.citations)
    assert "note" in answer.answer.casefold()


def test_filters_restrict_what_is_answered_from(harbour: Engine) -> None:
    question = "When were the Lantern Prizes handed out?"
    for matching in (Filters(document_id=("harbour",)), Filters(kind=("post",)), Filters(series=(3,))):
        assert harbour.ask(AskRequest(question=question, filters=matching)).answered
    for other in (Filters(document_id=("none",)), Filters(kind=("background",)), Filters(series=(4,))):
        answer = harbour.ask(AskRequest(question=question, filters=other))
        assert not answer.answered
        assert answer.related == ()
