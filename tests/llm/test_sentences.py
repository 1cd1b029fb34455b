"""A stream is cut into sentences with their numbers, however its pieces fall."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.llm.sentences import Sentences, Written


def read(*pieces: str) -> list[Written]:
    sentences = Sentences()
    return [one for piece in pieces for one in sentences.feed(piece)] + list(sentences.finish())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Reed owns it. [2]", [("Reed owns it.", (2,))]),
        ("Reed owns it [2].", [("Reed owns it.", (2,))]),
        ("Reed owns it. [2][5] It is old. [1]", [("Reed owns it.", (2, 5)), ("It is old.", (1,))]),
        ("Reed owns it [2, 5]. It is old [1].", [("Reed owns it.", (2, 5)), ("It is old.", (1,))]),
        ("Dr. Reed owns 4.5 mills. [2] Yes.", [("Dr. Reed owns 4.5 mills.", (2,)), ("Yes.", ())]),
        ("Reed [1] owns it. [2]", [("Reed owns it.", (1, 2))]),
        ("Reed owns it [2]\nIt is old [1]", [("Reed owns it", (2,)), ("It is old", (1,))]),
        ("It is old. Reed owns it. [2]", [("It is old. Reed owns it.", (2,))]),
        ("He said “no.” [2] She left. [3]", [("He said “no.”", (2,)), ("She left.", (3,))]),
        ("Nothing is named.", [("Nothing is named.", ())]),
        ("Twice. [2][2]", [("Twice.", (2,))]),
        ("[2]", []),
        ("", []),
    ],
)
def test_sentences_come_with_the_numbers_that_they_name(text: str, expected: list[tuple[str, tuple[int, ...]]]):
    assert [(one.text, one.numbers) for one in read(text)] == expected


def test_half_a_sentence_at_the_end_is_none():
    assert [one.text for one in read("Reed owns it. [2] It was built in [1] the")] == ["Reed owns it."]


def test_a_sentence_comes_as_soon_as_the_next_begins():
    sentences = Sentences()
    assert list(sentences.feed("Reed owns it. [2")) == []
    assert list(sentences.feed("] ")) == []
    assert [one.text for one in sentences.feed("I")] == ["Reed owns it."]


@given(st.text(alphabet="ab. [12],!\n”", max_size=60), st.data())
def test_how_a_text_is_cut_up_makes_no_difference(text: str, data: st.DataObject):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(*pieces) == read(text)
