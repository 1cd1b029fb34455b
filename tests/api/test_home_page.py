"""The service's own page: what a newcomer sees first."""

from dataclasses import replace

import httpx

from rdhy_qa.documents.document import Metadata
from rdhy_qa_api.app import create_app
from rdhy_qa_api.home_page import render

POST = Metadata("p<1>", "Winners & <b>others</b>", "post", 1, "A. Author", "2024-09-20")


def test_the_page_holds_the_chat_and_leads_to_each_document(client: httpx.Client):
    reply = client.get("/")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert '<script type="module" src="/widget/rdhy-chat.js">' in reply.text
    assert '<rdhy-chat endpoint="/"' in reply.text
    assert 'href="/documents/post-1"' in reply.text


def test_the_page_runs_nothing_but_the_services_own_scripts(client: httpx.Client):
    policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


def test_without_an_index_the_page_says_what_to_do(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("RDHY_QA_INDEX", str(tmp_path / "none"))
    with serve(create_app()) as client:
        reply = client.get("/")
        assert reply.status_code == 200
        assert 'class="notice"' in reply.text


def test_what_documents_say_of_themselves_is_text():
    page = render([POST])
    assert "Winners &amp; &lt;b&gt;others&lt;/b&gt;" in page
    assert 'href="/documents/p%3C1%3E"' in page


def test_documents_without_text_are_named_and_lead_nowhere():
    page = render([replace(POST, id="p2", available=False)])
    assert "no text held" in page
    assert 'href="/documents/p2"' not in page


def test_kinds_stand_in_a_fixed_order_and_posts_in_that_of_the_series():
    second = replace(POST, id="b", title="Second", series=2)
    other = replace(POST, id="c", title="Else", kind="field-note", series=None)
    page = render([other, second, replace(POST, title="First", series=1)])
    places = [page.index(text) for text in ("<h3>Posts", "First", "Second", "<h3>Field note", "Else")]
    assert places == sorted(places)
