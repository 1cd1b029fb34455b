"""``rdhy-qa fetch`` against a folder of files that a real server serves, and what ingest makes of it."""

import functools
import http.server
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

ENTRY = """
[[source]]
id = "{id}"
title = "On {id}"
address = "{address}"
digest = true
path = "posts/{id}.md"
"""
DIGEST = "---\nid: {id}\ntitle: The {id}\nkind: post\nlanguage: en\nform: digest\n---\n\nNorby has {id}, we say.\n"


def article(subject: str, paragraphs: int = 12) -> str:
    body = "".join(
        f"<p>In the year {1990 + number} the harbour of Norby was given new {subject}, and the keepers said so.</p>"
        for number in range(paragraphs)
    )
    return f"<html><head><title>{subject}</title></head><body><article>{body}</article></body></html>"


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A web site with two pages."""
    folder = tmp_path / "web"
    folder.mkdir()
    for subject in ("piers", "lamps"):
        (folder / f"{subject}.html").write_text(article(subject))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield SimpleNamespace(folder=folder, url=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def corpus(tmp_path: Path, web: SimpleNamespace) -> Path:
    """A corpus with a digest of each page, and one of a page that nobody knows the address of."""
    folder = tmp_path / "corpus"
    (folder / "posts").mkdir(parents=True)
    for subject in ("piers", "lamps", "boats"):
        (folder / "posts" / f"{subject}.md").write_text(DIGEST.format(id=subject))
    entries = [ENTRY.format(id=subject, address=f"{web.url}/{subject}.html") for subject in ("piers", "lamps")]
    (folder / "sources.toml").write_text("".join([*entries, ENTRY.format(id="boats", address="")]))
    return folder


@pytest.fixture
def fetch(command, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SimpleNamespace]:
    """Fetches from the site without pauses."""
    from rdhy_qa.sources import pace

    monkeypatch.setattr(pace.Pace, "wait", lambda *_: None)

    def call(*arguments: object, allowed: bool = True) -> SimpleNamespace:
        options = ["--allow-host", "127.0.0.1"] if allowed else []
        return command("fetch", "--corpus", corpus, "--into", tmp_path / "originals", *options, *arguments)

    return call


def results(out: str) -> dict[str, str]:
    return {source: result for result, source in re.findall(r"^(\w[a-z ]*?)  +(piers|lamps|boats) ", out, re.MULTILINE)}


def alter(path: Path, text: str) -> None:
    """Alter a page, an hour later than it was."""
    before = path.stat().st_mtime
    path.write_text(text)
    os.utime(path, (before + 3_600, before + 3_600))


def test_all_sources_with_an_address_are_fetched(fetch, tmp_path: Path):
    result = fetch()
    assert (result.code, result.err) == (0, "")
    assert results(result.out) == {"piers": "new", "lamps": "new"}
    assert result.out.endswith("2 sources: 2 new. 1 without an address, or not to be fetched.\n")
    assert len(list((tmp_path / "originals").glob("*/*.html"))) == 2


def test_a_second_run_says_what_changed(fetch, web: SimpleNamespace):
    fetch()
    alter(web.folder / "lamps.html", article("lamps", 13))
    result = fetch()
    assert result.code == 0
    assert results(result.out) == {"piers": "unchanged", "lamps": "changed"}
    assert re.search(r"lamps +1 paragraphs? new, 0 gone; web page, \d+ words, en", result.out)


def test_what_has_to_be_looked_at_is_told_with_the_next_step(fetch, web: SimpleNamespace):
    fetch()
    alter(web.folder / "lamps.html", article("lamps", 2))
    (web.folder / "piers.html").unlink()
    result = fetch()
    assert result.code == 1
    assert results(result.out) == {"piers": "failed", "lamps": "kept aside"}
    said = " ".join(result.out.split())
    assert "The server answers with HTTP 404: the page is not there. Look for the page, and correct its address" in said
    assert re.search(r"It has shrunk to \d+ words; the copy that is held has \d+\. The copy that is held stays\.", said)
    assert "rdhy-qa fetch --force lamps" in said
    assert all(len(line) <= 80 and line == line.rstrip() for line in result.out.splitlines())


def test_what_was_kept_aside_is_accepted_by_force_without_asking_for_it(fetch, web: SimpleNamespace):
    fetch()
    alter(web.folder / "lamps.html", article("lamps", 2))
    assert fetch("--source", "lamps").code == 1
    (web.folder / "lamps.html").unlink()
    result = fetch("--force", "lamps")
    assert (result.code, results(result.out)) == (0, {"lamps": "accepted"})
    assert fetch("--force", "lamps").code == 1


def test_one_source_is_fetched_alone(fetch):
    result = fetch("--source", "lamps")
    assert (result.code, results(result.out)) == (0, {"lamps": "new"})


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--source", "nowhere"], "sources.toml has no source 'nowhere'"),
        (["--source", "boats"], "boats has no address in sources.toml"),
        (["--source", "piers", "--force", "piers"], "either --source or --force"),
        (["--allow-host", "http://127.0.0.1"], "is no host"),
        (["--corpus", "/nowhere"], "can't be opened"),
    ],
)
def test_bad_input_is_told(fetch, options: list[str], reason: str):
    result = fetch(*options)
    assert (result.code, result.out) == (2, "")
    assert reason in result.err
    assert len(result.err.splitlines()) == 1


def test_a_private_host_is_fetched_from_only_where_it_is_named(fetch, corpus: Path):
    result = fetch(allowed=False)
    assert (result.code, results(result.out)) == (1, {"piers": "refused", "lamps": "refused"})
    assert "--allow-host 127.0.0.1" in " ".join(result.out.split())
    catalogue = corpus / "sources.toml"
    catalogue.write_text('allow_hosts = ["127.0.0.1"]\n' + catalogue.read_text())
    assert fetch(allowed=False).code == 0


def test_what_robots_txt_forbids_is_left_out_once_the_catalogue_says_so(fetch, corpus: Path, web: SimpleNamespace):
    (web.folder / "robots.txt").write_text("User-agent: *\nDisallow: /lamps\n")
    result = fetch()
    assert (result.code, results(result.out)) == (1, {"piers": "new", "lamps": "refused"})
    catalogue = corpus / "sources.toml"
    catalogue.write_text(catalogue.read_text().replace('id = "lamps"', 'id = "lamps"\nfetch = false'))
    assert (fetch().code, fetch("--source", "lamps").code) == (0, 2)


def test_a_second_fetch_at_the_same_time_is_told(fetch, tmp_path: Path):
    from rdhy_qa.sources.keeping import writing

    with writing(tmp_path / "originals"):
        result = fetch()
    assert result.code == 1
    assert result.err.startswith("error: Somebody else is fetching into")


def test_what_a_timer_does(fetch, command, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Fetch, then ingest: the original that is held is read in the place of its digest, and what is missing is told."""
    monkeypatch.setenv("RDHY_QA_ORIGINALS", str(tmp_path / "originals"))
    catalogue = corpus / "sources.toml"
    catalogue.write_text(catalogue.read_text().replace('.html"\n', '.html"\nprefer = "original"\n'))
    index = tmp_path / "index"
    for said in ("passages embedded", "Nothing had changed"):
        assert fetch("--source", "piers").code == 0
        result = command("ingest", corpus, "--index", index)
        assert (result.code, said in result.out) == (0, True), result.err
        assert "lamps: its original is preferred, but not held in" in result.err
        assert "rdhy-qa fetch --source lamps\n" in result.err
        assert "piers: " not in result.err

    def found(question: str) -> str:
        return command("search", question, "--index", index, "--limit", 1).out

    assert "the harbour of Norby was given new piers" in found("piers")
    assert "Norby has lamps, we say" in found("lamps")
