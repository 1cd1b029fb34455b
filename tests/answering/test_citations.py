"""Citations are slices of the stored text, numbered in the order of their first use."""

from urllib.parse import unquote

import pytest

from rdhy_qa.answering.citations import Citations, original_url, view_url
from rdhy_qa.documents.document import Block, BlockKind, Document, Metadata, Span

TEXT = "Two won. Both came from “abroad” & far away.\n\nOther sources name three - not two, they say."
ADDRESS = "https://example.org/post"


def document(*, url: str | None = ADDRESS, original: bool = False, page: int | None = None) -> Document:
    middle = TEXT.index("Other")
    blocks = (
        Block(BlockKind.PARAGRAPH, 0, middle - 2, ("Winners",), page=page),
        Block(BlockKind.NOTE, middle, len(TEXT), ("Winners",), page=page),
    )
    metadata = Metadata("a post/1", "A title", url=url, original=original, published="2024-09-20")
    return Document(metadata, TEXT, blocks)


def test_a_citation_is_the_text_between_its_offsets() -> None:
    citations = Citations()
    citation = citations[citations.cite(document(), 9, 44)]
    assert TEXT[citation.start : citation.end] == citation.quote
    assert (citation.document_id, citation.title, citation.section) == ("a post/1", "A title", ("Winners",))
    assert citation.published == "2024-09-20"


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (5, 5), (5, 4), (-1, 5), (0, len(TEXT) + 1), (len(TEXT), len(TEXT) + 1)]
)
def test_an_empty_or_outside_range_is_refused(start: int, end: int) -> None:
    citations = Citations()
    with pytest.raises(ValueError, match="are not in a post/1"):
        citations.cite(document(), start, end)
    assert citations.all() == ()


def test_the_same_range_keeps_its_number_and_others_count_on() -> None:
    citations = Citations()
    numbers = [citations.cite(document(), *range_) for range_ in [(0, 8), (9, 44), (0, 8), (0, 9)]]
    assert numbers == [1, 2, 1, 3]
    assert [citation.n for citation in citations.all()] == [1, 2, 3]


def test_the_short_answer_is_marked_where_it_stands_in_the_quote() -> None:
    citations = Citations()
    start = TEXT.index("abroad")
    citations.cite(document(), 9, 44, Span(start, start + 6))
    citations.cite(document(), 0, 8, Span(start, start + 6))
    marked, elsewhere = citations.all()
    assert marked.answer_span == (start, start + 6)
    assert elsewhere.answer_span is None


def test_only_an_editors_note_is_said_to_be_a_note() -> None:
    citations = Citations()
    citations.cite(document(), 0, 8)
    citations.cite(document(), TEXT.index("Other"), len(TEXT))
    assert [citation.note for citation in citations.all()] == [False, True]


def test_a_digest_links_to_the_original_without_a_text_fragment() -> None:
    assert original_url(document(), TEXT[:8], None) == ADDRESS


def test_an_original_is_linked_at_the_quoted_words() -> None:
    address = original_url(document(original=True), "Both came from “abroad” & far away.", None)
    assert address is not None
    start, fragment = address.split("#:~:text=")
    assert start == ADDRESS
    assert unquote(fragment) == "Both came from “abroad” & far away."
    assert not set(fragment) & set(" &,-“”")


def test_dash_comma_and_ampersand_of_the_quote_are_escaped_in_the_fragment() -> None:
    address = original_url(document(original=True), "three - not two, they say & more", None)
    assert address is not None
    fragment = address.split("#:~:text=")[1]
    assert "%2D" in fragment
    assert "%2C" in fragment
    assert "%26" in fragment


def test_a_long_quote_is_linked_by_its_first_and_last_words() -> None:
    quote = " ".join(f"word{number}" for number in range(40))
    address = original_url(document(original=True), quote, None)
    assert address is not None
    first, last = address.split("#:~:text=")[1].split(",")
    assert quote.startswith(unquote(first))
    assert quote.endswith(unquote(last))


def test_a_page_of_the_original_is_linked_by_its_number() -> None:
    citations = Citations()
    citation = citations[citations.cite(document(original=True, page=7), 0, 8)]
    assert (citation.page, citation.url) == (7, f"{ADDRESS}#page=7")


def test_an_unknown_address_stays_unknown() -> None:
    assert original_url(document(url=None, original=True), TEXT[:8], 7) is None


def test_our_page_lights_the_range() -> None:
    assert view_url("a post/1", 3, 9) == "/documents/a%20post%2F1#c3-9"
