"""One tag on any page: what the page decides, and what the widget leaves alone."""

import json

from playwright.sync_api import expect

FACT = "How many households do the Quantum Shops serve every day?"


def test_the_page_does_not_move_when_the_launcher_comes(chat):
    with chat() as widget:
        widget.launcher.wait_for()
        shifts = widget.page.evaluate(
            """() => new Promise(resolve => {
              const observer = new PerformanceObserver(list => resolve(list.getEntries().length));
              observer.observe({type: "layout-shift", buffered: true});
              requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
            })"""
        )
        assert shifts == 0


def test_strings_of_the_page_replace_those_of_the_widget(chat):
    texts = json.dumps({"title": "Demandez", "launcher": "Une question ?", "close": "Fermer"}).replace('"', "&quot;")
    with chat(f'lang="fr" strings="{texts}"') as widget:
        expect(widget.launcher).to_have_text("Une question ?")
        widget.open()
        expect(widget.panel).to_have_accessible_name("Demandez")
        expect(widget.panel).to_have_attribute("lang", "fr")
        widget.page.evaluate("document.querySelector('rdhy-chat').strings = {title: 'Interrogez'}")
        expect(widget.panel).to_have_accessible_name("Interrogez")
        expect(widget.panel.get_by_role("button", name="Fermer")).to_be_visible()


def test_without_an_endpoint_the_service_is_where_the_script_came_from(new_page, blog, service):
    script = f'<script type="module" src="{service}/widget/rdhy-chat.js"></script>'
    with new_page() as page:
        page.goto(blog.page(f'{script * 2}<rdhy-chat mode="inline"></rdhy-chat>'))
        page.get_by_label("Your question").fill(FACT)
        page.get_by_role("button", name="Send").click()
        expect(page.locator("rdhy-chat .short")).to_have_text("More than 10,000")


def test_nothing_is_asked_of_the_service_before_the_reader_opens_the_panel(chat):
    with chat() as widget:
        asked: list[str] = []
        widget.page.on("request", lambda request: asked.append(request.url))
        widget.page.reload()
        widget.launcher.wait_for()
        assert not any("/v1/" in address for address in asked)
        widget.open()
        expect(widget.panel.locator(".suggestion").first).to_be_visible()
        assert sum("/v1/suggestions" in address for address in asked) == 1


def test_a_script_of_the_page_can_open_it_and_ask(chat):
    with chat() as widget:
        element = widget.page.locator("rdhy-chat")
        element.evaluate("(chat, question) => chat.ask(question)", FACT)
        expect(widget.panel.locator(".short")).to_have_text("More than 10,000")
        element.evaluate("chat => { chat.open = false; }")
        expect(widget.panel).to_be_hidden()
        element.evaluate("chat => { chat.open = true; }")
        expect(widget.panel.locator(".short")).to_be_visible()


def test_a_widget_that_is_taken_off_the_page_leaves_nothing_behind(chat, partner):
    def endless():
        while True:
            yield b": wait\n\n"

    with chat(endpoint=partner(endless)) as widget:
        widget.open().send(FACT)
        with widget.page.expect_event("requestfailed"):
            widget.page.locator("rdhy-chat").evaluate("chat => chat.remove()")
        widget.page.keyboard.press("Escape")


def test_the_page_sets_colours_font_and_parts_and_nothing_else_comes_through(chat):
    style = (
        "*, h2, p { color: red; letter-spacing: 9px; text-transform: uppercase; } html { font-size: 62.5%; }"
        "body { font-family: serif; }"
        "rdhy-chat { --rdhy-chat-accent: rgb(1, 2, 3); font-family: inherit; }"
        "rdhy-chat::part(question) { text-transform: lowercase; }"
    )
    with chat() as widget:
        widget.page.add_style_tag(content=style)
        widget.open().ask(FACT)
        read = "(element, name) => getComputedStyle(element)[name]"
        send, question = widget.panel.locator(".send"), widget.panel.locator(".question")
        assert send.evaluate(read, "backgroundColor") == "rgb(1, 2, 3)"
        assert question.evaluate(read, "textTransform") == "lowercase"
        assert question.evaluate(read, "fontFamily") == "serif"
        assert question.evaluate(read, "fontSize") == "16px"
        short = widget.panel.locator(".short")
        assert short.evaluate(read, "letterSpacing") == "normal"
        assert short.evaluate(read, "textTransform") == "none"
        assert short.evaluate(read, "color") != "rgb(255, 0, 0)"


def test_it_is_dark_where_the_page_is(chat):
    read = "panel => getComputedStyle(panel).backgroundColor"
    with chat(color_scheme="dark") as widget:
        assert widget.open().panel.evaluate(read) == "rgb(23, 24, 27)"
        widget.page.add_style_tag(content="rdhy-chat { color-scheme: light; }")
        assert widget.panel.evaluate(read) == "rgb(255, 255, 255)"
