"""Whatever documents say, they can't make a chat show links or images; and what was shown can be read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rdhy_qa.contracts import Answer, Citation, Related
from rdhy_qa_api.chat.text import body, footer, plain

BASE = "https://qa.example.org"
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
URL = "https://example.org/a post (1)"


def citation(n: int, **changes) -> Citation:
    fields = {
        "n": n, "document_id": "post-4", "title": "The [prizes]", "section": ("Winners",), "url": f"{URL}#:~:text=won",
        "view_url": f"/documents/post-4#c{n}-9", "page": None, "published": None, "start": n, "end": 9, "quote": "won",
    }  # fmt: skip
    return Citation(**(fields | changes))


def answer(text: str, *citations: Citation, **changes) -> Answer:
    fields = {"question": "Who?", "answered": True, "short_answer": None, "confidence": 0.5, "generation": "1"}
    return Answer(answer=text, citations=citations, **(fields | changes))


def links(markdown: str) -> list[str]:
    """Where the links of a text lead; it has no images and no HTML."""
    found = []
    for block in MARKDOWN.parse(markdown):
        assert "html" not in block.type
        for token in block.children or ():
            assert token.type not in {"image", "html_inline"}
            if token.type == "link_open":
                found.append(token.attrs["href"])
    return found


def test_a_number_is_a_link_to_the_cited_words_and_reads_as_before():
    shown = body(answer("Raízen [1] and SINA [2] won.", citation(1), citation(2)), BASE)
    assert shown == (f"Raízen [[1]]({BASE}/documents/post-4#c1-9) and SINA [[2]]({BASE}/documents/post-4#c2-9) won.")
    text = re.sub("<.*?>", "", MARKDOWN.render(shown)).strip()
    assert text == "Raízen [1] and SINA [2] won."


@pytest.mark.parametrize(
    "hostile",
    [
        "![x](https://evil.example/?q=1)",
        "[click](https://evil.example)",
        "[1](https://evil.example)",
        "<https://evil.example>",
        "<img src=https://evil.example>",
        "[1]: https://evil.example",
        "&lt;a href=x&gt; &#91;1&#93;(https://evil.example)",
        "# A heading\n\n---\n\n- a list\n1. another\n> a quotation\n```\ncode\n```",
        "\\[a](https://evil.example) \\\\[a](https://evil.example)",
    ],
)
def test_nothing_in_a_document_becomes_a_link_or_markup(hostile: str):
    shown = body(answer(f"{hostile} [1]", citation(1)), BASE)
    assert set(links(shown)) == {f"{BASE}/documents/post-4#c1-9"}
    assert {block.type for block in MARKDOWN.parse(shown)} == {"paragraph_open", "inline", "paragraph_close"}


def test_prose_is_left_alone():
    text = "R&D grew by 12 % (from 3 to 5): “it's done”, says A. B.; see 1.5 - or not. 2024-09-20!"
    assert body(answer(text), BASE) == text


def test_below_stand_the_sources_each_document_once_with_its_original():
    other = citation(3, document_id="a b", title="Other", url=None, view_url="/documents/a%20b#c1-2")
    shown = footer(answer("x [1] [2] [3]", citation(1), citation(2), other), BASE)
    assert shown.endswith(
        "Sources:\n\n"
        f"- [The \\[prizes\\]]({BASE}/documents/post-4) ([original](https://example.org/a%20post%20%281%29))\n"
        f"- [Other]({BASE}/documents/a%20b)"
    )
    assert len(links(shown)) == 3


def test_only_originals_on_the_web_are_linked():
    assert "javascript" not in footer(answer("x [1]", citation(1, url="javascript:alert(1)")), BASE)


def test_below_stands_how_a_question_was_understood_and_what_is_related():
    related = Related(
        document_id="post-4", title="The prizes", section=("Winners",), text="…", start=1, end=9, view_url="/d#c1-9"
    )
    shown = footer(answer("No.", answered=False, interpreted_as="Who won *it*?", related=(related,)), BASE)
    assert "Understood as: Who won \\*it\\*?\n\nRelated, but not an answer:\n\n" in shown
    assert shown.endswith(f"- [The prizes › Winners]({BASE}/d#c1-9)")


def test_nothing_stands_below_where_there_is_nothing_to_say():
    assert footer(answer("No."), BASE) == ""


# Texts that look like what is added, or like what is taken away.
PARTS = st.sampled_from(
    ["[1]", "[[1]]", "[2]", "[9]", "(", ")", "\\", "\n", "\n\n---\n\n", "---", "1.", "- ", "&", "&amp;", "~~",
     "a", " ", "[[1]](https://qa.example.org/d)", "*", "_", "<", "$", "`"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PARTS).map("".join), st.text())


@given(TEXTS)
def test_what_comes_back_is_what_was_answered(text: str):
    given_answer = answer(text, citation(1), citation(2))
    assert plain(body(given_answer, BASE) + footer(given_answer, BASE)) == text


@given(TEXTS)
def test_all_links_are_ours(text: str):
    assert all(link.startswith(BASE) for link in links(body(answer(text, citation(1)), BASE)))
