import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.documents.clean import clean, count_words


def test_ligatures_are_opened_and_invisible_characters_removed():
    assert clean("the \ufb01rst of\ufb01ce, co\u00adopted\u200b\ufeff") == "the first office, coopted"


def test_white_space_of_any_kind_is_one_plain_space():
    assert clean("\u00a0a\u2003b\t\n c\u202f") == "a b c"


@given(st.text())
def test_the_result_is_one_line_of_normalised_text(text):
    line = clean(text)
    assert line == line.strip() == clean(line)
    assert "\n" not in line
    assert unicodedata.is_normalized("NFC", line)


def test_dashes_are_no_words():
    assert count_words("Part 3 - The Long Pier") == 5
