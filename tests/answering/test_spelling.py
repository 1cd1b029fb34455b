"""Slips of the pen are mended, and nothing else is touched."""

import pytest

from rdhy_qa.answering.spelling import corrected


@pytest.fixture(scope="module")
def mend(harbour):
    words = harbour.generation.lexical.vocabulary
    return lambda text: corrected(text, words)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wen was the lantren lit", "when was the lantern lit"),
        ("Waht does Tidwell do?", "What does Tidewell do?"),
        ("who is the keper of the lihgt", "who is the keeper of the light"),
        ("how many ppl were there", "how many people were there"),
        ("wich acadmy mends nets", "which academy mends nets"),
    ],
)
def test_slips_are_mended_to_words_of_the_corpus_or_of_english(mend, typed: str, meant: str):
    assert mend(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Who lit the lantern?",
        "Who is Zaphod Beeblebrox?",
        "what did elon say",
        "show me weights.jsn and a_flie",
        "Wer hat die Laterne angezündet und warum?",
        "hvem tændte lygten i havnen",
        "rl marten",
        "",
    ],
)
def test_known_words_names_and_other_languages_are_left_alone(mend, text: str):
    assert mend(text) == text


def test_the_reply_says_how_a_misspelt_question_was_taken(ask_harbour):
    answer = ask_harbour("wen were the lantren prizes handed out")
    assert answer.interpreted_as == "when were the lantern prizes handed out"
    assert answer.short_answer == "4 May 2021"
