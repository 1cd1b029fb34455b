"""Yes-or-no questions that are made of a text's own sentences."""

import pytest
from asked import Passage, Source
from restated import restated
from sources import load, sentences_of


def questions(text: str) -> dict[str, bool | None]:
    source = Source("any", [Passage("lamp", "The lamp", text, sentences_of(text))])
    return {asked.question.rstrip("? ").lower(): asked.yes for asked in restated(source).asked}


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The lamp was lit in the old harbour.", "was the lamp lit in the old harbour"),
        ("Our keeper has been paid by the board.", "has our keeper been paid by the board"),
        ("Keepers mended the lamp at night.", "did keepers mend the lamp at night"),
        ("The board chose a keeper from the village, and he stayed.", "did the board choose a keeper from the village"),
        ("The keeper stopped the clock.", "did the keeper stop the clock"),
    ],
)
def test_a_sentence_becomes_a_question_that_it_says_yes_to(sentence: str, question: str):
    assert questions(sentence) in ({question: True}, {})  # one in two waits for something to change
    assert questions("\n".join([sentence] * 12)) == {question: True}


def test_a_sentence_with_not_says_no_to_the_question_without_it():
    assert questions("\n".join(["The lamp was not lit in winter."] * 12)) == {"was the lamp lit in winter": False}


@pytest.mark.parametrize(
    "sentence", ["It was lit in the old harbour.", "In winter the lamp was dark.", "Only one lamp was lit.", "A lamp."]
)
def test_nothing_is_made_of_what_means_nothing_alone_or_is_hard_to_turn(sentence: str):
    assert questions("\n".join([sentence] * 12)) == {}


def test_what_is_changed_for_another_thing_of_the_text_is_answered_with_no():
    text = "Ann Moor was the keeper of 12 lamps.\nBoth Oda Pell and 40 sailors came."
    assert {question for question, yes in questions("\n".join([text] * 12)).items() if yes is False} <= {
        "was oda pell the keeper of 12 lamps",
        "was ann moor the keeper of 40 lamps",
    }


def test_there_are_about_as_many_of_each_and_the_same_ones_each_time():
    source = load("restated", data=None, part="held-out")
    yes = sum(asked.yes is True for asked in source.asked)
    assert 0.4 < yes / len(source.asked) < 0.6
    assert source.asked == load("restated", data=None, part="held-out").asked
