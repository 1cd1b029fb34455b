import pytest

from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.html import parse_html

STORY = (
    "Four crews were chosen by the jury, which met twice in the old hall above the fish market. "
    "Nobody had expected so many boats to come, and the pier was full before noon."
)
PAGE = f"""<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Lantern Prizes | Harbour Notes</title>
<link rel="canonical" href="https://example.org/lanterns">
<meta property="og:title" content="The Lantern Prizes"><meta name="author" content="Ola Brandt">
<meta property="article:published_time" content="2021-05-06T10:00:00Z"></head><body>
<header class="site-header"><a href="/">Norby</a><nav><ul><li><a href="/a">Home</a></li></ul></nav></header>
<div class="cookie-banner"><p>We use cookies to make this better. Accept all?</p></div>
<main><article><h1>The Lantern Prizes</h1><p>{STORY}<sup class="reference"><a href="#n1">[1]</a></sup></p>
<h2>Open water</h2><p>The winners are:</p>
<ul><li><strong>tidewell</strong> (Norway): a ferry line.</li><li>Marten from Estonia - makes <a href="x">ropes</a>
<ol><li>hemp</li><li>nylon</li></ol></li><li>Vik</li></ul>
<blockquote><p>“We row at night.”</p><footer>Ada Finch, coach</footer></blockquote>
<table><caption>Table 1: Boats</caption><thead><tr><th>Crew</th><th>Boats</th></tr></thead>
<tr><td rowspan="2">Marten</td><td>7</td></tr><tr><td>9</td></tr></table>
<figure><img src="hall.jpg" alt="A hall"><figcaption>Photo: Bo Lind</figcaption></figure>
<h3>The series</h3><ul><li><a href="1">Part one</a></li><li><a href="2">Part two</a></li></ul>
<p>{STORY.upper()}</p><dl><dt>Jury</dt><dd>Five people.</dd></dl></article></main>
<aside class="sidebar"><h3>Related</h3><ul><li><a href="r">Other page</a></li></ul></aside>
<footer><p>© 2021 Norby. All rights reserved.</p></footer></body></html>"""


@pytest.fixture
def read(place):
    return lambda page: place(parse_html(page if isinstance(page, bytes) else page.encode()))


def test_the_head_gives_the_metadata(read):
    metadata = read(PAGE).metadata
    assert (metadata.title, metadata.author, metadata.published) == ("The Lantern Prizes", "Ola Brandt", "2021-05-06")
    assert (metadata.url, metadata.original, metadata.language) == ("https://example.org/lanterns", True, "en-GB")


def test_a_page_without_address_is_no_original(read):
    metadata = read("<html><body><p>A saved page.</p></body></html>").metadata
    assert (metadata.url, metadata.original) == (None, False)


@pytest.mark.parametrize("boilerplate", ["Home", "cookies", "Related", "rights reserved", "[1]"])
def test_boilerplate_is_left_out(read, boilerplate):
    assert boilerplate not in read(PAGE).text


def test_structure_is_kept(read, texts, lists, lead_ins, check_spans):
    document = read(PAGE)
    check_spans(document)
    assert texts(document, BlockKind.HEADING) == ["The Lantern Prizes", "Open water", "The series"]
    assert texts(document, BlockKind.QUOTATION) == ["“We row at night.” — Ada Finch, coach"]
    assert texts(document, BlockKind.CAPTION) == ["Table 1: Boats", "Photo: Bo Lind"]
    assert texts(document, BlockKind.TABLE_ROW) == ["Crew: Marten; Boats: 7", "Crew: Marten; Boats: 9"]
    assert [[head for head, _ in items] for items in lists(document)] == [
        ["tidewell", "Marten", "Vik"],
        ["hemp", "nylon"],
        ["Marten", "Marten"],
        ["Part one", "Part two"],
        ["Jury"],
    ]
    assert lead_ins(document)[:4] == [
        "The winners are:",
        "Marten from Estonia - makes ropes",
        "Table 1: Boats",
        "The series",
    ]


def test_a_small_page_keeps_its_heading_and_list(read, texts):
    page = "<div id=menu><a href=1>One</a> <a href=2>Two</a></div><h1>Pier</h1><p>Only this.</p><ul><li>A<li>B</ul>"
    assert texts(read(page)) == ["Pier", "Only this.", "A", "B"]


def test_a_page_without_any_structure_keeps_its_text(read, texts):
    assert texts(read("<html><body>Just text, <i>no</i> tags.</body></html>")) == ["Just text, no tags."]


def test_lines_with_bullets_are_items(read, texts):
    document = read("<div>We carry:<br>• ropes<br>• lamps</div>")
    assert texts(document, BlockKind.LIST_ITEM) == ["ropes", "lamps"]


def test_a_table_that_only_lays_out_the_page_is_no_table(read, texts):
    document = read(f"<table><tr><td><h2>Pier</h2><p>{STORY}</p></td><td><p>More about it.</p></td></tr></table>")
    assert not texts(document, BlockKind.TABLE_ROW)
    assert STORY in texts(document, BlockKind.PARAGRAPH)


def test_the_declared_encoding_is_used(read):
    page = "<html><head><meta charset='iso-8859-1'></head><body><p>Die Fähre kostet viel.</p></body></html>"
    assert "Fähre" in read(page.encode("latin-1")).text


def test_an_xml_declaration_does_no_harm(read, texts):
    page = '<?xml version="1.0" encoding="utf-8"?><html><body><p>Die Fähre kommt.</p></body></html>'
    assert texts(read(page)) == ["Die Fähre kommt."]


@pytest.mark.parametrize("page", ["", "<!-- nothing -->", "<html><body><script>x()</script></body></html>"])
def test_a_page_without_text_has_no_parts(page):
    assert parse_html(page.encode()).parts == []


def test_an_editors_note_is_told_apart(read, texts):
    assert texts(read(f"<p>{STORY}</p><blockquote><p>Editor's note: see 1990.</p></blockquote>"), BlockKind.NOTE)
