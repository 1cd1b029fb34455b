"""Criteria of WCAG 2.2 at level AA, each as a reader meets it."""

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import expect

FACT = "How many households do the Quantum Shops serve every day?"
LIST = "Which six organisations won in the ZeroDX Incorporated category?"
UNANSWERED = "What was the prize money of the ZeroDX Awards?"
# The link of the page has the browser's own colours, with which axe finds fault in the dark.
VIOLATIONS = """async () => {
  const { violations } = await axe.run({exclude: ["main > p a"]});
  return violations.map(({id, nodes}) => [id, nodes.map(node => node.target)]);
}"""


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker, as a script."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def fill(widget) -> None:
    """Bring all that the widget can show into one conversation."""
    widget.ask(FACT).locator("button.mark").click()
    widget.ask(LIST).get_by_role("button", name="Helpful", exact=True).click()
    widget.panel.get_by_label("Anything to add? (optional)").wait_for()
    widget.ask(UNANSWERED).locator(".coverage").wait_for()
    widget.panel.locator(".welcome summary").click()
    widget.page.context.set_offline(True)
    widget.ask(FACT)
    widget.page.context.set_offline(False)
    widget.field.fill("x" * 1001)


@pytest.mark.parametrize("mode", ["launcher", "inline"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chat, axe, mode, scheme):
    with chat(f'mode="{mode}"', color_scheme=scheme) as widget:
        widget.page.evaluate(axe)
        if mode == "launcher":
            assert widget.page.evaluate(VIOLATIONS) == []
            widget.open()
        fill(widget)
        assert widget.page.evaluate(VIOLATIONS) == []


def test_everything_can_be_done_with_the_keyboard_and_the_focus_returns(chat):
    with chat() as widget:
        press = widget.page.keyboard.press
        focused = widget.page.locator("rdhy-chat :focus")
        press("Tab")  # the link of the page
        press("Tab")
        expect(widget.launcher).to_be_focused()
        press("Enter")
        expect(widget.field).to_be_focused()
        widget.page.keyboard.type(FACT)
        press("Enter")
        mark = widget.panel.locator("button.mark")
        mark.wait_for()
        expect(widget.field).to_be_focused()
        for name in ("Not helpful", "Helpful", "Copy with sources"):
            press("Shift+Tab")
            expect(focused).to_have_accessible_name(name)
        press("Shift+Tab")  # the source
        press("Shift+Tab")
        expect(mark).to_be_focused()
        press("Enter")
        press("Tab")
        expect(focused).to_have_accessible_name("Read it here (opens in a new tab)")
        press("Escape")
        expect(mark).to_be_focused()
        expect(widget.panel.locator(".card")).to_have_count(0)
        press("Escape")
        expect(widget.panel).to_be_hidden()
        expect(widget.launcher).to_be_focused()


def test_the_focus_is_visible_wherever_it_is(chat):
    with chat() as widget:
        widget.open().ask(FACT)
        seen = set()
        for _ in range(30):
            widget.page.keyboard.press("Shift+Tab")
            found = widget.page.evaluate(
                """() => {
                  const focused = document.querySelector("rdhy-chat").shadowRoot.activeElement;
                  if (!focused) return null;
                  const drawn = getComputedStyle(focused.matches(".field textarea") ? focused.parentElement : focused);
                  return [focused.className || focused.tagName, drawn.outlineStyle, parseFloat(drawn.outlineWidth)];
                }"""
            )
            if found is None:
                break
            name, style, width = found
            seen.add(name)
            assert style == "solid", name
            assert width >= 2, name
        assert {"tool", "log", "mark", "action", "thumb", "suggestion", "SUMMARY", "A"} <= seen


def test_the_panel_can_be_left_and_closed_from_the_page(chat):
    with chat() as widget:
        widget.open()
        link = widget.page.get_by_role("link", name="a link")
        link.focus()
        widget.page.keyboard.press("Escape")
        expect(widget.panel).to_be_hidden()
        expect(link).to_be_focused()


def test_a_page_that_opens_with_the_panel_keeps_the_focus(chat):
    with chat("open") as widget:
        expect(widget.panel).to_be_visible()
        assert widget.page.evaluate("document.activeElement === document.body")


def test_on_a_small_screen_the_page_behind_is_out_of_reach(chat):
    with chat("open", viewport={"width": 390, "height": 780}) as widget:
        expect(widget.panel).to_be_hidden()
        widget.open()
        assert widget.panel.evaluate("panel => panel.matches(':modal')")
        for _ in range(20):
            widget.page.keyboard.press("Tab")
            assert widget.page.evaluate("document.activeElement.closest('main a') === null")
        widget.page.keyboard.press("Escape")
        expect(widget.panel).to_be_hidden()
        expect(widget.launcher).to_be_focused()


def test_each_finished_answer_is_announced_once(chat):
    with chat() as widget:
        heard = widget.open().hear()
        widget.ask(LIST)
        assert [text for text in heard() if "raizen" in text] == heard()[-1:]
        assert re.fullmatch(r"Six: raizen \(Brazil\); .* · 6 of 6 · 6 sources", heard()[-1])
        widget.ask(UNANSWERED)
        assert [text for text in heard() if text.startswith("No answer found. ")] == heard()[-1:]
        before = len(heard())
        widget.ask(LIST)
        assert [text for text in heard()[before:] if "raizen" in text] == heard()[-1:]


def test_an_answer_is_busy_while_it_comes_and_a_long_wait_is_announced(chat, partner):
    def silent() -> Iterator[bytes]:
        yield b'event: status\ndata: {"stage": "reading"}\n\n'
        while True:
            yield b": wait\n\n"

    with chat(endpoint=partner(silent)) as widget:
        heard = widget.open().hear()
        answer = widget.send(FACT)
        expect(answer).to_have_attribute("aria-busy", "true")
        expect(widget.status).to_have_text("Reading …")
        widget.panel.get_by_role("button", name="Stop").click()
        expect(answer).not_to_have_attribute("aria-busy", "true")
        assert heard() == ["Reading …", "Stopped before there was an answer."]


def test_screen_readers_find_names_and_roles_in_the_order_of_reading(chat):
    with chat() as widget:
        widget.open().ask(FACT).locator("button.mark").click()
        lines = [line.replace("'", "").strip(" -") for line in widget.panel.aria_snapshot().splitlines()]
    expected = [
        'dialog "Ask a question":',
        'heading "Ask a question" [level=2]',
        'button "New conversation"',
        'button "Close"',
        'region "Conversation":',
        "article:",
        f'heading "You asked: {FACT}" [level=3]',
        "paragraph: More than 10,000",
        r'button "Source 1: Haier .*" \[expanded\].*',
        'group "Source 1: Haier .*":',
        "blockquote:",
        "mark: More than 10,000",
        'link "Read it here .*":',
        'link "Original .*":',
        'button "Copy with sources"',
        'group "Was this helpful\\?":',
        'button "Helpful"',
        'button "Not helpful"',
        'textbox "Your question":',
        'button "Send"',
        "status:",
        "paragraph: More than 10,000 households .* · 1 source",
    ]
    left = iter(lines)
    for pattern in expected:
        pattern = pattern if "\\" in pattern or ".*" in pattern else re.escape(pattern)
        assert any(re.fullmatch(pattern, line) for line in left), pattern


def test_all_targets_are_large_enough(chat):
    with chat() as widget:
        fill(widget.open())
        small = widget.panel.evaluate(
            """panel => [...panel.querySelectorAll("a, button, summary, textarea")]
              .map(target => [target.textContent || target.ariaLabel, target.getBoundingClientRect()])
              .filter(([, {width, height}]) => width && (width < 24 || height < 24))
              .map(([name, {width, height}]) => `${name}: ${width} by ${height}`)"""
        )
        assert small == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (320, 256), (500, 400), (640, 512)])
