"""Words as they are compared: folded, stemmed, with offsets."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdhy_qa.terms import STOP_WORDS, content_terms, fold, joined_names, stem, terms


def folded(text: str) -> list[str]:
    return [term.folded for term in terms(text)]


@pytest.mark.parametrize(("text", "expected"), [("Raízen", "raizen"), ("Ångström", "angstrom"), ("STRASSE", "strasse")])
def test_folding_drops_case_and_diacritics(text: str, expected: str) -> None:
    assert fold(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("46,000 employees", ["46000", "employees"]),
        ("4.700 Enterprises", ["4700", "enterprises"]),
        ("RenDanHeYi 2.0", ["rendanheyi", "2.0"]),
        ("isn't it", ["isn't", "it"]),
        ("SINA’s founder", ["sina", "s", "founder"]),
        ("start-up_factory", ["start", "up", "factory"]),
        ("“quoted” — words…", ["quoted", "words"]),
        ("", []),
    ],
)
def test_words_are_told_apart(text: str, expected: list[str]) -> None:
    assert folded(text) == expected


def test_words_of_one_family_have_one_stem() -> None:
    assert {stem(word) for word in ("winner", "winners")} == {"winner"}
    assert stem("categories") == stem("category")


def test_stop_words_are_left_out_of_content() -> None:
    assert [term.folded for term in content_terms("Who is the founder of SINA?")] == ["founder", "sina"]
    assert {"who", "the", "is"} <= STOP_WORDS


def test_names_in_two_words_may_be_one() -> None:
    text = "Var Group made a start-up for the Morning Star and Good bye"
    assert joined_names(text, terms(text)) == ["vargroup", "startup", "morningstar"]


def test_stems_are_the_same_in_every_thread() -> None:
    words = [f"organisations{number}ings" for number in range(200)]
    results: list[list[str]] = []
    threads = [threading.Thread(target=lambda: results.append([stem(word) for word in words])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[stem(word) for word in words]] * 4


@settings(derandomize=True)
@given(st.text())
def test_words_of_any_text_lie_inside_it_in_order(text: str) -> None:
    found = terms(text)
    assert all(0 <= term.start < term.end <= len(text) for term in found)
    assert all(first.end <= second.start for first, second in pairwise(found))
    assert all(fold(text[term.start : term.end]).replace("’", "'").startswith(term.folded[:1]) for term in found)
