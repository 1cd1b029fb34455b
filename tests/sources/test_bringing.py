import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from rdhy_qa.sources import bringing
from rdhy_qa.sources.keeping import is_whole, read_state


@pytest.fixture
def folder(originals: Path) -> Path:
    """Where the source is kept."""
    return originals / "piers"


@pytest.fixture
def held(folder: Path):
    """Bytes and text of the copy that is held."""

    def call() -> tuple[bytes, str]:
        copied = read_state(folder).held
        return (folder / copied.file).read_bytes(), (folder / copied.text_file).read_text(encoding="utf-8")

    return call


def pdf(lines: list[str]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    for number, line in enumerate(lines):
        canvas.drawString(60, 780 - 16 * number, line)
    canvas.save()
    return out.getvalue()


def test_a_new_page_is_kept_with_its_text_and_where_it_came_from(bringer, source, site, page, folder, held):
    site.redirect("/old", "/posts/piers")
    site.page("/posts/piers", page(), ETag='"1"', Last_Modified="Fri, 20 Sep 2024 08:00:00 GMT")
    outcome = bringer.bring(source(f"{site.url}/old"))
    assert (outcome.result, outcome.fine) == ("new", True)
    assert "web page, 4" in outcome.detail
    body, text = held()
    assert body == page()
    assert text.startswith("The piers of Norby\n\nIn the year 1990 the harbour")
    copied = read_state(folder).held
    assert (copied.address, copied.final_address) == (f"{site.url}/old", f"{site.url}/posts/piers")
    assert (copied.etag, copied.last_modified) == ('"1"', "Fri, 20 Sep 2024 08:00:00 GMT")
    assert (copied.language, copied.charset, copied.suffix) == ("en", "utf-8", ".html")


def test_a_page_that_is_the_same_is_asked_for_once_and_sent_once(bringer, source, site, page, folder):
    address = site.page("/x", page(), ETag='"1"')
    assert bringer.bring(source(address)).result == "new"
    before = read_state(folder).held
    site.page("/x", b"", 304)
    outcome = bringer.bring(source(address))
    assert outcome.result == "unchanged"
    assert site.headers()["If-None-Match"] == '"1"'
    assert read_state(folder).held == before


def test_a_page_of_a_server_that_knows_no_conditions_is_compared(bringer, source, site, page, held):
    address = site.page("/x", page())
    bringer.bring(source(address))
    assert bringer.bring(source(address)).result == "unchanged"
    assert held()[0] == page()


def test_a_page_of_other_bytes_and_the_same_text_is_the_same(bringer, source, site, page, folder, held):
    address = site.page("/x", page(), ETag='"1"')
    bringer.bring(source(address))
    site.page("/x", page(head="<meta name='token' content='7f3a'>"), ETag='"2"')
    assert bringer.bring(source(address)).result == "unchanged"
    assert held()[0] == page()
    assert read_state(folder).held.etag == '"2"'
    assert len(list(folder.iterdir())) == 3


def test_a_page_with_another_text_replaces_the_copy_and_says_what_changed(bringer, source, site, page, folder, held):
    paragraphs = [f"Paragraph {number} tells of the piers of Norby and of what was seen there." for number in range(20)]
    address = site.page("/x", page(paragraphs))
    bringer.bring(source(address))
    before = read_state(folder).held
    site.page("/x", page([*paragraphs[1:], "The newest pier was opened by the keepers.", "It is the longest of all."]))
    outcome = bringer.bring(source(address))
    assert outcome.result == "changed"
    assert "2 paragraphs new, 1 gone" in outcome.detail
    assert "The newest pier" in held()[1]
    assert read_state(folder).before == before
    assert is_whole(folder, before), "an ingest may be reading it"


def test_only_the_copy_and_the_one_before_stay(bringer, source, site, page, folder):
    for number in range(4):
        address = site.page("/x", page(title=f"The piers of Norby {number}"))
        bringer.bring(source(address))
    assert len(list(folder.glob("*.html"))) == len(list(folder.glob("*.read.txt"))) == 2


def test_a_pdf_is_kept_and_read(bringer, source, site, folder, held):
    body = pdf([f"Line {number} tells of the piers and lamps of Norby." for number in range(12)])
    outcome = bringer.bring(source(site.page("/x.pdf", body, Content_Type="application/pdf")))
    assert outcome.result == "new"
    assert outcome.detail.startswith("PDF, ")
    assert held()[0] == body
    assert "Line 7 tells of the piers" in held()[1]


def test_the_encoding_that_the_server_names_is_believed(bringer, source, site, page, held):
    paragraphs = [
        f"В году {1990 + n} гавань получила новый причал, и хранители маяка рассказали о нём." for n in range(9)
    ]
    body = page(paragraphs).decode().encode("koi8-r")
    outcome = bringer.bring(source(site.page("/x", body, Content_Type="text/html; charset=koi8-r"), path="other.md"))
    assert outcome.result == "new"
    assert "гавань получила новый причал" in held()[1]


GERMAN = [
    f"Im Jahr {number} bekam der Hafen einen neuen Steg, und die Wärter sahen die Boote, die in der Nacht kamen."
    for number in range(1990, 2008)
]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (lambda page: page(["The harbour of Norby was given a new pier, and the keepers saw it."] * 3), "shrunk"),
        (lambda page: page(GERMAN), "language is 'de'"),
        (lambda page: page(["The page that you want is not here, so look for it."] * 2, title="404"), "error page"),
        (lambda page: b"<html><body><script>render()</script></body></html>", "holds no text"),
        (lambda page: pdf([f"Line {n} tells of the piers and of the boats." for n in range(40)]), "was a .html before"),
        (lambda page: b"%PDF-1.7\nbroken", "truncated"),
    ],
    ids=["shrunk", "german", "error", "script", "pdf", "broken"],
)
def test_a_page_that_is_doubted_does_not_replace_a_good_copy(bringer, source, site, page, folder, held, body, reason):
    address = site.page("/x", page(), ETag='"1"')
    bringer.bring(source(address))
    good = held()
    site.page("/x", body(page))
    outcome = bringer.bring(source(address))
    assert (outcome.result, outcome.fine) == ("kept aside", False)
    assert reason in outcome.detail
    assert "The copy that is held stays." in outcome.detail
    assert held() == good
    aside = read_state(folder).aside
    assert (folder / aside.copied.file).read_bytes() == body(page)
    assert str(folder / aside.copied.file) in outcome.next_step


