"""From a question to an answer that can be checked, against the real service and the real index."""

import re
import sqlite3

import httpx
from playwright.sync_api import expect

from rdhy_qa.settings import Settings

FACT = "How many households do the Quantum Shops serve every day?"
LIST = "Which six organisations won in the ZeroDX Incorporated category?"
UNANSWERED = "What was the prize money of the ZeroDX Awards?"
NOTE = "Who is Chris Rupert?"


def test_a_question_gets_an_answer_whose_sentence_carries_its_source(chat):
    with chat() as widget:
        answer = widget.open().ask(FACT)
        expect(answer.locator(".short")).to_have_text("More than 10,000")
        sentence = answer.locator("p.text")
        expect(sentence).to_have_text(re.compile(r"^More than 10,000 households .*\s*1$"))
        expect(sentence.get_by_role("button", name=re.compile(r"^Source 1: "))).to_be_visible()
        expect(widget.panel.get_by_role("heading", name=f"You asked: {FACT}")).to_be_visible()


def test_a_mark_opens_the_quotation_with_its_place_and_two_links(chat, service):
    with chat() as widget:
        answer = widget.open().ask(FACT)
        mark = answer.locator("button.mark")
        expect(mark).to_have_attribute("aria-expanded", "false")
        mark.click()
        expect(mark).to_have_attribute("aria-expanded", "true")
        card = answer.get_by_role("group", name=re.compile("^Source 1"))
        expect(card.locator("blockquote")).to_have_text(
            "More than 10,000 households are served daily by the Quantum Shops."
        )
        expect(card.locator("mark")).to_have_text("More than 10,000")
        expect(card).to_contain_text("Day 1: RenDanHeYi Lighthouse Practices of Haier")
        assert card.get_by_role("link", name="Original").get_attribute("href").startswith("https://lap-alliance.org/")
        page = card.get_by_role("link", name="Read it here")
        assert re.fullmatch(rf"{service}/documents/post-4#c\d+-\d+", page.get_attribute("href"))
        mark.click()
        expect(card).to_have_count(0)


def test_a_citation_leads_to_the_very_sentence_on_our_page(chat):
    with chat() as widget:
        answer = widget.open().ask(FACT)
        answer.locator("button.mark").click()
        with widget.page.context.expect_page() as opened:
            answer.get_by_role("link", name="Read it here").click()
        lit = opened.value.locator(":target")
        expect(lit).to_have_text("More than 10,000 households are served daily by the Quantum Shops.")
        expect(lit).to_be_in_viewport()


def test_one_quotation_of_an_answer_is_open_at_a_time(chat):
    with chat() as widget:
        answer = widget.open().ask(LIST)
        answer.get_by_role("button", name=re.compile("^Source 2")).click()
        answer.get_by_role("button", name=re.compile("^Source 5")).click()
        expect(answer.get_by_role("group", name=re.compile("^Source"))).to_have_count(1)
        expect(answer.get_by_role("listitem").filter(has_text="ASA Group").locator("blockquote")).to_be_visible()


def test_a_list_comes_as_a_list_with_the_count_that_it_was_checked_against(chat):
    with chat() as widget:
        answer = widget.open().ask(LIST)
        expect(answer.locator(".complete")).to_have_text("6 of 6")
        items = answer.locator("ul.items > li")
        expect(items).to_have_count(6)
        expect(items.first).to_contain_text("raizen (Brazil)")
        expect(items.locator("button.mark")).to_have_count(6)


def test_an_abstention_looks_like_none_of_the_answers_and_offers_what_comes_close(chat, service):
    with chat() as widget:
        answer = widget.open().ask(UNANSWERED)
        expect(answer).to_have_class(re.compile("abstained"))
        expect(answer).to_contain_text("No answer found")
        expect(answer.locator("button.mark")).to_have_count(0)
        links = answer.locator(".related a")
        expect(links).to_have_count(3)
        assert all(link.get_attribute("href").startswith(f"{service}/documents/") for link in links.all())
        expect(answer.get_by_text(re.compile(r"What the answers come from: \d+ documents"))).to_be_visible()
        answer.locator("button.suggestion").first.click()
        expect(widget.panel.locator(".answer").last).to_have_class(re.compile("answered"))


