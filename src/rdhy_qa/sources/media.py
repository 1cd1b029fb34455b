"""What kind of file came: by its first bytes where they tell, else by what the server says, else by its address."""

import codecs
import re
from email.message import Message
from pathlib import PurePosixPath

import httpx

from rdhy_qa.errors import FetchError

PDF = ".pdf"
HTML = ".html"
_SUFFIXES = {
    "application/pdf": PDF,
    "application/x-pdf": PDF,
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/plain": ".txt",
}
_UNSAID = frozenset(("", "application/octet-stream", "binary/octet-stream", "text/plain"))
_BY_NAME = {".pdf": PDF, ".html": HTML, ".htm": HTML, ".md": ".md", ".markdown": ".md", ".txt": ".txt"}
_CHARSETS = re.compile(
    r"utf-(?:8|16)(?:-\w+)?|ascii|iso8859-\d+|latin_\d+|cp\d+|koi8-\w|gb\w+|hz|big5\w*|shift_jis\w*|euc_\w+|iso2022_\w+|tis-620"
)
_PAGE_STARTS = (b"<!doctype html", b"<html")


def declared(content_type: str) -> tuple[str, str | None]:
    """Type and charset of the header ``Content-Type``; no type where it says nothing, no charset that is unknown."""
    header = Message()
    header["Content-Type"] = content_type
    return (header.get_content_type() if content_type.strip() else ""), _known(header.get_content_charset())


def _known(charset: str | None) -> str | None:
    """A charset that pages are written in; Python has others, which are for other things."""
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    return name if _CHARSETS.fullmatch(name) else None


def suffix_of(content_type: str, address: str, body: bytes) -> str:
    """The suffix that a body is to be kept under.

    Raises:
        FetchError: when it is nothing that can be read as a document.

    """
    start = body[:1024].lstrip().lower()
    if start.startswith(b"%pdf-"):
        return PDF
    if start.startswith(_PAGE_STARTS):
        return HTML
    media = declared(content_type)[0]
    suffix = _SUFFIXES.get(media)
    if media in _UNSAID:
        suffix = _BY_NAME.get(PurePosixPath(httpx.URL(address).path).suffix.lower(), suffix)
    if suffix is None:
        raise FetchError(
            f"It is {media or 'of a type that the server does not name'}, no document.",
            "Name the address of a page, a PDF or a text.",
        )
    return suffix


def may_be_large(content_type: str) -> bool:
    """Tell whether a body of this type may be as large as a file of the corpus; web pages never need to be."""
    return _SUFFIXES.get(declared(content_type)[0]) != HTML
