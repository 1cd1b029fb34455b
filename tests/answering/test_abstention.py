"""Declining: unknown names, other subjects, other languages, and what is said then."""

from typing import get_args

import pytest

from rdhy_qa.answering.abstention import MESSAGES, message
from rdhy_qa.answering.answerer import unknown_names
from rdhy_qa.contracts import Reason
from rdhy_qa.engine import Engine


def unknown(engine: Engine, text: str) -> tuple[str, ...]:
    material = engine.material(text)
    return unknown_names(material.question, material.wanted)


def test_every_reason_has_one_sentence() -> None:
    assert set(MESSAGES) == set(get_args(Reason))
    for reason in get_args(Reason):
        assert message(reason).endswith(".")


def test_unknown_words_are_named() -> None:
    assert "“tesla” or “ford”" in message("no_evidence", ("tesla", "ford", "audi"))
    assert "tesla" not in message("insufficient_evidence", ("tesla",))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Why did Tesla win the Open Water prize?", ("tesla",)),
        ("who is frederic laloux", ("laloux",)),
        ("Who is Ada Finch?", ()),
        ("who is ada fich", ()),
        ("what did tidewel do about delays", ()),
        ("how many satelites did they launch", ()),
    ],
)
def test_names_that_the_documents_lack_are_told_from_words(
    harbour: Engine, question: str, words: tuple[str, ...]
) -> None:
    assert unknown(harbour, question) == words


@pytest.mark.parametrize(
    "question",
    [
        "Why did Tesla win the Open Water category?",
        "What did Frederic Laloux say?",
        "how long do you boil an egg?",
        "convert 15 miles to km",
        "Was kostet die Teilnahme an der Preisverleihung?",
        "海尔2023年的营业收入是多少?",
        "who founded tidewell",
        "???",
        "the of and",
    ],
)
def test_what_the_documents_do_not_hold_is_declined_with_a_reason(ask_harbour, question: str) -> None:
    answer = ask_harbour(question)
    assert not answer.answered
    assert answer.reason in get_args(Reason)
    assert answer.answer.strip()
    assert answer.short_answer is None
    assert (answer.citations, answer.items, answer.complete) == ((), (), None)
    assert len(answer.related) <= 3


def test_a_declined_question_names_the_unknown_word(ask_harbour) -> None:
    assert "tesla" in ask_harbour("Why did Tesla win the Open Water category?").answer.casefold()
