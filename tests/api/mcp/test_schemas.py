"""Parts of documents: whatever is asked for, what comes is what stands there, and not too much of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.errors import UsageError
from rdhy_qa_api.mcp.schemas import MAX_PART_CHARACTERS, AskArguments, DocumentArguments, DocumentPart

TEXT = "".join(chr(0x4E00 + number % 5000) for number in range(2 * MAX_PART_CHARACTERS + 100))
OFFSETS = st.integers(0, len(TEXT) + 10)


def document(text: str) -> Document:
    return Document(Metadata("post-1", "A", "post", 1, None, None, None), text, (), (), ())


@given(OFFSETS, st.none() | OFFSETS.map(lambda end: max(1, end)))
def test_a_part_is_what_stands_between_its_offsets(start: int, end: int | None):
    wanted = DocumentArguments(document_id="post-1", start=start, end=end)
    if start >= min(len(TEXT), end or len(TEXT)):
        with pytest.raises(UsageError, match=f"{len(TEXT)} characters"):
            DocumentPart.cut(document(TEXT), wanted)
        return
    part = DocumentPart.cut(document(TEXT), wanted)
    assert part.text == TEXT[part.start : part.end]
    assert part.start == start
    assert 0 < len(part.text) <= MAX_PART_CHARACTERS
    assert end is None or part.end <= end
    assert part.characters == len(TEXT)


def test_part_after_part_is_the_whole_text():
    read = ""
    while len(read) < len(TEXT):
        read += DocumentPart.cut(document(TEXT), DocumentArguments(document_id="post-1", start=len(read))).text
    assert read == TEXT


def test_of_a_document_without_text_there_is_an_empty_part():
    part = DocumentPart.cut(document(""), DocumentArguments(document_id="post-1"))
    assert (part.text, part.start, part.end, part.characters) == ("", 0, 0, 0)


def test_filters_may_come_as_json_in_a_string():
    by_object = AskArguments.model_validate({"question": "Who?", "filters": {"series": [4]}})
    assert AskArguments.model_validate({"question": "Who?", "filters": '{"series": [4]}'}) == by_object
    assert by_object.request().filters.series == (4,)