def test_a_redirect_to_the_front_page_does_not_replace_a_good_copy(bringer, source, site, page, held):
    address = site.page("/x", page())
    bringer.bring(source(address))
    good = held()
    site.redirect("/x", "/")
    site.page("/", page(title="Welcome to Norby"))
    assert "front page" in bringer.bring(source(address)).detail
    assert held() == good


def test_a_first_page_in_another_language_than_our_digest_is_doubted(bringer, source, site, page, folder):
    address = site.page("/x", page(GERMAN))
    outcome = bringer.bring(source(address))
    assert outcome.result == "kept aside"
    assert "No copy is held." in outcome.detail
    assert read_state(folder).held is None
    assert bringer.bring(source(address, id="cited", path="posts/piers.md")).result == "new", "no digest of it"


def test_a_good_page_again_clears_what_was_kept_aside(bringer, source, site, page, folder):
    address = site.page("/x", page())
    bringer.bring(source(address))
    site.page("/x", page(["Not here."], title="404"))
    assert bringer.bring(source(address)).result == "kept aside"
    assert bringer.bring(source(address)).result == "kept aside"
    site.page("/x", page())
    assert bringer.bring(source(address)).result == "unchanged"
    assert read_state(folder).aside is None
    assert len(list(folder.iterdir())) == 3


