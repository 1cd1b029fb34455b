import io
import random

import pytest
from PIL import Image as Picture
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    ListFlowable,
    ListItem,
    PageTemplate,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.pdf import parse_pdf
from rdhy_qa.errors import DocumentError

STYLES = getSampleStyleSheet()
WORDS = (
    "crew",
    "met",
    "spring",
    "plan",
    "boats",
    "works",
    "town",
    "rope",
    "market",
    "tide",
    "board",
    "report",
    "lamp",
    "harbour",
    "winter",
    "pier",
    "sail",
    "net",
)


@pytest.fixture
def read(place):
    return lambda data: place(parse_pdf(data))


def drawn(*pages, size=11, leading=14, **options):
    """A PDF whose pages hold the given lines, each at its own place."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, **options)
    for lines in pages:
        y = 720
        for line in lines:
            canvas.setFont("Helvetica", size)
            canvas.drawString(72, y, line)
            y -= leading
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def prose(sentences, seed):
    rng = random.Random(seed)
    return " ".join(f"The {' '.join(rng.choices(WORDS, k=rng.randint(8, 20)))}." for _ in range(sentences))


def report():
    def frame(canvas, document):
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 800, "Yearly report of Norby")
        canvas.drawCentredString(300, 30, f"Page {document.page} of 3")

    items = ("Delta from Chile - " + prose(2, 1), "Echo from Peru - sells hats.", "Fox")
    story = [
        Paragraph("Norby in Numbers", STYLES["Title"]),
        Paragraph("Overview", STYLES["Heading2"]),
        Paragraph(prose(6, 2), STYLES["Normal"]),
        Spacer(1, 10),
        Paragraph("The winners are:", STYLES["Normal"]),
        ListFlowable([ListItem(Paragraph(item, STYLES["Normal"])) for item in items], bulletType="bullet"),
        Paragraph("Figures", STYLES["Heading2"]),
        Table([["Item", "2020", "2021"], ["Revenue", "1,234", "1,100"], ["Staff costs", "98", "87"]]),
    ]
    for seed in range(3, 12):
        story += [Paragraph(prose(7, seed), STYLES["Normal"]), Spacer(1, 10)]
    stream = io.BytesIO()
    document = SimpleDocTemplate(stream, pagesize=A4, title="Norby in Numbers", author="Ola Brandt")
    document.build(story, onFirstPage=frame, onLaterPages=frame)
    return stream.getvalue()


def test_a_report_keeps_headings_lists_and_tables(read, texts, lists, lead_ins, check_spans):
    document = read(report())
    check_spans(document)
    assert texts(document, BlockKind.HEADING) == ["Norby in Numbers", "Overview", "Figures"]
    assert (document.metadata.title, document.metadata.author) == ("Norby in Numbers", "Ola Brandt")
    assert lists(document)[0] == [("Delta", "Chile"), ("Echo", "Peru"), ("Fox", None)]
    assert lead_ins(document)[0] == "The winners are:"
    assert texts(document, BlockKind.TABLE_ROW) == [
        "Item: Revenue; 2020: 1,234; 2021: 1,100",
        "Item: Staff costs; 2020: 98; 2021: 87",
    ]


def test_paragraphs_are_whole_and_go_on_over_the_page(read, texts):
    document = read(report())
    paragraphs = texts(document, BlockKind.PARAGRAPH)
    assert [prose(7, seed) for seed in range(3, 12)] == paragraphs[-9:]
    assert {block.page for block in document.blocks} == {1, 2}


def test_running_heads_and_page_numbers_are_left_out(read):
    text = read(report()).text
    assert "Yearly report" not in text
    assert "Page 1" not in text


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["All of the crews followed the rules of the harbour organi-", "sation and of its board."], "organisation"),
        (["All of the crews followed the rules of the harbour self-", "managing board of the town."], "self-managing"),
        (["All of the crews followed the rules of the harbour Lean-", "Rope board of the town."], "Lean-Rope"),
        (
            ["Their tide-table hung there.", "All crews followed the rules of the tide-", "table."],
            "rules of the tide-table",
        ),
    ],
)
def test_words_cut_at_a_line_end_are_mended(read, lines, joined):
    assert joined in read(drawn(lines)).text


def test_a_word_is_mended_over_a_page_break(read, texts):
    text = "The keeper of the lighthouse watched every boat and took notes of the organi-"
    document = read(drawn([text], ["sation of the crews."]))
    assert texts(document)[0].endswith("notes of the organisation of the crews.")
    assert document.blocks[0].page == 1


def test_an_encrypted_file_without_user_password_is_read(read):
    from reportlab.lib.pdfencrypt import StandardEncryption

    assert read(drawn(["It opens."], encrypt=StandardEncryption("", "owner"))).text == "It opens."


def image_only():
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.drawImage(ImageReader(Picture.new("RGB", (20, 20), "red")), 100, 100)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (drawn(["Secret."], encrypt="password"), "encrypted"),
        (drawn(["Some text."] * 30)[:-400], "truncated"),
        (image_only(), "no text on any of its 1 pages"),
        (b"%PDF-1.4\nnothing here\n%%EOF\n", "damaged"),
        (b"just text", "not a PDF"),
    ],
    ids=["encrypted", "truncated", "image-only", "damaged", "another format"],
)
def test_what_can_not_be_read_is_refused_with_a_reason_and_a_next_step(data, reason):
    with pytest.raises(DocumentError, match=reason) as caught:
        parse_pdf(data)
    assert caught.value.next_step
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("face", ["Helvetica", "Times-Roman", "Courier"])
def test_words_and_letters_that_are_placed_one_by_one_are_told_apart(read, face):
    sentence = "The keeper of the lighthouse knew every boat."
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.setFont(face, 11)
    for y, pieces in ((700, [f"{word} " for word in sentence.split()]), (686, list(sentence))):
        x = 72
        for piece in pieces:
            canvas.drawString(x, y, piece.strip() or piece)
            x += canvas.stringWidth(piece, face, 11)
    canvas.save()
    assert read(stream.getvalue()).text == f"{sentence} {sentence}"


def test_two_columns_are_read_one_after_the_other(read, texts):
    stream = io.BytesIO()
    paragraphs = [prose(5, seed) for seed in range(16)]
    document = BaseDocTemplate(stream, pagesize=A4)
    document.addPageTemplates(PageTemplate(frames=[Frame(50, 50, 240, 740), Frame(305, 50, 240, 740)]))
    style = ParagraphStyle("body", parent=STYLES["Normal"], alignment=TA_JUSTIFY, firstLineIndent=12)
    document.build([Paragraph(text, style) for text in paragraphs])
    assert texts(read(stream.getvalue())) == paragraphs


def test_type_of_one_size_leaves_headings_to_the_layout(read, texts):
    body = ["This policy tells who may enter the pier and when they must have left it", "again."]
    lines = [
        "POLICY ON VISITORS",
        "",
        "1. Purpose",
        "",
        *body,
        "",
        "2. Scope",
        "",
        *body,
        "",
        "  - rowers",
        "  - keepers",
    ]
    document = read(drawn(lines))
    assert texts(document, BlockKind.HEADING) == ["POLICY ON VISITORS", "1. Purpose", "2. Scope"]
    assert texts(document, BlockKind.LIST_ITEM) == ["rowers", "keepers"]
