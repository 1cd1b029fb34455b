"""Files that are made to exhaust whoever reads them: each ends in one line or a sane document, and the others are read.

All of them are read in one process that gets a gigabyte and a half of memory and three minutes of computing.
"""

import gzip
import io
import json
import resource
import subprocess
import sys
import tarfile
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path

import pytest

from rdhy_qa.documents import limits, markdown, pdf
from rdhy_qa.documents.assemble import assemble
from rdhy_qa.documents.markdown import parse_markdown
from rdhy_qa.documents.pdf import parse_pdf
from rdhy_qa.documents.plain_text import parse_plain_text
from rdhy_qa.documents.reading import read_paths
from rdhy_qa.documents.sentences import sentence_spans
from rdhy_qa.errors import DocumentError

MIB = 2**20
MEMORY, SECONDS = 1_500 * MIB, 180
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


_READ = """
import json, sys
from pathlib import Path
from rdhy_qa.documents.reading import Skipped, read_paths
for read in read_paths([Path(sys.argv[1])], max_bytes=50 * 2**20):
    skipped = isinstance(read, Skipped)
    print(json.dumps([read.path.name, "skipped: " + read.reason] if skipped else [read.id, read.text[:200]]))
"""


def read_limited(folder: Path) -> dict[str, str]:
    """Read a folder in a process of its own that gets no more than some memory and some time of computing.

    Gives the reason for which each file was skipped, by its name, and how each document's text begins, by its id.
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    command = [sys.executable, "-c", _READ, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return dict(json.loads(line) for line in done.stdout.splitlines())


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (more, len(data), data)


def pdf_of(*objects: bytes) -> bytes:
    """A PDF file of these objects, the first of them its catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, trailer)