def test_an_editors_note_is_cited_as_one(chat):
    with chat() as widget:
        answer = widget.open().ask(NOTE)
        expect(answer).to_contain_text("Editor's note")
        answer.get_by_role("button", name=re.compile("an editor’s note")).first.click()
        expect(answer.locator(".card .label")).to_have_text("Editor’s note")


def test_the_service_names_the_first_questions_and_answers_each(chat, service):
    suggested = httpx.get(f"{service}/v1/suggestions", trust_env=False, timeout=60).json()["questions"]
    assert 3 <= len(suggested) <= 5
    with chat() as widget:
        buttons = widget.open().panel.locator(".welcome button.suggestion")
        expect(buttons).to_have_text(suggested)
        for number, question in enumerate(suggested, 1):
            buttons.filter(has_text=question).click()
            expect(widget.panel.locator(".answered")).to_have_count(number)
        assert widget.panel.locator(".abstained, .failure").count() == 0


def test_a_follow_up_is_sent_with_what_was_said_and_shows_how_it_was_understood(chat):
    with chat() as widget:
        widget.open().ask("Who won Benchmark Innovators?")
        with widget.page.expect_request("**/v1/ask") as request:
            answer = widget.ask("and ZeroDX Incorporated?")
        history = request.value.post_data_json["history"]
        assert [turn["role"] for turn in history] == ["user", "assistant"]
        assert history[0]["content"] == "Who won Benchmark Innovators?"
        expect(answer).to_contain_text("Understood as: ")
        expect(answer.locator("ul.items > li")).to_have_count(6)


def test_a_conversation_lasts_as_long_as_its_tab_and_can_be_cleared(chat):
    with chat() as widget:
        widget.open().ask(FACT)
        widget.page.reload()
        expect(widget.open().panel.locator(".short")).to_have_text("More than 10,000")
        other = widget.page.context.new_page()
        other.goto(widget.page.url)
        other.locator("rdhy-chat .launcher").click()
        expect(other.locator("rdhy-chat .welcome")).to_be_visible()
        expect(other.locator("rdhy-chat .turn")).to_have_count(0)
        widget.panel.get_by_role("button", name="New conversation").click()
        expect(widget.panel.locator(".turn")).to_have_count(0)
        expect(widget.field).to_be_focused()
        assert widget.page.evaluate("Object.keys(sessionStorage)") == []


def test_feedback_and_a_comment_are_stored(chat, settings: Settings):
    with chat() as widget:
        with widget.page.expect_response("**/v1/feedback") as response:
            answer = widget.open().ask(LIST)
            answer.get_by_role("button", name="Not helpful").click()
        assert response.value.status == 204
        answer.get_by_label("Anything to add? (optional)").fill("The order is wrong.")
        answer.get_by_role("button", name="Send comment").click()
        expect(answer.get_by_text("Your comment was sent.")).to_be_visible()
        expect(answer.get_by_role("button", name="Not helpful")).to_have_attribute("aria-pressed", "true")
    with sqlite3.connect(settings.database.removeprefix("sqlite:///")) as database:
        stored = database.execute("select verdict, comment from feedback order by id").fetchall()
    database.close()
    assert stored[-2:] == [("down", None), ("down", "The order is wrong.")]


def test_an_answer_is_copied_with_its_sources(chat):
    with chat(permissions=["clipboard-read", "clipboard-write"]) as widget:
        answer = widget.open().ask(FACT)
        answer.get_by_role("button", name="Copy with sources").click()
        expect(answer.get_by_role("button", name="Copied")).to_be_visible()
        copied = widget.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(f"{FACT}\n\nMore than 10,000 households are served daily by the Quantum Shops. [1]\n")
        assert "\n[1] “More than 10,000 households are served daily by the Quantum Shops.”\n" in copied
        assert "Day 1: RenDanHeYi Lighthouse Practices of Haier\n    https://lap-alliance.org/" in copied
