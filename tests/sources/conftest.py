"""A web site on loopback, a clock that does not tick by itself, and a corpus with a catalogue."""

import contextlib
import datetime
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rdhy_qa.sources.asking import Limits
from rdhy_qa.sources.bringing import Bringer
from rdhy_qa.sources.catalogue import Source
from rdhy_qa.sources.fetching import Fetcher
from rdhy_qa.sources.pace import Clock

HOST = "127.0.0.1"
TLS_NAME = "pier.test"
Answer = Callable[[BaseHTTPRequestHandler], None]

PARAGRAPHS = [
    f"In the year {1990 + number} the harbour of Norby was given a new pier, and the keepers of lamp {number} were "
    "asked to say what they had seen of the boats that came in at night and of those that did not."
    for number in range(12)
]


def article(paragraphs: list[str] | None = None, *, title: str = "The piers of Norby", head: str = "") -> bytes:
    """A web page with one heading and some paragraphs."""
    body = "".join(f"<p>{text}</p>" for text in (PARAGRAPHS if paragraphs is None else paragraphs))
    page = (
        f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>"
    )
    return page.encode()


@dataclass
class Site:
    """Answers as the test says, and remembers what it was asked."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def page(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Answer a path with a body; returns its address. In names of headers, _ stands for -."""
        named = {"Content-Type": "text/html; charset=utf-8"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in named.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url + path

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """Send whoever asks for a path elsewhere."""
        return self.page(path, b"", status, Location=to)

    def in_turn(self, path: str, *answers: Answer) -> str:
        """Answer a path differently each time; the last answer stays."""
        left = list(answers)
        self.answers[path] = lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)
        return self.url + path

    def paths(self) -> list[str]:
        """All paths that were asked for, robots.txt aside."""
        return [path for path, _ in self.asked if path != "/robots.txt"]

    def headers(self) -> dict[str, str]:
        """Headers of the last request."""
        return self.asked[-1][1]


def serve(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            site.asked.append((self.path, dict(self.headers)))
            answer = site.answers.get(self.path)
            if answer:
                answer(self)
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with contextlib.suppress(OSError):  # the other end had enough
                super().handle()

    listening = ThreadingHTTPServer((HOST, 0), Handler)
    listening.daemon_threads = True
    if context:
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
    site = Site(f"{'https' if context else 'http'}://{HOST}:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of its own making for the name, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, TLS_NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(TLS_NAME), x509.IPAddress(ipaddress.ip_address(HOST))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def asked_names() -> list[str | None]:
    """Names that clients asked the TLS server for."""
    return []


@pytest.fixture
def tls_site(certificate: Path, asked_names: list[str | None]) -> Iterator[Site]:
    """A site with a certificate that nobody knows yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: asked_names.append(name)
    yield from serve(context)


@dataclass
class Ticker:
    """A clock whose time passes only by sleeping."""

    time: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def clock(self) -> Clock:
        return Clock(now=lambda: self.time, sleep=self.sleep)


@pytest.fixture
def ticker() -> Ticker:
    return Ticker()


@pytest.fixture
def make_fetcher(ticker: Ticker) -> Iterator[Callable[..., Fetcher]]:
    """Makes fetchers that may ask the site, and never sleep."""
    made: list[Fetcher] = []

    def make(*, allowed: tuple[str, ...] = (HOST,), contact: str | None = None, **limits: float) -> Fetcher:
        fetcher = Fetcher(Limits(**limits), allowed=allowed, contact=contact, clock=ticker.clock())
        made.append(fetcher)
        return fetcher

    yield make
    for fetcher in made:
        fetcher.close()


@pytest.fixture
def page() -> Callable[..., bytes]:
    return article


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus with one digest."""
    folder = tmp_path / "corpus"
    (folder / "posts").mkdir(parents=True)
    (folder / "posts" / "piers.md").write_text(
        "---\nid: piers\ntitle: The piers, retold\nkind: post\nseries: 3\nauthor: Ola Brandt\nlanguage: en\n"
        "form: digest\nrights: Digest in our own words.\n---\n\nNorby has piers.\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    return tmp_path / "originals"


@pytest.fixture
def source() -> Callable[..., Source]:
    """Makes the source of the digest."""

    def make(address: str, **changes: Any) -> Source:
        fields = {"id": "piers", "title": "The piers", "address": address, "digest": True, "path": "posts/piers.md"}
        return Source(**(fields | changes))

    return make


@pytest.fixture
def bringer(corpus: Path, originals: Path, make_fetcher: Callable[..., Fetcher]) -> Bringer:
    return Bringer(corpus, originals, make_fetcher())
