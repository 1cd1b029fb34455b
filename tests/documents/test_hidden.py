import pytest
from lxml import html

from rdhy_qa.documents.hidden import drop_hidden
from rdhy_qa.documents.html import parse_html
from rdhy_qa.documents.markdown import parse_markdown

HIDDEN = "the words that nobody sees"


def shown(markup: str) -> str:
    tree = html.document_fromstring(f"<body><p>Before.</p>{markup} after</body>")
    drop_hidden(tree)
    text = tree.text_content()
    assert text.startswith("Before.")
    assert text.endswith(" after")
    return text


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "display: NONE !important",
        "visibility:hidden",
        "font-size:0",
        "font-size: .5px",
        "font-size:1pt",
        "font:0/0 a",
        "color:#fff",
        "color: #FEFEFE",
        "color:white; background:#fff",
        "background-color:#eee; color:rgb(240, 240, 240)",
        "color:rgba(0,0,0,0)",
        "color:rgb(0 0 0 / 0%)",
        "color:transparent",
        "color:#ffffff00",
        "position:absolute; left:-9999px",
        "text-indent:-100em",
        "clip:rect(0, 0, 0, 0)",
        "clip-path: inset(50%)",
        "height:0; overflow:hidden",
        "max-width:1px;overflow:hidden",
    ],
)
def test_what_a_style_hides_is_taken_out(style):
    assert HIDDEN not in shown(f'<div style="{style}">{HIDDEN}</div>')


@pytest.mark.parametrize(
    "style",
    [
        "display:block",
        "font-size:12px",
        "font: 16px/1.5 Arial",
        "font-size:.8em",
        "color:#333",
        "color:rgb(100,0,0)",
        "color:rgba(0,0,0,.8)",
        "color:white; background:#000",
        "color:#fff; background:url(dark.png)",
        "left:0; top:-4px",
        "height:0",
        "opacity:0",
        "color:;font-size:;:;;x",
        "width:1e999px; overflow:hidden",
    ],
)
def test_what_a_style_shows_stays(style):
    assert HIDDEN in shown(f'<div style="{style}">{HIDDEN}</div>')


@pytest.mark.parametrize(
    "markup",
    [
        "<p hidden>{}</p>",
        "<p aria-hidden=true>{}</p>",
        "<span class='a sr-only'>{}</span>",
        "<font color=white>{}</font>",
        "<table bgcolor=white><tr><td style='color:#fff'>{}</table>",
        "<div style='font-size:0'><span>{}</span></div>",
        "<div style='display:none'><p style='display:block'>{}</p></div>",
    ],
)
def test_other_ways_to_hide_are_known(markup):
    assert HIDDEN not in shown(markup.format(HIDDEN))


@pytest.mark.parametrize(
    "markup",
    [
        "<div class=dark><p style='color:#fff'>{}</p></div>",
        "<div style='background:navy'><p style='color:#fff'>{}</p></div>",
        "<table bgcolor='#000000'><tr><td style='color:#fff'>{}</table>",
        "<div style='font-size:0'><span style='font-size:16px'>{}</span></div>",
        "<div style='color:#fff'><p class=dark>{}</p></div>",
        "<details><summary>More</summary>{}</details>",
    ],
)
def test_what_may_be_seen_stays(markup):
    assert HIDDEN in shown(markup.format(HIDDEN))


def test_a_page_that_hides_itself_until_it_is_loaded_stays():
    tree = html.document_fromstring(
        f"<html style='visibility:hidden'><body style='display:none'>{HIDDEN}</body></html>"
    )
    drop_hidden(tree)
    assert HIDDEN in tree.text_content()


@pytest.mark.parametrize(
    "markup",
    [
        '<h2>Title <span style="display:none">{}</span></h2>',
        '<table><tr><td>a<span style="display:none">{}</span></td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>',
        '<dl><dt>a</dt><dd>b <span aria-hidden="true">{}</span></dd></dl>',
        '<figure><figcaption>a <span style="font-size:0">{}</span></figcaption></figure>',
        "<!-- {} -->",
        '<p>A <a href="x" title="{}">link</a>.</p>',
    ],
)
def test_neither_pages_nor_markdown_have_hidden_text(markup):
    seen = "A paragraph that everybody sees, and that is long enough to be the content of a page."
    page = f"<html><body><p>{seen}</p>{markup.format(HIDDEN)}<p>{seen}</p></body></html>"
    for parsed in (parse_html(page.encode()), parse_markdown(f"{seen}\n\n{markup.format(HIDDEN)}\n\n{seen}")):
        assert parsed.parts
        assert HIDDEN not in " ".join(part.text for part in parsed.parts)


def test_what_follows_a_hidden_part_stays_whatever_it_holds():
    assert [part.text for part in parse_markdown("A <i hidden>b</i>\x02 c").parts] == ["A c"]
