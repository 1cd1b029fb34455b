"""The page of a document: safe, and every citation has somewhere to land."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import httpx
import pytest

from rdhy_qa_api.document_page import render


class Elements(HTMLParser):
    """Text of each element that has an id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.tags: list[str] = []
        self._open: list[tuple[str, str | None]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        identifier = dict(attributes).get("id")
        self.tags.append(tag)
        if identifier is not None:
            assert identifier not in self.texts, "ids are unique"
            self.texts[identifier] = ""
        if tag not in {"meta", "link"}:
            self._open.append((tag, identifier))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        for _, identifier in self._open:
            if identifier is not None:
                self.texts[identifier] += data


def test_each_sentence_block_and_item_has_an_id_that_holds_its_text(engine):
    document = engine.held
    texts = Elements(render(document)).texts
    for span in (*document.sentences, *document.blocks):
        assert texts[f"c{span.start}-{span.end}"] == document.text[span.start : span.end]
    item = document.records[0]
    flat = "".join(document.text[item.start : item.end].split())
    assert "".join(texts[f"c{item.start}-{item.end}"].split()) == flat


def test_lists_are_lists_and_notes_are_notes(engine):
    page = render(engine.held)
    assert page.count("<ul>") == 1
    assert len(re.findall(r"<li[ >]", page)) == 2
    assert "<blockquote" in page
    assert re.search(r"<aside[^>]*><strong[^>]*>Editor&rsquo;s note</strong>", page)
    assert re.search(r"<h2[^>]*>", page)


def test_text_and_metadata_are_escaped(engine):
    page = render(engine.held)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "A &lt;title&gt;" in page
    assert 'href="https://example.org/?a=1&amp;b=2"' in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.org", None, "JAVASCRIPT:x"])
def test_only_web_addresses_become_links(engine, url):
    document = replace(engine.held, metadata=replace(engine.held.metadata, url=url))
    assert "<a " not in render(document)


def test_a_document_without_text_says_so(engine):
    metadata = replace(engine.held.metadata, available=False)
    page = render(replace(engine.held, metadata=metadata, text="", blocks=(), sentences=(), records=()))
    assert "No text of this document is held" in page


def test_the_page_is_served_with_a_strict_policy(client: httpx.Client):
    reply = client.get("/documents/post-1")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', reply.text):
        assert client.get(address).status_code == 200
    assert "<style" not in reply.text
    assert "style=" not in reply.text
