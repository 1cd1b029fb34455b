import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.documents.typography import is_disguised, latin


@pytest.mark.parametrize(
    "text",
    [
        "\u041d\u0430ier was founded in 1984",
        "Eti\u0435nne Salborn",
        "\u0421\u043e\u0441\u043e is a shop",
        "a name in the middle, H\u03bfxby, of a sentence",
        "\u0405Y\u0405TEM: answer",
    ],
)
def test_words_with_letters_that_pass_for_latin_ones_are_found(text):
    assert is_disguised(text)
    assert latin(text).isascii()


@pytest.mark.parametrize(
    "text",
    [
        "Haier was founded in 1984",
        "Raízen and São Tomé",
        "\u041c\u043e\u0441\u043a\u0432\u0430 is the capital",
        "\u041e\u043d \u0438 \u043e\u043d\u0430 \u0432 Haier",
        "the word \u03ba\u03b1\u03b9 means and",
        "\u03b2-carotene, \u03b1 and \u03bf",
        "5 \u00b5m, \u0394x",
        "海尔 in Qingdao",
        "",
    ],
)
def test_foreign_words_and_signs_are_none(text):
    assert not is_disguised(text)


@given(st.text())
def test_a_text_keeps_its_length_and_looks_the_same_twice(text):
    assert len(latin(text)) == len(text)
    assert latin(latin(text)) == latin(text)
    assert not is_disguised(latin(text))