def test_what_was_kept_aside_can_be_accepted(bringer, source, site, page, folder, held):
    address = site.page("/x", page())
    bringer.bring(source(address))
    before = read_state(folder).held
    short = page(["The harbour of Norby was given a new pier, and the keepers saw it."] * 3)
    site.page("/x", short)
    outcome = bringer.bring(source(address))
    assert outcome.next_step.endswith("rdhy-qa fetch --force piers")
    asked = len(site.asked)
    assert bringer.accept(source(address)).result == "accepted"
    assert len(site.asked) == asked
    assert held()[0] == short
    assert read_state(folder).before == before
    assert bringer.bring(source(address)).result == "unchanged"


def test_what_can_not_be_read_can_not_be_accepted(bringer, source, site, folder):
    address = site.page("/x", b"%PDF-1.7\nbroken", Content_Type="application/pdf")
    assert bringer.bring(source(address)).result == "kept aside"
    assert bringer.accept(source(address)).detail.startswith("It can't be accepted: It is truncated")
    assert read_state(folder).held is None


def test_where_nothing_was_kept_aside_nothing_is_accepted(bringer, source, site, page):
    address = site.page("/x", page())
    assert bringer.accept(source(address)).detail == "Nothing is kept aside for it."
    bringer.bring(source(address))
    assert bringer.accept(source(address)).result == "failed"


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_page_that_fails_leaves_the_copy_alone(bringer, source, site, page, folder, held, status: int):
    address = site.page("/x", page())
    bringer.bring(source(address))
    good, state = held(), read_state(folder)
    site.page("/x", page(), status)
    outcome = bringer.bring(source(address))
    assert outcome.result == "failed"
    assert f"HTTP {status}" in outcome.detail
    assert (held(), read_state(folder)) == (good, state)


def test_what_is_no_document_fails(bringer, source, site, folder):
    outcome = bringer.bring(source(site.page("/x", b"\x89PNG", Content_Type="image/png")))
    assert (outcome.result, outcome.detail) == ("failed", "It is image/png, no document.")
    assert not folder.exists()


def test_a_web_page_that_hides_its_size_behind_another_type_fails(corpus, originals, make_fetcher, source, site, page):
    bringer = bringing.Bringer(corpus, originals, make_fetcher(page=1_000))
    outcome = bringer.bring(source(site.page("/x", page(), Content_Type="application/octet-stream")))
    assert (outcome.result, outcome.detail) == ("failed", "It is larger than a web page may be.")


def test_what_the_rules_forbid_is_refused(bringer, source, site, page):
    site.page("/robots.txt", b"User-agent: *\nDisallow: /x\n")
    outcome = bringer.bring(source(site.page("/x", page())))
    assert (outcome.result, outcome.fine) == ("refused", False)
    assert "fetch = false" in outcome.next_step


def test_a_page_at_another_address_is_a_new_page(bringer, source, site, page, folder):
    bringer.bring(source(site.page("/x", page(), ETag='"1"')))
    before = read_state(folder).held
    outcome = bringer.bring(
        source(site.page("/y", page(["It is short but right, and it tells of the piers of Norby."])))
    )
    assert outcome.result == "new"
    assert "If-None-Match" not in site.headers()
    assert read_state(folder).before == before


def test_a_damaged_copy_is_fetched_again(bringer, source, site, page, folder, held):
    address = site.page("/x", page(), ETag='"1"')
    bringer.bring(source(address))
    (folder / read_state(folder).held.file).write_bytes(b"rotten")
    bringer.bring(source(address))
    assert "If-None-Match" not in site.headers()
    assert held()[0] == page()


def test_a_damaged_copy_is_not_replaced_by_a_doubted_page(bringer, source, site, page, folder):
    address = site.page("/x", page())
    bringer.bring(source(address))
    (folder / read_state(folder).held.file).write_bytes(b"rotten")
    site.page("/x", page(["The harbour of Norby was given a new pier, and the keepers saw it."] * 3))
    assert "shrunk" in bringer.bring(source(address)).detail


