"""An answer in pieces is the answer."""

from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.contracts import Answer, Citation
from rdhy_qa.events import AnswerSentence, Cited, pieces

WORDS = st.sampled_from(
    ["Two won.", "SINA", "[1]", "[2]", "[3].", "No.", "Dr. Rot", "7.", "“Yes!”", "\n", " ", "a;", "é"]
)


def citation(n: int) -> Citation:
    return Citation(
        n=n, document_id="d", title="t", section=(), url=None, view_url="/", page=None, published=None, start=0, end=1,
        quote="q",
    )  # fmt: skip


def answer(text: str) -> Answer:
    citations = tuple(citation(n) for n in (1, 2, 3) if f"[{n}]" in text)
    return Answer(
        question="q", answered=True, short_answer=None, answer=text, confidence=1, citations=citations, generation="g"
    )


@given(st.lists(WORDS, min_size=1).map(" ".join).filter(str.strip).map(str.strip))
def test_the_pieces_give_the_text_and_each_citation_once_before_its_number(text: str):
    whole = answer(text)
    found = list(pieces(whole))
    assert "".join(piece.text for piece in found if isinstance(piece, AnswerSentence)) == text
    cited: list[int] = []
    for piece in found:
        if isinstance(piece, Cited):
            cited.append(piece.citation.n)
        else:
            assert set(piece.citations) <= set(cited)
            assert all((f"[{n}]" in piece.text) == (n in piece.citations) for n in (1, 2, 3))
    assert sorted(cited) == [c.n for c in whole.citations]
