"""What tools return, as a language model reads it."""

from rdhy_qa.contracts import Answer, Citation, Complete, Related
from rdhy_qa_api.mcp.schemas import DocumentPart
from rdhy_qa_api.mcp.texts import answer_text, part_text

CITATION = Citation(
    n=1, document_id="post-4", title="The prizes", section=("Winners", "2024"), url="https://example.org/a",
    view_url="/documents/post-4#c5-9", page=3, published=None, start=5, end=9, quote="Two\nwon.", note=True,
)  # fmt: skip
ANSWER = Answer(
    question="Who?", interpreted_as="Who won?", answered=True, short_answer=None, answer="Two won. [1]",
    complete=Complete(found=1, expected=2), confidence=0.5, citations=(CITATION,), generation="1",
)  # fmt: skip


def test_an_answer_shows_its_proofs_and_where_they_stand():
    assert answer_text(ANSWER, "https://qa.example.org") == (
        "Two won. [1]\n\n"
        "The question was understood as: Who won?\n\n"
        "1 of the 2 items of the list are given.\n\n"
        "Citations:\n"
        "[1] Editor's note: “Two won.”\n"
        "    The prizes › Winners › 2024 (document post-4, characters 5 to 9, page 3)\n"
        "    https://qa.example.org/documents/post-4#c5-9"
    )


def test_without_an_address_of_the_service_the_original_is_linked():
    assert answer_text(ANSWER, None).endswith("\n    https://example.org/a")


def test_an_abstention_shows_why_and_what_is_related():
    related = Related(
        document_id="post-4", title="The prizes", section=(), text="Two.", start=1, end=5, view_url="/documents/post-4"
    )
    declined = Answer(
        question="Who?", answered=False, short_answer=None, answer="The documents don't say.", confidence=0.1,
        reason="no_evidence", related=(related,), generation="1",
    )  # fmt: skip
    assert answer_text(declined, None) == (
        "The documents don't say.\n\n"
        "Not answered: no evidence.\n\n"
        "Related, but not an answer:\n"
        "- “Two.”\n    The prizes (document post-4, characters 1 to 5)"
    )


def test_a_part_of_a_document_says_how_to_read_on():
    part = DocumentPart(
        id="post-4", title="The prizes", kind="post", series=4, author=None, published=None, url=None, language="en",
        original=True, rights=None, available=True, text="Two won.\n\nOne did not.", start=5, end=25, characters=30,
    )  # fmt: skip
    assert part_text(part, None) == (
        "The prizes (document post-4), characters 5 to 25 of 30:\n\nTwo won.\n\nOne did not.\n\n"
        "To read on, set start to 25."
    )
    assert part_text(part.model_copy(update={"characters": 25}), None).endswith("One did not.")
