"""What goes wrong on the way, and what a reader sees of it."""

import json
import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

QUESTION = "What does EMC stand for?"


def event(name: str, **data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def answer(text: str = "It stands for a community.") -> dict[str, object]:
    return {
        "answer_id": "0" * 16, "question": QUESTION, "interpreted_as": None, "answered": True, "short_answer": None,
        "answer": text, "items": [], "complete": None, "confidence": 1, "reason": None, "citations": [],
        "related": [], "mode": "extractive", "fallback": None, "generation": "1", "timings_ms": {},
    }  # fmt: skip


def test_a_question_survives_a_network_failure_and_is_answered_on_the_next_try(chat):
    with chat() as widget:
        widget.open()
        widget.page.context.set_offline(True)
        shown = widget.ask(QUESTION)
        expect(shown).to_contain_text("The service can’t be reached. Your question is kept.")
        expect(widget.panel.get_by_role("heading", name=QUESTION)).to_be_visible()
        widget.page.context.set_offline(False)
        shown.get_by_role("button", name="Try again").click()
        expect(shown.locator(".short")).to_have_text("Ecosystem Micro Community")
        expect(widget.panel.locator(".turn")).to_have_count(1)


def test_stopping_ends_the_request_and_keeps_the_question(chat, partner):
    gone = threading.Event()

    def endless() -> Iterator[bytes]:
        yield event("status", stage="writing") + event("sentence", text="It stands for", citations=[])
        try:
            while not gone.wait(0.02):
                yield b": still there\n\n"
        finally:  # there is nobody to send it to any more
            gone.set()

    with chat(endpoint=partner(endless)) as widget:
        shown = widget.open().send(QUESTION)
        expect(shown).to_have_text("It stands for")
        expect(shown).to_have_attribute("aria-busy", "true")
        widget.panel.get_by_role("button", name="Stop").click()
        expect(shown).to_contain_text("Stopped before there was an answer.")
        expect(shown).not_to_contain_text("It stands for")
        expect(widget.panel.get_by_role("button", name="Send")).to_be_visible()
        expect(shown.get_by_role("button", name="Try again")).to_be_visible()
        assert gone.wait(20)


def test_sentences_show_as_they_come_and_the_end_replaces_them(chat, partner):
    steps = [threading.Event() for _ in range(3)]

    def sentences() -> Iterator[bytes]:
        yield event("status", stage="writing") + event("sentence", text="One. ", citations=[])
        steps[0].wait(20)
        yield event("sentence", text="Two. ", citations=[])
        steps[1].wait(20)
        yield event("status", stage="writing") + event("sentence", text="Other words.", citations=[])
        steps[2].wait(20)
        yield event("done", answer=answer("The truth."))

    with chat(endpoint=partner(sentences)) as widget:
        shown = widget.open().send(QUESTION)
        expect(shown).to_have_text("One. ")
        steps[0].set()
        expect(shown).to_have_text("One. Two. ")
        steps[1].set()
        expect(shown).to_have_text("Other words.")
        expect(shown).to_have_attribute("aria-busy", "true")
        steps[2].set()
        expect(shown.locator("p.text")).to_have_text("The truth.")
        expect(shown).not_to_have_attribute("aria-busy", "true")


def test_a_stream_that_breaks_off_is_made_up_for_by_a_reply_in_one_piece(chat, partner, blog):
    def cut() -> Iterator[bytes]:
        if len(blog.asked) == 1:
            yield event("status", stage="reading") + b"event: sentence\ndata: {"
        else:
            yield json.dumps(answer()).encode()

    with chat(endpoint=partner(cut)) as widget:
        shown = widget.open().ask(QUESTION)
        expect(shown.locator("p.text")).to_have_text("It stands for a community.")
        assert len(blog.asked) == 2
        widget.ask(QUESTION)
        assert len(blog.asked) == 3, "what does not stream once is not asked to again"


def test_a_service_that_does_not_stream_is_understood(chat, partner, blog):
    endpoint = partner(lambda: iter([json.dumps(answer()).encode()]), Content_Type="application/json")
    with chat(endpoint=endpoint) as widget:
        expect(widget.open().ask(QUESTION).locator("p.text")).to_have_text("It stands for a community.")
        assert len(blog.asked) == 1


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (429, {"Retry_After": "12"}, "That was a lot of questions in a short time. Try again in 12 seconds."),
        (429, {}, "That was a lot of questions in a short time. Try again in a moment."),
        (503, {"Retry_After": "1"}, "The service is busy at the moment. Your question is kept. Try again in 1 second."),
        (422, {}, "The service did not take this question."),
        (500, {}, "The service failed on this question. Please try again."),
        (200, {"Content_Type": "text/html"}, "The service failed on this question. Please try again."),
    ],
)
def test_a_refusal_is_explained_in_words(chat, partner, status, headers, said):
    problem = json.dumps({"detail": "question: is odd", "request_id": "4f2f"}).encode() if status != 200 else b"<html>"
    endpoint = partner(
        lambda: iter([problem]), status=status, **{"Content_Type": "application/problem+json", **headers}
    )
    with chat(endpoint=endpoint) as widget:
        shown = widget.open().ask(QUESTION)
        expect(shown.locator("p.text")).to_have_text(said)
        expect(shown.get_by_text("question: is odd")).to_have_count(int(status == 422))
        expect(shown.get_by_text("Reference: 4f2f")).to_have_count(int(status == 500))


def test_a_fault_within_the_stream_is_explained_too(chat, partner):
    fault = event("error", status=500, detail="It failed.", request_id="4f2f")
    with chat(endpoint=partner(lambda: iter([event("status", stage="reading"), fault]))) as widget:
        shown = widget.open().ask(QUESTION)
        expect(shown).to_contain_text("The service failed on this question.")
        expect(shown).to_contain_text("Reference: 4f2f")


def test_a_question_that_is_too_long_is_not_sent(chat, partner, blog):
    with chat(endpoint=partner(lambda: iter([event("done", answer=answer())]))) as widget:
        widget.open().field.fill("😀" * 700)
        expect(widget.panel.locator(".counter")).to_have_text("")
        widget.field.fill("😀" * 999)
        expect(widget.panel.locator(".counter")).to_have_text("999 of 1,000 characters")
        widget.field.fill("😀" * 1001)
        expect(widget.field).to_have_attribute("aria-invalid", "true")
        widget.field.press("Enter")
        expect(widget.status).to_have_text(re.compile("^Too long: a question may have 1,000 characters."))
        expect(widget.field).to_have_value("😀" * 1001)
        widget.field.fill("😀" * 1000)
        widget.field.press("Enter")
        expect(widget.panel.locator(".answered")).to_have_count(1)
        assert [body["question"] for body in blog.asked] == ["😀" * 1000]
