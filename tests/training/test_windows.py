"""Rows that the reader is trained on."""

import random

import pytest
from asked import Asked, Passage, Place, Source
from hypothesis import given
from hypothesis import strategies as st
from sources import sentences_of
from windows import Sampler, around, cut

LAMP = "The lamp was lit in 1812 by the harbour board of Norby. Its keeper was Ann Moor, who had come from Saltby. "
ROPE = "The rope works employed 75 people in 1900. Their ropes went to Lisbon and Porto. The works closed in 1931."


def passage(text: str, document: str = "d") -> Passage:
    return Passage(document, "Harbours", text, sentences_of(text))


@pytest.fixture
def source() -> Source:
    return harbours()


def harbours() -> Source:
    first, second = passage(LAMP + ROPE), passage("The lamp of Saltby was lit in 1840. It is the oldest of the coast.")
    start, at = first.text.index("Ann Moor"), first.text.index("Lisbon")
    return Source(
        "test",
        [first, second],
        [
            Asked("Who kept the lamp of Norby?", 0, (Place(start, start + 8),), ("Ann Moor",)),
            Asked("Who paid for the lamp?", 0, ()),
            Asked("Did the ropes go to Lisbon?", 0, (Place(at, at + 6),), ("Lisbon",), yes=True),
        ],
    )


@given(st.lists(st.text("ab .", min_size=1, max_size=30), min_size=1, max_size=8), st.integers(5, 80))
def test_windows_of_a_passage_hold_every_sentence_once_and_none_in_part(lines: list[str], size: int):
    whole = passage("\n".join(lines))
    windows = cut(0, whole, size)
    held = [span for w in windows for span in whole.sentences if w.start <= span[0] and span[1] <= w.end]
    assert tuple(held) == whole.sentences
    assert all(w.end - w.start <= size or sum(w.start <= a < w.end for a, _ in whole.sentences) == 1 for w in windows)


@given(st.integers(0, 2**16), st.integers(60, 220))
def test_a_window_around_a_place_holds_it_and_is_not_too_long(seed: int, size: int):
    whole = passage(LAMP + ROPE)
    start = whole.text.index("75 people")
    window = around(0, whole, Place(start, start + 9), size, random.Random(seed))
    assert window.start <= start < start + 9 <= window.end
    assert window.end - window.start <= size


def test_the_right_window_has_the_answer_and_the_wrong_ones_do_not(source: Source):
    sampler = Sampler(source, (60, 90))
    for seed in range(20):
        rows = sampler.rows(0, 1, random.Random(seed), wrong=2.0, trap=0.0)
        right, *wrong = rows
        (place,) = right.places
        assert right.text[place.start : place.end] == "Ann Moor"
        assert wrong
        assert all(not row.places and "Ann Moor" not in row.text for row in wrong)
        assert {row.group for row in rows} == {1}


@given(st.integers(0, 2**16), st.integers(0, 2))
def test_alone_every_window_is_one_sentence_and_those_beside_the_right_one_are_among_the_wrong(seed: int, number: int):
    whole = harbours()
    sentences = {p.text[a:b] for p in whole.passages for a, b in p.sentences}
    rows = Sampler(whole, (60, 90)).rows(number, 1, random.Random(seed), wrong=4.0, trap=0.0, alone=1.0)
    assert all(row.text in sentences for row in rows)
    if number == 0:
        assert [bool(row.places) for row in rows] == [True, *[False] * (len(rows) - 1)]
        assert "The lamp was lit in 1812 by the harbour board of Norby." in {row.text for row in rows}


def test_only_the_right_window_says_yes_or_no(source: Source):
    rows = Sampler(source, (60, 90)).rows(2, 1, random.Random(0), wrong=3.0, trap=0.0)
    assert [row.yes for row in rows] == [True, *[None] * (len(rows) - 1)]
    assert len(rows) > 1


def test_a_question_without_an_answer_has_no_right_window(source: Source):
    for seed in range(5):
        rows = Sampler(source, (60, 90)).rows(1, 1, random.Random(seed), wrong=1.0, trap=1.0)
        assert rows
        assert not any(row.places for row in rows)


def test_a_trap_asks_about_another_name_of_the_passage_and_stands_alone(source: Source):
    rows = Sampler(source, (110, 130)).rows(0, 4, random.Random(1), wrong=0.0, trap=1.0)
    right, trap = rows
    assert right.text == trap.text
    assert not trap.places
    assert trap.group != right.group
    assert "Norby" not in trap.question


def test_the_same_seed_gives_the_same_rows(source: Source):
    sampler = Sampler(source, (60, 120))
    first, second = (sampler.rows(0, 1, random.Random(3), 1.4, 0.5) for _ in range(2))
    assert first == second
