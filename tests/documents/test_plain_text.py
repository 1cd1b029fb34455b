import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdhy_qa.documents.clean import clean
from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.plain_text import parse_plain_text

PARAGRAPH = (
    "The harbour was rebuilt after the flood of 1931, and the new sea wall, which the town paid for with a loan, "
    "has held ever since. Visitors can walk along its top."
)


@pytest.fixture
def read(place):
    return lambda text: place(parse_plain_text(text))


def is_subsequence(few, many):
    rest = iter(many)
    return all(word in rest for word in few)


def test_a_pasted_post_keeps_its_lists_with_names_and_places(read, post, lists):
    assert lists(read(post)) == [
        [("tidewell", "Norway"), ("RL Marten", "Estonia"), ("SolMarino", "Portugal")],
        [("saltby", "UK"), ("Dune Academy (DUAC)", "Ghana")],
        [(None, None), (None, None)],
        [("Knots for the 19th Century", "Peter F. Holm"), ("Undertow", "Ruth C. Lowe & Jon Vik")],
        [("Part 1", None), ("Part 2", None), ("Part 3", None)],
    ]


def test_image_credits_do_not_part_a_list_from_its_lead_in(read, post, lead_ins):
    found = lead_ins(read(post))
    assert found[0].endswith("the winners in the Open Water category:")
    assert found[1].endswith("And the winners are:")
    assert found[2] == "The winners were asked what helped them on their way."
    assert found[4] == "All Parts of this Series"


def test_a_quotation_below_an_item_belongs_to_it_with_its_speaker(read, post, texts):
    document = read(post)
    quotations = [block for block in document.blocks if block.kind is BlockKind.QUOTATION]
    assert [document.text[b.start : b.end].rsplit(" — ", 1)[1] for b in quotations] == [
        "Ada Finch, co-founder saltby",
        "Kofi Mensah, Founder DUAC",
    ]
    owners = [record for record in document.records if record.list_id == quotations[0].list_id]
    assert [record.end for record in owners] == [block.end for block in quotations]


def test_captions_and_headings_are_told_by_layout(read, post, texts):
    document = read(post)
    assert len(texts(document, BlockKind.CAPTION)) == post.lower().count("image source:")
    assert texts(document, BlockKind.HEADING) == [
        "Harbour Notes - Walks, Talks and Tides (Part 3 - The Lantern Prizes 2021)",
        "Summary of the walk",
        "Day 1 - Meeting & Greeting at the Lighthouse",
        "Our Crews",
        "Book references",
        "All Parts of this Series",
    ]


def test_the_first_line_is_the_title_and_not_a_section(read, post):
    document = read(post)
    assert document.metadata.title == "Harbour Notes - Walks, Talks and Tides (Part 3 - The Lantern Prizes 2021)"
    assert document.blocks[0].section == document.blocks[1].section == ()
    assert document.blocks[4].section == ("Summary of the walk",)


def test_no_break_spaces_become_plain_spaces(read, post):
    text = read(post).text
    assert "\u00a0" not in text
    assert "is Norby. It counts more than 2,100 boats (BT) in the inner bay." in text


def test_no_word_of_a_post_is_lost(read, post, words_of, check_spans):
    document = read(post)
    assert words_of(document.text) == words_of(clean(post))
    check_spans(document)


def test_hard_wrapped_lines_are_joined(read, texts):
    wrapped = (
        "The ferry leaves the northern pier at six in the morning and returns\n"
        "at nine, unless the wind turns; in that case passengers are taken to\n"
        "the southern pier.\n"
        "\n"
        "Tickets are sold on board.\n"
    )
    assert texts(read(wrapped)) == [
        "The ferry leaves the northern pier at six in the morning and returns at nine, unless the wind turns; in that "
        "case passengers are taken to the southern pier.",
        "Tickets are sold on board.",
    ]


def test_lines_that_are_paragraphs_stay_apart(read, texts):
    assert len(texts(read(f"{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}"))) == 3


def test_a_name_a_line_stays_a_line(read, texts):
    assert texts(read("Ada Finch\nKofi Mensah\nBo Lind")) == ["Ada Finch", "Kofi Mensah", "Bo Lind"]


def test_a_single_paragraph_is_one_block_titled_by_its_file(read, texts):
    document = read(PARAGRAPH)
    assert texts(document, BlockKind.PARAGRAPH) == [PARAGRAPH]
    assert document.metadata.title == "sample"
    assert len(document.sentences) == 2


def test_a_file_of_one_line_is_a_paragraph_titled_by_it(read, texts):
    document = read("Opening hours of the pier")
    assert texts(document, BlockKind.PARAGRAPH) == ["Opening hours of the pier"]
    assert document.metadata.title == "Opening hours of the pier"


def test_a_wrapped_item_is_joined_and_a_nested_one_is_of_its_own_list(read, lists, texts):
    document = read(
        "We carry:\n\n"
        "- ropes of every length that the harbour master has ever asked for,\n"
        "  and a few more\n"
        "  * hemp\n"
        "  * nylon\n"
        "- lamps\n"
    )
    assert [len(items) for items in lists(document)] == [2, 2]
    assert any(text.endswith("asked for, and a few more") for text in texts(document, BlockKind.LIST_ITEM))


def test_the_item_above_a_nested_list_is_its_lead_in(read, lead_ins):
    assert lead_ins(read("We carry:\n\n- ropes\n  * hemp\n  * nylon\n- lamps\n")) == ["We carry:", "ropes"]