def test_it_reflows_to_a_narrow_or_zoomed_window(chat, width, height):
    with chat(viewport={"width": width, "height": height}) as widget:
        fill(widget.open())
        wide = widget.panel.evaluate(
            """panel => [panel, ...panel.querySelectorAll(":not(.unseen, .unseen *, svg *)")]
              .filter(one => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1
                || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible")
              .map(one => one.outerHTML.slice(0, 200))"""
        )
        assert wide == []
        assert widget.page.evaluate("document.scrollingElement.scrollWidth") <= width
        widget.field.fill("Where?")
        send = widget.panel.get_by_role("button", name="Send", exact=True)
        send.scroll_into_view_if_needed()
        expect(send).to_be_in_viewport(ratio=1)
        expect(widget.panel.get_by_role("button", name="Try again").last).to_be_attached()


def test_text_may_be_spaced_out(chat):
    with chat(viewport={"width": 390, "height": 780}) as widget:
        fill(widget.open())
        widget.page.evaluate(
            """() => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; "
                + "word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }");
              const root = document.querySelector("rdhy-chat").shadowRoot;
              root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
            }"""
        )
        cut = widget.panel.evaluate(
            """panel => [...panel.querySelectorAll("p, a, button, li, h2, h3, summary, blockquote")]
              .filter(one => !one.closest(".unseen") && one.clientHeight && one.scrollHeight > one.clientHeight + 2)
              .map(one => one.outerHTML.slice(0, 200))"""
        )
        assert cut == []


