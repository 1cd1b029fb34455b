import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.documents.clean import clean
from rdhy_qa.documents.sentences import sentence_spans


def split(text):
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Dr. Finch met Mr. Vik at 5 p.m. on the pier.", "They left."],
        ["The fare was $3.5 million in Jan. 2020.", "It fell by 4.2%."],
        ["Rope of Marten Inc. is sold.", "It lasts."],
        ["J. R. Lowe wrote it."],
        ['He asked: "Why?"', "Nobody knew."],
        ['They were, as a song has it, "calm from birth."', "Like us, they row."],
        ["„We row at night.“ — Ada Finch, coach"],
        ["„We wake the talents of those at sea “ — Kofi Mensah"],
        ["He said no.", "Five came."],
        ["No. 5 is here."],
        ["1. First we row.", "2. Then we rest."],
        ["Wait… what?", "Yes!"],
        ["A heading without an end"],
        ["好。", "再见。"],
    ],
)
def test_sentences_end_where_a_reader_ends_them(sentences):
    separator = "" if sentences[0] == "好。" else " "
    assert split(separator.join(sentences)) == sentences


def test_an_unknown_language_is_split_too():
    assert len(sentence_spans("Een. Twee.", "xx-YY")) == 2


@given(st.text(max_size=300).map(clean))
def test_sentences_are_trimmed_ordered_and_cover_all_text(text):
    spans = sentence_spans(text)
    at = 0
    for start, end in spans:
        assert at <= start < end
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()
