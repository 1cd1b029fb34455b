import pytest

from rdhy_qa.documents.assemble import assemble
from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.parts import Parsed, Part
from rdhy_qa.errors import DocumentError


def test_blocks_are_separated_by_a_blank_line_and_markers_stand_outside(place, texts, check_spans):
    document = place(
        Parsed(
            [
                Part(BlockKind.PARAGRAPH, "We carry:"),
                Part(BlockKind.LIST_ITEM, "ropes", list_id=0),
                Part(BlockKind.LIST_ITEM, "lamps", list_id=0, marker="2."),
            ]
        )
    )
    assert document.text == "We carry:\n\n- ropes\n\n2. lamps"
    assert texts(document) == ["We carry:", "ropes", "lamps"]
    check_spans(document)


def test_a_site_name_in_the_title_does_not_hide_the_title_heading(place):
    parts = [Part(BlockKind.HEADING, "The Lantern Prizes", level=1), Part(BlockKind.PARAGRAPH, "Text.")]
    document = place(Parsed(parts, {"title": "The Lantern Prizes | Harbour Notes"}))
    assert document.blocks[1].section == ()


@pytest.mark.parametrize(
    ("parts", "title"),
    [
        ([Part(BlockKind.HEADING, "Tides", level=2), Part(BlockKind.HEADING, "Pier", level=1)], "Pier"),
        ([Part(BlockKind.HEADING, "Tides", level=2)], "Tides"),
        ([Part(BlockKind.PARAGRAPH, "A short first line")], "A short first line"),
        ([Part(BlockKind.PARAGRAPH, "It is a sentence.")], "file"),
    ],
)
def test_the_title_is_the_top_heading_or_first_line_or_file_name(parts, title):
    assert assemble(Parsed(parts), document_id="x", fallback_title="file").metadata.title == title


def test_declared_metadata_wins(place):
    document = place(Parsed([Part(BlockKind.PARAGRAPH, "Text.")], {"id": "own", "title": "Named", "author": None}))
    assert (document.id, document.metadata.title, document.metadata.author) == ("own", "Named", None)


def test_a_document_without_text_is_refused(place):
    with pytest.raises(DocumentError, match="no text"):
        place(Parsed([], {"title": "Named"}))


def test_a_record_ends_with_what_belongs_to_its_item(place):
    document = place(
        Parsed(
            [
                Part(BlockKind.LIST_ITEM, "ropes", list_id=0),
                Part(BlockKind.QUOTATION, "“Strong.”", list_id=0),
                Part(BlockKind.LIST_ITEM, "lamps", list_id=0),
                Part(BlockKind.NOTE, "Editor's note. Dim."),
            ]
        )
    )
    assert [document.text[r.start : r.end] for r in document.records] == ["ropes\n\n“Strong.”", "lamps"]
    assert [record.position for record in document.records] == [0, 1]


@pytest.mark.parametrize("between", [BlockKind.CAPTION, BlockKind.NOTE])
def test_captions_and_notes_do_not_part_a_list_from_its_lead_in(place, lead_ins, between):
    parts = [
        Part(BlockKind.PARAGRAPH, "We carry:"),
        Part(between, "aside"),
        Part(BlockKind.LIST_ITEM, "ropes", list_id=0),
    ]
    assert lead_ins(place(Parsed(parts))) == ["We carry:"]


def test_a_list_below_a_heading_is_introduced_by_it(place, lead_ins):
    parts = [Part(BlockKind.HEADING, "Stores", level=2), Part(BlockKind.LIST_ITEM, "ropes", list_id=0)]
    assert lead_ins(place(Parsed(parts))) == ["Stores"]


def test_a_list_at_the_start_has_no_lead_in(place, lead_ins):
    assert lead_ins(place(Parsed([Part(BlockKind.LIST_ITEM, "ropes", list_id=0)]))) == [None]