def test_nothing_moves_for_those_who_want_it_still(chat, partner):
    def silent() -> Iterator[bytes]:
        while True:
            yield b": wait\n\n"

    with chat(endpoint=partner(silent), reduced_motion="reduce") as widget:
        dots = widget.open().send(FACT).locator(".dots i").first
        dots.wait_for()
        assert dots.evaluate("dot => getComputedStyle(dot).animationName") == "none"
        widget.page.emulate_media(reduced_motion="no-preference")
        assert dots.evaluate("dot => getComputedStyle(dot).animationName") == "wave"


def test_the_readers_own_colours_keep_all_that_can_be_pressed_visible(chat):
    with chat(forced_colors="active") as widget:
        answer = widget.open().ask(FACT)
        for part in (answer.locator("button.mark"), widget.panel.get_by_role("button", name="Send")):
            style = part.evaluate("part => [getComputedStyle(part).borderStyle, getComputedStyle(part).borderColor]")
            assert style[0] == "solid"
            assert "rgba(0, 0, 0, 0)" not in style[1]


def test_it_mirrors_where_the_page_reads_from_the_right(chat):
    with chat(html=' dir="rtl"') as widget:
        box = widget.launcher.bounding_box()
        assert box["x"] < 100
        answer = widget.open().ask(FACT)
        panel = widget.panel.bounding_box()
        assert panel["x"] < 100
        question = widget.panel.locator(".question").bounding_box()
        assert question["x"] - panel["x"] < panel["width"] - (question["x"] - panel["x"]) - question["width"]
        send, field = widget.panel.locator(".send").bounding_box(), widget.field.bounding_box()
        assert send["x"] < field["x"]
        # What is English stays so: a full stop ends its line on the right.
        assert answer.locator("p.text").evaluate("text => getComputedStyle(text).direction") == "ltr"


def test_the_language_of_each_part_is_named(chat):
    with chat('lang="de"') as widget:
        widget.open().ask(FACT).locator("button.mark").click()
        expect(widget.panel).to_have_attribute("lang", "de")
        expect(widget.panel.get_by_role("button", name="Schließen")).to_be_visible()
        expect(widget.panel.locator(".said")).to_have_attribute("lang", "en")
        expect(widget.panel.locator("blockquote")).to_have_attribute("lang", "en")
