import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.documents.clean import clean, count_words, web_address


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


def test_marks_that_nobody_sees_are_removed():
    of_direction = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    others = (
        "\u00ad\u034f\u115f\u180e\u200b\u2060\u2064\u206f\u3164\ufe0f\ufeff\ufff9\U000e0041\U000e0100\x00\x1b\x7f\ud800"
    )
    assert clean("Har".join([*of_direction, *others])) == "Har" * (len(of_direction) + len(others) - 1)
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in ("Cs", "Cc"):
            assert clean(f"a{chr(code)}b") in ("ab", "a b")


def test_joiners_stay_where_a_script_needs_them_and_hide_nothing_elsewhere():
    assert clean("می\u200cخواهم \U0001f469\u200d\U0001f4bb") == "می\u200cخواهم \U0001f469\u200d\U0001f4bb"
    assert clean("ha\u200dr\u200cbour \u200d \u200c") == "harbour"
    assert clean("م\u200d\u200c\u200dم") == "م\u200dم"


HARD = st.text(
    st.sampled_from("aá\u0301\u0328 \u200d\u200c\u200bم\u2003\u212a\u212b👩\u1eb9\U000e0041\ufe0f\ufb01\x1c\n가\u1161")
)


@given(HARD)
def test_cleaning_twice_changes_nothing(text):
    line = clean(text)
    assert clean(line) == line
    assert "  " not in line


@pytest.mark.parametrize("address", ["https://example.org/a?b=1#c", "HTTP://EXAMPLE.ORG", "https://[2001:db8::1]/"])
def test_addresses_of_pages_are_kept(address):
    assert web_address(address) == address


@pytest.mark.parametrize(
    "value",
    [
        "",
        "example.org",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "https://a/\r\nX: y",
        "http://[x",
        f"https://{'a' * 2001}",
        5,
    ],
)
def test_what_is_no_address_of_a_page_is_not(value):
    assert web_address(value) is None
