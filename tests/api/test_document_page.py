"""The page of a document: safe, and every citation has somewhere to land."""

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

import rdhy_qa_api
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


_PAGE = """
const spans = [[0, 4], [5, 9], [10, 14]].map(([start, end]) => ({
  id: `c${start}-${end}`, lit: false, scrolled: false, scrollIntoView() { this.scrolled = true; },
}));
for (const span of spans) span.classList = {
  add: () => { span.lit = true; }, remove: () => { span.lit = false; },
};
globalThis.document = {
  querySelectorAll: (selector) => selector === ".lit" ? spans.filter((span) => span.lit) : spans,
  getElementById: (id) => spans.find((span) => span.id === id),
};
globalThis.addEventListener = () => {};
globalThis.location = { hash: process.argv[1] };
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js to run the page's script")
@pytest.mark.parametrize(
    ("fragment", "lit"),
    [("#c0-9", "c0-4 c5-9"), ("#c6-8", "c5-9"), ("#c4-5", ""), ("#c5-9", ""), ("#other", ""), ("", "")],
)
def test_the_script_lights_all_that_a_citation_touches(fragment: str, lit: str):
    script = Path(rdhy_qa_api.__path__[0], "static", "document.js").read_text(encoding="utf-8")
    report = "console.log(spans.filter((s) => s.lit).map((s) => s.id).join(' '), spans.some((s) => s.scrolled))"
    command = ["node", "--eval", _PAGE + script + report, "--", fragment]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert shown.rstrip("\n") == f"{lit} {'true' if lit else 'false'}"
