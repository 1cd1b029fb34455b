import pytest

from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.markdown import parse_markdown
from rdhy_qa.errors import DocumentError

PAGE = """\
---
id: pier-3
title: "The Lantern Prizes"
kind: post
series: 3
author: Ola Brandt
published: 2021-05-04
source_url: https://example.org/lanterns
language: en
form: digest
rights: "Digest; all rights belong to the author."
available: true
---

# The Lantern Prizes

Opening *words* with a [link](https://example.org) and `code`.[^1]

## Winners

The winners are:

![The hall](hall.jpg)

- **tidewell** (Norway): a ferry line
  of the north.
- **Knots** by Peter F. Holm
- lamps
  1. oil
  2. gas

  More on lamps.

> **Editor's note.** The hall was [rebuilt](https://example.org) in 1990.

> \u201cWe row at night.\u201d
>
> \u2014 Ada Finch, coach

| Crew | Boats | Home |
|---|---|---|
| Marten | 7 | Tallinn |
| Vik | | Bergen |

```
row --hard
```

[^1]: A footnote's text.
"""


@pytest.fixture
def read(place):
    return lambda text: place(parse_markdown(text))


def test_front_matter_becomes_metadata(read):
    metadata = read(PAGE).metadata
    assert (metadata.id, metadata.title, metadata.kind, metadata.series) == ("pier-3", "The Lantern Prizes", "post", 3)
    assert (metadata.published, metadata.url) == ("2021-05-04", "https://example.org/lanterns")
    assert (metadata.author, metadata.original, metadata.available) == ("Ola Brandt", False, True)


def test_markup_is_stripped_and_footnotes_are_paragraphs(read, texts):
    paragraphs = texts(read(PAGE), BlockKind.PARAGRAPH)
    assert paragraphs[0] == "Opening words with a link and code."
    assert paragraphs[-2:] == ["row --hard", "A footnote's text."]


def test_the_title_heading_is_no_section(read):
    document = read(PAGE)
    assert document.blocks[0].kind is BlockKind.HEADING
    assert document.blocks[1].section == ()
    assert document.blocks[-1].section == ("Winners",)


def test_items_have_bold_heads_and_nested_items_are_of_a_list_of_their_own(read, lists, lead_ins):
    document = read(PAGE)
    assert lists(document) == [
        [("tidewell", "Norway"), ("Knots", "Peter F. Holm"), ("lamps", None)],
        [("oil", None), ("gas", None)],
        [("Marten", None), ("Vik", None)],
    ]
    assert lead_ins(document)[:2] == ["The winners are:", "lamps"]


def test_a_further_paragraph_of_an_item_belongs_to_its_list(read):
    document = read(PAGE)
    block = next(b for b in document.blocks if document.text[b.start : b.end] == "More on lamps.")
    assert (block.kind, block.list_id) == (BlockKind.PARAGRAPH, document.records[0].list_id)


def test_notes_and_quotations_are_told_apart(read, texts):
    document = read(PAGE)
    assert texts(document, BlockKind.NOTE) == ["Editor's note. The hall was rebuilt in 1990."]
    assert texts(document, BlockKind.QUOTATION) == ["“We row at night.” — Ada Finch, coach"]


def test_images_leave_a_caption(read, texts):
    assert texts(read(PAGE), BlockKind.CAPTION) == ["The hall"]


def test_table_rows_carry_their_column_names(read, texts):
    assert texts(read(PAGE), BlockKind.TABLE_ROW) == [
        "Crew: Marten; Boats: 7; Home: Tallinn",
        "Crew: Vik; Home: Bergen",
    ]


def test_spans_nest(read, check_spans):
    check_spans(read(PAGE))


def test_raw_html_is_stripped(read, texts):
    document = read(
        "Before <b>bold</b> after.<!-- gone -->\n\n<div>In a <i>block</i>.</div>\n\n<script>no()</script>\n"
    )
    assert texts(document) == ["Before bold after.", "In a block."]


def test_section_paths_follow_the_levels(read):
    document = read("# A book\n\n## One\n\n### Deep\n\ntext\n\n## Two\n\nmore text\n")
    assert [block.section for block in document.blocks] == [
        (),
        ("One",),
        ("One", "Deep"),
        ("One", "Deep"),
        ("Two",),
        ("Two",),
    ]
    assert document.metadata.title == "A book"


def test_a_quotation_inside_of_an_item_belongs_to_it(read):
    document = read("- Ada said\n\n  > \u201cRow!\u201d\n\n- Bo\n")
    assert [block.list_id for block in document.blocks] == [0, 0, 0]
    assert document.records[0].end == document.blocks[1].end


@pytest.mark.parametrize("line", ["id: a/b", "id: [a]", "id: true", "id: a\nid: b"])
def test_a_bad_id_in_front_matter_is_named(line):
    with pytest.raises(DocumentError, match="'id'") as caught:
        parse_markdown(f"---\n{line}\n---\ntext\n")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "layout: post\ntags: [a, b]\ndate: 2024-09-20 10:00:00 +0100",
        "tags: a\ntags: b",
        "1: 2",
        "kind: [a]",
        f"kind: {'k' * 101}",
        "series: three",
        "series: 0",
        "series: [Adventures]",
        "published: someday",
        "published: true",
        "source_url: ftp:/x",
        "source_url: http://[x",
        "form: copy",
        "available: maybe",
        "title: [a]",
        "author: {name: A}",
        "language: english language",
    ],
)
def test_keys_of_other_programs_and_values_that_say_nothing_are_ignored(read, texts, line):
    document = read(f"---\nid: a\n{line}\n---\ntext\n")
    assert document.metadata == read("---\nid: a\n---\ntext\n").metadata
    assert texts(document) == ["text"]


def test_any_short_text_is_a_kind(read):
    assert read("---\nkind: field report\n---\ntext\n").metadata.kind == "field report"


def test_front_matter_that_is_no_yaml_is_refused():
    with pytest.raises(DocumentError, match="not valid YAML in line 2"):
        parse_markdown("---\ntitle: a: b\n---\ntext\n")


@pytest.mark.parametrize("value", ["2024-13-45", "[" * 10_000])
def test_yaml_that_can_not_be_built_is_refused(value):
    with pytest.raises(DocumentError, match="not valid YAML"):
        parse_markdown(f"---\ndate: {value}\n---\ntext\n")


def test_text_between_rules_is_no_front_matter(read, texts):
    assert texts(read("---\n\nJust text.\n\n---\n\nMore text.\n")) == ["Just text.", "More text."]


def test_a_rule_at_the_top_is_no_front_matter(read, texts):
    assert texts(read("---\n\nJust text.\n")) == ["Just text."]