def test_a_damaged_state_fails_and_is_left_alone(bringer, source, site, page, folder):
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{")
    outcome = bringer.bring(source(site.page("/x", page())))
    assert outcome.result == "failed"
    assert "Move it away" in outcome.next_step
    assert (folder / "state.json").read_text() == "{"
    assert bringer.accept(source(f"{site.url}/x")).result == "failed"


def test_a_page_that_breaks_its_reader_does_not_end_the_run(bringer, source, site, page, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("deep")

    monkeypatch.setattr(bringing, "read_substitute", fail)
    outcome = bringer.bring(source(site.page("/x", page())))
    assert outcome.result == "kept aside"
    assert "Its reader breaks on it (RecursionError)." in outcome.detail


def test_a_full_disk_fails_and_keeps_the_copy(bringer, source, site, page, held, monkeypatch):
    address = site.page("/x", page())
    bringer.bring(source(address))
    good = held()
    site.page("/x", page(title="The piers of Norby and others"))
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        outcome = bringer.bring(source(address))
    assert (outcome.result, "No space left on device" in outcome.detail) == ("failed", True)
    assert held() == good
    assert bringer.bring(source(address)).result == "changed"


def test_a_header_that_can_not_be_sent_back_is_not_kept(bringer, source, site, page, folder):
    bringer.bring(source(site.page("/x", page(), ETag="\xe9")))
    assert read_state(folder).held.etag is None
    assert bringer.bring(source(f"{site.url}/x")).result == "unchanged"


CHILD = """
import sys
from pathlib import Path
from rdhy_qa.sources.asking import Limits
from rdhy_qa.sources.bringing import Bringer
from rdhy_qa.sources.catalogue import Source
from rdhy_qa.sources.fetching import Fetcher
import rdhy_qa.documents.html

corpus, originals, address = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
bringer = Bringer(corpus, originals, Fetcher(Limits(pause=0.0), allowed=["127.0.0.1"]))
source = Source(id="piers", title="x", address=address, digest=True, path="posts/piers.md")
print("ready", flush=True)
while True:
    print(bringer.bring(source).result, flush=True)
"""


class Killed(BaseException):
    """What no code catches."""


def test_killed_before_any_write_a_whole_copy_is_held(bringer, source, site, page, folder, monkeypatch):
    """Every step that changes the disk is the last one once, for a page that replaces another one."""
    address = site.page("/x", page(title="Version 0"))
    bringer.bring(source(address))
    steps = kills = 0

    def until(last: int, real):
        def step(*arguments):
            nonlocal steps
            steps += 1
            if steps > last:
                raise Killed
            return real(*arguments)

        return step

    while True:
        site.page("/x", page(title=f"Version {kills + 1}"))
        with monkeypatch.context() as patch:
            steps = 0
            for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "unlink")):
                patch.setattr(owner, name, until(kills, getattr(owner, name)))
            try:
                result = bringer.bring(source(address)).result
            except Killed:
                result = "killed"
        copied = read_state(folder).held
        assert is_whole(folder, copied)
        assert (folder / copied.text_file).read_text(encoding="utf-8").startswith("Version ")
        if result != "killed":
            break
        kills += 1
    assert result == "changed"
    assert kills > 12
    assert len(list(folder.iterdir())) == 5


def test_killed_at_any_moment_a_whole_copy_is_held(corpus, originals, folder, bringer, source, site, page):
    """Each answer differs from the one before, so that something is always being written."""
    count = 0

    def answer(handler) -> None:
        nonlocal count
        count += 1
        site.page("/", page(title=f"The piers of Norby, version {count}"))
        site.answers["/"](handler)

    site.answers["/x"] = answer
    assert bringer.bring(source(f"{site.url}/x")).result == "new"
    for _ in range(4):
        command = [sys.executable, "-c", CHILD, str(corpus), str(originals), f"{site.url}/x"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as child:
            assert child.stdout.readline() == b"ready\n"
            assert child.stdout.readline() == b"changed\n"
            time.sleep(random.uniform(0, 0.3))
            child.send_signal(signal.SIGKILL)
        copied = read_state(folder).held
        assert is_whole(folder, copied)
        assert "version" in (folder / copied.text_file).read_text(encoding="utf-8")
    assert bringer.bring(source(f"{site.url}/x")).result == "changed"
    assert len(list(folder.iterdir())) == 5
    assert json.loads((folder / "state.json").read_text())["version"] == 1
