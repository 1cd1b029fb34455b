"""A real browser, the real service on the checkout's corpus, and a blog at another origin that embeds the widget."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings, load_settings
from rdhy_qa_api.app import create_app

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

FACT = "How many households do the Quantum Shops serve every day?"
LIST = "Which six organisations won in the ZeroDX Incorporated category?"
UNANSWERED = "What was the prize money of the ZeroDX Awards?"

BLOG = """<!doctype html>
<html lang="en"{html}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>A blog</title>{head}</head>
<body><main><h1>A post</h1><p>Its text, with <a href="#more">a link</a>.</p>{body}</main></body>
</html>"""


@dataclass
class Site:
    """A web server of its own origin, whose replies are whatever a test puts there."""

    origin: str
    replies: dict[str, "Reply"] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the requests that came by POST."""

    def page(self, body: str, *, html: str = "", head: str = "", headers: dict[str, str] | None = None) -> str:
        """Put up a page; its address."""
        text = BLOG.format(body=body, html=html, head=head)
        return self.put("/page", "text/html; charset=utf-8", text.encode(), headers)

    def put(self, path: str, media_type: str, body: bytes, headers: dict[str, str] | None = None) -> str:
        """Put up a file; its address."""
        self.replies[path] = Reply({"Content-Type": media_type, **(headers or {})}, lambda: iter([body]))
        return self.origin + path


@dataclass
class Reply:
    """What is sent, piece by piece."""

    headers: dict[str, str]
    pieces: Callable[[], Iterator[bytes]]
    status: int = 200


@contextmanager
def _site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = site.replies.get(self.path.split("?")[0])
            if reply is None:
                self.send_error(404)
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in reply.pieces():
                self.wfile.write(piece)
                self.wfile.flush()

        def do_POST(self) -> None:
            site.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A browser that went away is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def _blog() -> Iterator[Site]:
    with _site() as site:
        yield site


@pytest.fixture
def blog(_blog: Site) -> Site:
    """The site that embeds the widget; it has nothing on it yet."""
    _blog.replies.clear()
    _blog.asked.clear()
    return _blog


@pytest.fixture(scope="session")
def settings(_blog: Site, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the service, with an index of the corpus; later calls of `ingest` find it unchanged."""
    index = Path(tmp_path_factory.getbasetemp()) / "corpus-index"
    ingest([pytestconfig.rootpath / "corpus"], settings=Settings(index=index, threads=1))
    database = tmp_path_factory.mktemp("e2e") / "journal.sqlite"
    return load_settings(
        index=index, database=f"sqlite:///{database}", cors_origins=_blog.origin, rate_limit="100000/minute"
    )


@pytest.fixture(scope="session")
def service(settings: Settings) -> Iterator[str]:
    """The address of the real service."""
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_level="warning", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)


# One for each module: a browser's loop may not run in the thread in which tests of other folders run theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the distribution has it."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: install chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


NewPage = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def new_page(browser: Browser) -> NewPage:
    """Opens a page in a context of its own; an error of its scripts, or a breach of its policy, fails the test."""

    @contextmanager
    def make(**options: Any) -> Iterator[Page]:
        context: BrowserContext = browser.new_context(**{"viewport": {"width": 1000, "height": 800}, **options})
        page = context.new_page()
        page.set_default_timeout(20_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if _is_wrong(message.text) else None)
        try:
            yield page
        finally:
            context.close()
        assert not wrong

    return make


def _is_wrong(text: str) -> bool:
    return any(word in text for word in ("Content Security Policy", "Trusted", "rdhy-chat:"))


class Chat:
    """The widget on a page, as a reader uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.locator("rdhy-chat .launcher")
        self.panel = page.locator("rdhy-chat .panel")
        self.field = self.panel.get_by_role("textbox").last
        self.status = self.panel.get_by_role("status")

    def open(self) -> "Chat":
        self.launcher.click()
        return self

    def send(self, question: str) -> Locator:
        """Send a question; the answer that is being made."""
        self.field.fill(question)
        self.field.press("Enter")
        return self.panel.locator(".answer").last

    def ask(self, question: str) -> Locator:
        """Send a question and wait until it is done with."""
        answer = self.send(question)
        self.panel.locator(".turn:last-child .answer:not([aria-busy])").wait_for()
        return answer

    def hear(self) -> Callable[[], list[str]]:
        """Listen to what is announced from now on; what was, so far."""
        self.status.evaluate(
            """status => {
              window.heard = [];
              new MutationObserver(() => window.heard.push(status.textContent)).observe(status, {childList: true});
            }"""
        )
        return lambda: self.page.evaluate("window.heard")


OpenChat = Callable[..., AbstractContextManager[Chat]]


@pytest.fixture
def chat(new_page: NewPage, blog: Site, service: str) -> OpenChat:
    """Opens a page of the blog that embeds the widget from the service, closed unless told otherwise."""

    @contextmanager
    def make(attributes: str = "", *, endpoint: str = service, html: str = "", **options: Any) -> Iterator[Chat]:
        script = f'<script type="module" src="{service}/widget/rdhy-chat.js"></script>'
        address = blog.page(f'<rdhy-chat endpoint="{endpoint}" {attributes}></rdhy-chat>{script}', html=html)
        with new_page(**options) as page:
            page.goto(address)
            page.locator("rdhy-chat .panel").wait_for(state="attached")
            yield Chat(page)

    return make


Partner = Callable[..., str]


@pytest.fixture
def partner(blog: Site) -> Partner:
    """Makes the blog's own server answer questions, and badly; the endpoint for it."""

    def make(pieces: Callable[[], Iterator[bytes]], *, status: int = 200, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        blog.replies["/v1/ask"] = Reply({"Content-Type": "text/event-stream", **named}, pieces, status)
        return blog.origin

    return make
