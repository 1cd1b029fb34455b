"""The same words are told from other words."""

import pytest

from rdhy_qa.journal.wording import wording


@pytest.mark.parametrize("same", ["Who won?", "who  won", "WHO WON ?!", "Who\nwon.", "“Who won?”", "Whò won"])
def test_case_punctuation_and_white_space_make_no_other_words(same: str):
    assert wording(same) == "who won"


@pytest.mark.parametrize("other", ["Who won it?", "Won who?", "Who wins?", "Who won 1?", "Whowon"])
def test_other_words_are_told_apart(other: str):
    assert wording(other) != "who won"


def test_a_question_without_words_is_taken_as_it_is():
    assert wording(" ?! ") == "?!"
    assert wording("??") != wording("!!")
