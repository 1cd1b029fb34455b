"""The widget runs under the strictest policy that a page may have, and trusts nothing that the service sends."""

import json

import httpx
import pytest
from playwright.sync_api import expect

from rdhy_qa_api.widget_files import script

QUESTION = "What does EMC stand for?"
STRICT = "default-src 'self'; script-src 'self'{script}; style-src 'self'; connect-src 'self'{connect}; "
STRICT += "require-trusted-types-for 'script'; trusted-types 'none'"

HOSTILE = '<img src=x onerror="document.title=1"><a href="javascript:alert(1)">x</a> & "quotes"'


def hostile_answer(**changes: object) -> bytes:
    citation = {
        "n": 1, "document_id": HOSTILE, "title": HOSTILE, "section": [HOSTILE], "url": "javascript:alert(1)",
        "view_url": "//evil.example/x", "page": 1, "published": HOSTILE, "start": 5, "end": 9, "quote": HOSTILE,
        "note": False, "answer_span": [0, 999],
    }  # fmt: skip
    related = {"document_id": "x", "title": HOSTILE, "section": [], "text": HOSTILE, "view_url": "javascript:alert(1)"}
    answer = {
        "answer_id": "0" * 16, "question": HOSTILE, "interpreted_as": HOSTILE, "answered": True,
        "short_answer": HOSTILE, "answer": f"{HOSTILE} [1] [2]",
        "items": [], "complete": None, "reason": None, "citations": [citation],
        "related": [related], "mode": "extractive",
    }  # fmt: skip
    return json.dumps(answer | changes).encode()


@pytest.mark.parametrize("hosted_by", ["service", "blog"])
def test_it_works_on_a_page_with_a_strict_policy_at_another_origin(new_page, blog, service, hosted_by):
    found = script()
    address = f"{service}/widget/{found.versioned}"
    if hosted_by == "blog":
        content = httpx.get(address, trust_env=False).content
        address = blog.put("/assets/rdhy-chat.js", "text/javascript", content)
    policy = STRICT.format(script=f" {service}" if hosted_by == "service" else "", connect=f" {service}")
    page_address = blog.page(
        f'<script type="module" crossorigin integrity="{found.integrity}" src="{address}"></script>'
        f'<rdhy-chat endpoint="{service}"></rdhy-chat>',
        headers={"Content-Security-Policy": policy},
    )
    with new_page() as page:
        page.goto(page_address)
        page.get_by_role("button", name="Ask a question").click()
        page.get_by_label("Your question").fill(QUESTION)
        page.get_by_label("Your question").press("Enter")
        expect(page.locator("rdhy-chat .short")).to_have_text("Ecosystem Micro Community")
        page.locator("rdhy-chat button.mark").click()
        expect(page.locator("rdhy-chat .card")).to_be_visible()
        assert page.locator("rdhy-chat .panel").evaluate("panel => getComputedStyle(panel).position") == "fixed"


@pytest.mark.parametrize("answered", [True, False])
def test_what_the_service_sends_is_text_and_links_lead_to_the_web_alone(chat, partner, answered):
    body = hostile_answer(answered=answered)
    endpoint = partner(lambda: iter([body]), Content_Type="application/json")
    with chat(endpoint=endpoint) as widget:
        shown = widget.open().ask(QUESTION)
        if answered:
            shown.locator("button.mark").click()
            expect(shown.locator(".card blockquote")).to_have_text(HOSTILE)
            expect(shown.locator(".short")).to_have_text(HOSTILE)
            expect(shown.get_by_text("[2]")).to_be_visible()
        expect(shown.get_by_text(HOSTILE).first).to_be_visible()
        assert widget.panel.locator("img, script, iframe").count() == 0
        links = [link.get_attribute("href") for link in shown.locator("a").all()]
        assert links
        assert all(link.startswith(f"{endpoint}/") for link in links)
        assert widget.page.title() == "A blog"


@pytest.mark.parametrize("stored", ["{", '{"a": 1}', "[null]", '[{"question": 1}]', '[{"question": 1, "answer": {}}]'])
def test_a_history_that_others_have_spoilt_is_left_alone(chat, service, stored):
    with chat() as widget:
        widget.page.evaluate("([key, value]) => sessionStorage.setItem(key, value)", [f"rdhy-chat {service}", stored])
        widget.page.reload()
        expect(widget.open().panel.locator(".turn")).to_have_count(0)
        expect(widget.panel.locator(".welcome")).to_be_visible()


def test_no_cookie_and_no_key_is_sent(chat, service):
    with chat() as widget:
        widget.page.context.add_cookies([{"name": "session", "value": "secret", "url": service}])
        with widget.page.expect_request("**/v1/ask") as request:
            widget.open().ask(QUESTION)
        headers = request.value.all_headers()
        assert "cookie" not in headers
        assert "authorization" not in headers
