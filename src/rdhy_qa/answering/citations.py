"""Citations: numbered, each proven by slicing the stored text, never made up."""

import re
from urllib.parse import quote as percent_encode

from rdhy_qa.contracts import Citation
from rdhy_qa.documents.document import BlockKind, Document, Span

_FRAGMENT_WORDS = 8
_MARK = re.compile(r"\s?\[\d{1,9}(?:\s?[,;\u2013-]\s?\d{1,9}){0,20}\]")


class Citations:
    """Collects the citations of one answer, in the order of their first use."""

    def __init__(self) -> None:
        self._found: list[Citation] = []

    def cite(self, document: Document, start: int, end: int, answer: Span | None = None) -> int:
        """The number of the citation of ``document.text[start:end]``; the same range keeps its number.

        ``answer`` is the short answer, which is marked where it stands in the quote.

        Raises:
            ValueError: for a range that is empty or lies outside the text.
        """
        if not 0 <= start < end <= len(document.text):
            raise ValueError(f"characters {start} to {end} are not in {document.id}")
        for known in self._found:
            if (known.document_id, known.start, known.end) == (document.id, start, end):
                return known.n
        block = next((b for b in document.blocks if b.start <= start < b.end), None)
        quote = document.text[start:end]
        metadata = document.metadata
        self._found.append(
            Citation(
                n=len(self._found) + 1,
                document_id=document.id,
                title=metadata.title,
                section=block.section if block else (),
                url=original_url(document, quote, block.page if block else None),
                view_url=view_url(document.id, start, end),
                page=block.page if block else None,
                published=metadata.published,
                start=start,
                end=end,
                quote=quote,
                note=block is not None and block.kind is BlockKind.NOTE,
                answer_span=(answer.start, answer.end)
                if answer and start <= answer.start < answer.end <= end
                else None,
            )
        )
        return len(self._found)

    def __getitem__(self, n: int) -> Citation:
        return self._found[n - 1]

    def all(self) -> tuple[Citation, ...]:
        """The citations so far, by number."""
        return tuple(self._found)


def without_marks(text: str) -> str:
    """A document's words on one line, without marks like [1]: in an answer they would pass for our own."""
    while (kept := _MARK.sub("", text)) != text:  # what is left may make up another one
        text = kept
    return " ".join(text.split())


def view_url(document_id: str, start: int, end: int) -> str:
    """Our page of a document with a range lit."""
    return f"/documents/{percent_encode(document_id, safe='')}#c{start}-{end}"


def original_url(document: Document, quote: str, page: int | None) -> str | None:
    """Address of the original, pointing at the quote where the original holds those very words.

    Text fragments: https://wicg.github.io/scroll-to-text-fragment/
    """
    url = document.metadata.url
    if url is None or not document.metadata.original:
        return url
    if page is not None:
        return f"{url}#page={page}"
    words = re.findall(r"\S+", quote)
    if len(words) <= 2 * _FRAGMENT_WORDS:
        fragment = _encode(" ".join(words))
    else:
        fragment = f"{_encode(' '.join(words[:_FRAGMENT_WORDS]))},{_encode(' '.join(words[-_FRAGMENT_WORDS:]))}"
    return f"{url}#:~:text={fragment}"


def _encode(text: str) -> str:
    """A dash, comma or ampersand has a meaning in a text fragment, so all of them are escaped."""
    return percent_encode(text, safe="").replace("-", "%2D")