def test_the_number_of_an_item_stands_outside_of_its_block(read, texts):
    document = read("Do this:\n\n1. Cast off.\n2. Row.\n\na) left\nb) right\n")
    assert texts(document, BlockKind.LIST_ITEM) == ["Cast off.", "Row.", "left", "right"]
    assert "1. Cast off.\n\n2. Row." in document.text


def test_numbered_lines_above_paragraphs_are_headings(read, texts):
    document = read(f"Pier rules\n\n1. Purpose\n\n{PARAGRAPH}\n\n2. Scope\n\n{PARAGRAPH}\n\n2.1 Boats\n\n{PARAGRAPH}")
    assert texts(document, BlockKind.HEADING) == ["Pier rules", "1. Purpose", "2. Scope", "2.1 Boats"]
    assert document.blocks[-1].section == ("2. Scope", "2.1 Boats")


def test_a_numbered_list_goes_on_after_a_paragraph(read, lists):
    document = read(f"Steps:\n\n1. We cast off.\n\n{PARAGRAPH}\n\n2. We row to the buoy.\n")
    assert [len(items) for items in lists(document)] == [2]


def test_a_dash_inside_of_a_wrapped_sentence_opens_no_item(read, texts):
    wrapped = (
        "The keeper knew every boat by the sound of its engine, he said, and also\n"
        "- which nobody believed - by the smell of its paint when the wind is east.\n"
    )
    assert len(texts(read(wrapped))) == 1


def test_an_underlined_line_is_a_heading(read, texts):
    assert texts(read("Pier\n====\n\nTides\n-----\n\n" + PARAGRAPH), BlockKind.HEADING) == ["Pier", "Tides"]


@pytest.mark.parametrize("line", ["12 May 2021", "By Ada Finch", "Where do we go?", "Write to ada@example.org"])
def test_dates_bylines_questions_and_addresses_are_no_headings(read, texts, line):
    assert line not in texts(read(f"Pier rules\n\n{PARAGRAPH}\n\n{line}\n\n{PARAGRAPH}"), BlockKind.HEADING)


def test_a_quotation_outside_of_lists_takes_its_speaker_too(read, texts):
    document = read(f"{PARAGRAPH}\n\n“The sea gives back what it took.”\n— Ada Finch\n\n{PARAGRAPH}")
    assert texts(document, BlockKind.QUOTATION) == ["“The sea gives back what it took.” — Ada Finch"]
    assert next(b for b in document.blocks if b.kind is BlockKind.QUOTATION).list_id is None


def test_rows_of_separated_values_read_by_their_columns(read, texts, lists, lead_ins):
    document = read("name,port,boats\nTidewell,Norby,12\nMarten,Tallinn,7\nVik,Bergen,30\n")
    assert texts(document, BlockKind.TABLE_ROW)[1] == "name: Marten; port: Tallinn; boats: 7"
    assert lists(document) == [[("Tidewell", None), ("Marten", None), ("Vik", None)]]
    assert lead_ins(document) == ["name | port | boats"]


def test_a_text_in_capitals_is_read_like_any_other(read, texts):
    document = read(PARAGRAPH.upper())
    assert len(texts(document)) == 1
    assert len(document.sentences) == 2


def test_an_editors_note_is_told_apart(read, texts):
    assert texts(read(f"{PARAGRAPH}\n\nEditor's note: the wall was paid for in 1932."), BlockKind.NOTE)


LINES = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "Tide",
                "Norby",
                "the",
                "12",
                "(BT)",
                "\u201eWe",
                "saltby.",
                "UK-",
                "-",
                "\u2022",
                "1.",
                "a)",
                "|",
                ",",
                ";",
            ]
        ),
        max_size=14,
    ).map(" ".join),
    st.sampled_from(
        ["", "", "  \u2022 ", "====", "\t", "Image source: Ola", "Part 1 - A", "Part 2 - B", "a,b,c", "x | y"]
    ),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=25))
def test_every_word_is_kept_in_order_and_spans_nest(read, words_of, check_spans, lines):
    text = "\n".join(lines)
    words = words_of(" ".join(map(clean, text.split("\n"))))
    if not words:
        return
    document = read(text)
    assert is_subsequence(words, words_of(document.text))
    assert unicodedata.is_normalized("NFC", document.text)
    check_spans(document)


def test_short_lines_right_below_a_colon_are_a_list(read, lists, lead_ins):
    document = read(
        "Pier rules\nThe guide comes in these languages:\nDanish\nPolish\nFinnish\n"
        "Opening hours of the pier\nIt opens at six."
    )
    assert lists(document) == [[("Danish", None), ("Polish", None), ("Finnish", None)]]
    assert lead_ins(document) == ["The guide comes in these languages:"]
    assert document.blocks[-1].section == ("Opening hours of the pier",)


def test_a_line_that_breaks_off_is_no_heading(read, texts):
    assert texts(read(f"{PARAGRAPH}\n\nThere was a change in the causes of\n\n{PARAGRAPH}"), BlockKind.HEADING) == []


def test_a_compound_cut_at_a_line_end_is_whole_again(read, texts):
    wrapped = "All of the crews followed the rules of the harbour board, which was self-\nmanaging then.\n"
    assert texts(read(wrapped)) == [wrapped.replace("\n", "")]
