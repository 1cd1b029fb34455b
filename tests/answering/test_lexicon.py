"""How alike two words are, and what is English."""

import pytest

from rdhy_qa.answering.lexicon import is_english, is_near_english, likeness, nearest
from rdhy_qa.terms import stem


def test_the_same_word_is_most_alike() -> None:
    assert likeness("award", "award") == 1.0


@pytest.mark.parametrize(
    ("first", "second"),
    [("prize", "award"), ("customis", "custom"), ("argentin", "argentinian"), (stem("company"), stem("companies"))],
)
def test_synonyms_and_families_are_alike(first: str, second: str) -> None:
    assert 0.8 <= likeness(first, second) <= 1.0
    assert likeness(first, second) == likeness(second, first)


@pytest.mark.parametrize(
    ("first", "second"), [("award", "tomato"), ("car", "care"), ("hous", "hors"), ("nurs", "team")]
)
def test_other_words_are_not_alike(first: str, second: str) -> None:
    assert likeness(first, second) == 0.0


def test_nearest_gives_the_likeness_of_the_nearest_word() -> None:
    assert nearest("award", frozenset({"tomato", "award"})) == 1.0
    assert nearest("award", frozenset()) == 0.0


@pytest.mark.parametrize("word", ["winner", "winners", "ceremony", "1984"])
def test_english_words_and_figures_are_known(word: str) -> None:
    assert is_english(word)


@pytest.mark.parametrize("word", ["buurtzorg", "preisverleihung", "海尔"])
def test_foreign_words_are_not_english(word: str) -> None:
    assert not is_english(word)
    assert not is_near_english(word)


@pytest.mark.parametrize("word", ["ceremoney", "organistion", "revoluton"])
def test_a_slip_of_the_pen_is_still_english(word: str) -> None:
    assert not is_english(word)
    assert is_near_english(word)
