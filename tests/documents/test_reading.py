import errno
import io
import os
import subprocess
import sys

import pytest
from reportlab.pdfgen.canvas import Canvas

from rdhy_qa.documents.document import Document
from rdhy_qa.documents.files import slug
from rdhy_qa.documents.reading import Skipped, fingerprints, read_file, read_paths
from rdhy_qa.errors import DocumentError, NotFoundError

LIMIT = 1_000_000


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "b" / "Second File.md").write_text("# Second\n\nText of two.\n")
    (tmp_path / "a_first.txt").write_text("Text of one.\n")
    (tmp_path / "page.html").write_text("<html><body><p>Text of three.</p></body></html>")
    (tmp_path / "README.md").write_text("about this folder")
    (tmp_path / "data.json").write_text("{}")
    (tmp_path / ".hidden" / "x.txt").write_text("no")
    (tmp_path / ".draft.md").write_text("no")
    canvas = Canvas(str(tmp_path / "sheet.pdf"))
    canvas.drawString(100, 700, "Text of four.")
    canvas.save()
    return tmp_path


def test_a_folder_is_read_in_sorted_order_with_ids_from_paths(corpus):
    documents = list(read_paths([corpus], max_bytes=LIMIT))
    assert [(d.id, d.metadata.title) for d in documents] == [
        ("a-first", "a first"),
        ("b-second-file", "Second"),
        ("page", "page"),
        ("sheet", "sheet"),
    ]


def test_reading_again_gives_the_same_documents(corpus):
    assert list(read_paths([corpus], max_bytes=LIMIT)) == list(read_paths([corpus], max_bytes=LIMIT))


def test_a_file_named_twice_is_read_once(corpus):
    found = list(read_paths([corpus, corpus / "page.html", corpus / "b"], max_bytes=LIMIT))
    assert len(found) == 4


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(NotFoundError, match="nowhere"):
        list(read_paths([tmp_path / "nowhere"], max_bytes=LIMIT))


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.md", b" \n\t\n", "empty"),
        ("binary.txt", bytes(range(256)) * 10, "binary"),
        ("large.txt", b"a" * 2_000, "more than"),
        ("broken.pdf", b"%PDF-1.7\n", "truncated"),
        ("keys.md", b"---\nid: a/b\n---\ntext\n", "'id'"),
        ("bare.md", b"---\nid: bare\n---\n", "no text"),
        ("scripted.html", b"<html><body><script>x()</script></body></html>", "no text"),
    ],
)
def test_what_can_not_be_read_is_skipped_with_one_line(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    (tmp_path / "zz.txt").write_text("It goes on.")
    skipped, document = read_paths([tmp_path], max_bytes=1_000 if "large" in name else LIMIT)
    assert isinstance(skipped, Skipped)
    assert isinstance(document, Document)
    assert skipped.path == tmp_path / name
    assert reason in skipped.reason
    assert "\n" not in skipped.reason


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)  # a hole: reading it would never end
    with pytest.raises(DocumentError, match="RDHY_QA_MAX_FILE_MB"):
        read_file(path, root=tmp_path, max_bytes=LIMIT)


def test_the_error_of_one_file_names_it(tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()
    with pytest.raises(DocumentError, match=r"empty\.txt: It is empty\."):
        read_file(path, root=tmp_path, max_bytes=LIMIT)


def test_an_unknown_suffix_is_refused_when_asked_for(tmp_path):
    path = tmp_path / "sheet.xlsx"
    path.write_text("x")
    with pytest.raises(DocumentError, match=r"\.xlsx"):
        read_file(path, root=tmp_path, max_bytes=LIMIT)


def test_a_declared_id_that_is_taken_skips_the_second_file(tmp_path):
    for name in ("one.md", "two.md"):
        (tmp_path / name).write_text("---\nid: same\n---\ntext\n")
    first, second = read_paths([tmp_path], max_bytes=LIMIT)
    assert first.id == "same"
    assert "'same'" in second.reason
    assert "one.md" in second.reason


def test_paths_that_differ_in_punctuation_only_are_both_kept(tmp_path):
    (tmp_path / "U.S..txt").write_text("one")
    (tmp_path / "u s.txt").write_text("two")
    ids = [document.id for document in read_paths([tmp_path], max_bytes=LIMIT)]
    assert ids[0] == "u-s"
    assert ids[1].startswith("u-s-")


def test_names_without_ascii_letters_give_ids_of_their_own(tmp_path):
    ids = {slug(tmp_path / name, tmp_path) for name in ("海尔.txt", "青岛.txt", "海尔-1.txt", "青岛-1.txt")}
    assert len(ids) == 4
    assert all(name.isascii() for name in ids)


def test_accents_fold_in_ids(tmp_path):
    assert slug(tmp_path / "Café Zürich.md", tmp_path) == "cafe-zurich"


def test_fingerprints_change_with_content_and_name_only(corpus):
    before = fingerprints([corpus], LIMIT)
    assert [name for name, _, _ in before.values()] == ["a_first.txt", "b/Second File.md", "page.html", "sheet.pdf"]
    os.utime(corpus / "page.html", (1, 1))
    (corpus / "data.json").write_text("[]")
    assert fingerprints([corpus], LIMIT) == before
    (corpus / "page.html").write_text("<html><body><p>Text of 3.</p></body></html>")
    assert fingerprints([corpus], LIMIT) != before


@pytest.fixture
def unreadable(monkeypatch):
    """Makes the system refuse to open a path: permissions would not stop an administrator."""
    real_open, real_scandir = io.open, os.scandir

    def refuse(real, path):
        def guarded(name, *rest, **more):
            if not isinstance(name, int) and os.fspath(name) == str(path):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(name, *rest, **more)

        return guarded

    def make(path):
        monkeypatch.setattr(io, "open", refuse(real_open, path))
        monkeypatch.setattr(os, "scandir", refuse(real_scandir, path))

    return make


def test_an_unreadable_file_is_skipped_with_its_reason(corpus, unreadable):
    unreadable(corpus / "page.html")
    assert ("page.html", 0, "unreadable: Permission denied") in fingerprints([corpus], LIMIT).values()
    found = list(read_paths([corpus], max_bytes=LIMIT))
    assert [skipped.path.name for skipped in found if isinstance(skipped, Skipped)] == ["page.html"]
    assert "Permission denied" in found[2].reason
    assert len(found) == 4


def test_an_unreadable_folder_is_skipped_with_its_reason(corpus, unreadable):
    unreadable(corpus / "b")
    assert ("b", 0) in [(name, size) for name, size, _ in fingerprints([corpus], LIMIT).values()]
    found = list(read_paths([corpus], max_bytes=LIMIT))
    assert [skipped.path for skipped in found if isinstance(skipped, Skipped)] == [corpus / "b"]
    assert "folder that can't be opened" in found[1].reason


def test_a_large_file_is_not_read_for_its_fingerprint(tmp_path):
    with (tmp_path / "large.txt").open("wb") as stream:
        stream.truncate(1 << 40)
    assert [*fingerprints([tmp_path], LIMIT).values()] == [("large.txt", 1 << 40, "")]


def test_importing_the_package_loads_no_reader():
    code = (
        "import sys, rdhy_qa, rdhy_qa.documents.reading; "
        "print([m for m in ('trafilatura', 'pypdf', 'markdown_it', 'lxml', 'ftfy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
