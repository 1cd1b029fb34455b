import pytest

from rdhy_qa.errors import FetchError
from rdhy_qa.sources.media import declared, may_be_large, suffix_of

PAGE = b"\n<!DOCTYPE html><html></html>"


@pytest.mark.parametrize(
    ("content_type", "address", "body", "suffix"),
    [
        ("text/html; charset=utf-8", "https://example.org/post", b"<p>x", ".html"),
        ("application/xhtml+xml", "https://example.org/post", b"<?xml version='1.0'?>", ".html"),
        ("application/pdf", "https://example.org/post", b"%PDF-1.7", ".pdf"),
        ("text/markdown", "https://example.org/post", b"# x", ".md"),
        ("text/plain", "https://example.org/post", b"x", ".txt"),
        ("text/plain", "https://example.org/readme.md?raw=1", b"x", ".md"),
        ("application/octet-stream", "https://example.org/a/report.PDF", b"x", ".pdf"),
        ("", "https://example.org/a.html", b"x", ".html"),
        # What the bytes say wins over what the server says.
        ("text/html", "https://example.org/report", b"%PDF-1.7", ".pdf"),
        ("application/pdf", "https://example.org/report.pdf", PAGE, ".html"),
        ("image/png", "https://example.org/x.png", PAGE, ".html"),
    ],
)
def test_the_kind_of_file(content_type: str, address: str, body: bytes, suffix: str):
    assert suffix_of(content_type, address, body) == suffix


@pytest.mark.parametrize(
    "content_type", ["image/png", "application/zip", "application/json", "", "application/octet-stream"]
)
def test_what_is_no_document_is_told_by_its_type(content_type: str):
    with pytest.raises(FetchError, match=content_type if content_type != "" else "does not name"):
        suffix_of(content_type, "https://example.org/x", b"PK\x03\x04")


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("text/html; charset=UTF-8", "utf-8"),
        ('text/html; charset="windows-1251"', "cp1251"),
        ("text/html; charset=gb2312", "gb2312"),
        ("text/html", None),
        ("text/html; charset=nonsense", None),
        ("text/html; charset=rot13", None),
        ("text/html; charset=idna", None),
        ("text/html; charset=unicode_escape", None),
        ("text/html; charset=\x00", None),
    ],
)
def test_the_charset_is_one_that_pages_are_written_in(content_type: str, charset: str | None):
    assert declared(content_type) == ("text/html", charset)


def test_only_web_pages_are_held_to_their_smaller_limit():
    assert not may_be_large("text/html; charset=utf-8")
    assert may_be_large("application/pdf")
    assert may_be_large("")