def page_of(content: bytes, *, pages: bytes = b"/Kids[3 0 R]/Count 1", box: bytes = b"[0 0 612 792]") -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>" % box
    return pdf_of(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages%s>>" % pages, page, content, FONT)


def text_page(text: bytes, more: bytes = b"") -> bytes:
    return page_of(stream(b"BT /F1 12 Tf 1 0 0 1 72 700 Tm %s(%s) Tj ET" % (more, text)))


def four_gibibytes() -> bytes:
    """Blanks, compressed to some megabytes: a mebibyte of them, and the same again and again."""
    packer = zlib.compressobj(9)
    first = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * 4_095


def archives() -> dict[str, bytes]:
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../inside.md", "Inside of the archive. " * 10_000)
    with tarfile.open(fileobj=tarred, mode="w:xz") as archive:
        archive.addfile(tarfile.TarInfo("../../inside.md"))
    packed = {"zip": zipped.getvalue(), "gzip": gzip.compress(b"Inside. " * 10_000), "tar": tarred.getvalue()}
    return {f"{kind}.{suffix}": data for kind, data in packed.items() for suffix in ("md", "html", "pdf", "txt")}


def laughs(line: str, last: str) -> str:
    """Front matter of ten lines, each of which has nine times the one before."""
    names = "abcdefghij"
    lines = [line.format(name=name, nine=",".join([f"*{before}"] * 9)) for before, name in pairwise(names)]
    return "\n".join(["---", "a: &a {x: 1}", *lines, last, "---", "Some text."])


def test_files_that_would_exhaust_a_machine(tmp_path):
    half = "\n".join(["# Good", "", "A good document."])
    made = {
        "deflated.pdf": (page_of(stream(four_gibibytes(), b"/Filter/FlateDecode")), "page 1 can't be read"),
        "deep.pdf": (page_of(stream(b"[" * 200_000)), "page 1 can't be read"),
        "deeper.pdf": (pdf_of(b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * 100_000 + b"]" * 100_000 + b">>"), "damaged"),
        "many.pdf": (text_page(b"Two billion pages.").replace(b"/Count 1", b"/Count 2000000000"), None),
        "loop.pdf": (page_of(b"", pages=b"/Kids[2 0 R 2 0 R]/Count 2"), "damaged"),
        "box.pdf": (page_of(stream(b"BT /F1 12 Tf (hi) Tj ET"), box=b"[/a (b)]"), "page 1 can't be read"),
        "filters.pdf": (page_of(stream(b"x", b"/Filter[" + b"/FlateDecode" * 100_000 + b"]")), "can't be read"),
        "far.pdf": (text_page(b"Far away.", b"1 0 0 1 %s 1 Tm " % (b"9" * 300)), "can't be read"),
        "deep.html": ("<html><body>" + "<div>" * 100_000 + "deep" + "</div>" * 100_000, "no text"),
        "tables.html": ("<body>" + "<table><tr><td>" * 20_000 + "deep", "no text"),
        "attributes.html": ("<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">Some text.</p>", None),
        "spans.html": ("<table>" + ("<tr>" + "<td rowspan=100 colspan=100>a b</td>" * 50) * 50, None),
        "row.html": ("<table><tr>" + "<td>a</td>" * 10_000 + "</table>", None),
        "entities.html": ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><body><p>Text &b; here.</p>', None),
        "short.html": ("<body>" + "<div class='author'>By A B</div>" * 11_000, None),
        "quotes.md": (">" * 10_000 + " deep", "no text"),
        "items.md": ("- " * 20_000 + "deep", "no text"),
        "brackets.md": ("![[" * 100_000, None),
        "emphasis.md": ("a**b" * 100_000, None),
        "footnotes.md": ("a[^" * 200_000, None),
        "list.md": (laughs("{name}: &{name} [{nine}]", "id: *j"), "'id' of its front matter is no text"),
        "merge.md": (laughs("{name}: &{name} {{<<: [{nine}]}}", "title: Merged"), None),
        "itself.md": ("---\ntitle: &a [*a]\n---\nSome text.", None),
        "code.md": ('---\na: !!python/object/apply:os.system ["exit 1"]\n---\nText.', "not valid YAML in line 2"),
        "keys.md": ("---\n" + "".join(f"k{n}: v\n" for n in range(100_000)) + "---\nText.", None),
        "line.txt": ("word " * (10 * MIB), "more than 8 MiB of text"),
        "items.txt": ("- a\n" * 101_000, "more than 100,000 paragraphs and items"),
        "quoted.txt": ("- a\n" + "“a b c d”\n" * 50_000 + "- b\n", None),
        "good.md": (half, None),
    } | {name: (data, "binary data" if "pdf" not in name else "not a PDF") for name, data in archives().items()}
    for name, (data, _) in made.items():
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    found = read_limited(tmp_path)
    for name, (_, reason) in made.items():
        said = found.get(name, "")
        if reason is None:
            assert said == "", f"{name}: {said}"
        else:
            assert said.startswith("skipped: "), name
            assert reason in said, f"{name}: {said}"
            assert "\n" not in said, name
    assert found["good"] == "Good\n\nA good document."
    assert len(found) == len(made)
    assert not any("root:" in text or "inside" in text.lower() for text in found.values())


def test_a_reader_that_runs_out_of_memory_says_so_and_the_next_file_is_read(tmp_path, monkeypatch):
    (tmp_path / "large.md").write_text("Much.")
    (tmp_path / "small.txt").write_text("Some text.")

    def exhausted(text):
        raise MemoryError

    monkeypatch.setattr(markdown, "parse_markdown", exhausted)
    large, small = read_paths([tmp_path], max_bytes=MIB)
    assert large.reason.startswith("It takes more memory than there is.")
    assert small.text == "Some text."


def test_a_page_that_is_drawn_for_ever_is_given_up(monkeypatch):
    data = text_page(b"Some text.")
    assert parse_pdf(data).parts[0].text == "Some text."
    monkeypatch.setattr(pdf, "_MOST_SECONDS", -1.0)
    with pytest.raises(DocumentError, match="too long to read"):
        parse_pdf(data)


def test_a_pdf_with_too_much_text_is_given_up(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_TEXT_BYTES", 5)
    with pytest.raises(DocumentError, match="too much text"):
        parse_pdf(text_page(b"Some text."))


def test_what_a_document_says_of_itself_can_not_be_multiplied():
    long = "Word " * 5_000
    parsed = parse_markdown(f'---\ntitle: "{long}"\nauthor: "{long}"\n---\n# {long}\n\nText.')
    document = assemble(parsed, document_id="a", fallback_title="a")
    assert len(document.metadata.title) <= limits.MAX_TITLE
    assert document.metadata.author is None
    assert all(not block.section for block in document.blocks)
    assert long.strip() in document.text


def test_no_sentence_is_longer_than_its_readers_bear():
    for text in ("a" * 100_000, "word " * 20_000, "(a. " * 25_000, "“a " * 30_000):
        spans = sentence_spans(text.strip())
        assert max(end - start for start, end in spans) <= 2_000
        kept = "".join(text[start:end] for start, end in spans)
        assert kept.replace(" ", "") == text.replace(" ", "")


def test_too_many_sentences_are_refused():
    with pytest.raises(DocumentError, match="more than 200,000 sentences"):
        assemble(parse_plain_text("One is. " * 250_000), document_id="a", fallback_title="a")
