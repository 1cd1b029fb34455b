"""What MCP tools return, as text that a language model reads well: each quotation fenced, and where it stands."""

from collections.abc import Iterator, Sequence

from rdhy_qa.contracts import Answer, Citation, Passage, Related, SearchReply
from rdhy_qa_api.mcp.schemas import DocumentPart


def answer_text(answer: Answer, base: str | None) -> str:
    """An answer with its proofs, or the reason why there is none; ``base`` is the service's address, if it has one."""
    return "\n\n".join(_answer_parts(answer, base))


def passages_text(reply: SearchReply, base: str | None) -> str:
    """The passages that a search found."""
    return "\n\n".join(_passage(one, base) for one in reply.results) or "Nothing found."


def part_text(part: DocumentPart, _: str | None) -> str:
    """A part of a document."""
    heading = f"{part.title} (document {part.id}), characters {part.start} to {part.end} of {part.characters}:"
    more = f"\n\nTo read on, set start to {part.end}." if part.end < part.characters else ""
    return f"{heading}\n\n{part.text}{more}"


def _answer_parts(answer: Answer, base: str | None) -> Iterator[str]:
    yield answer.answer
    if answer.interpreted_as is not None:
        yield f"The question was understood as: {answer.interpreted_as}"
    if answer.complete is not None:
        yield f"{answer.complete.found} of the {answer.complete.expected} items of the list are given."
    if answer.reason is not None:
        yield f"Not answered: {answer.reason.replace('_', ' ')}."
    if answer.citations:
        yield "Citations:\n" + "\n".join(_citation(one, base) for one in answer.citations)
    if answer.related:
        yield "Related, but not an answer:\n" + "\n".join(_related(one, base) for one in answer.related)


def _citation(citation: Citation, base: str | None) -> str:
    kind = "Editor's note: " if citation.note else ""
    return f"[{citation.n}] {kind}{_quoted(citation.quote)}\n    {_place(citation, base)}"


def _related(related: Related, base: str | None) -> str:
    return f"- {_quoted(related.text)}\n    {_place(related, base)}"


def _passage(passage: Passage, base: str | None) -> str:
    return f"{passage.rank}. {_quoted(passage.text)}\n    {_place(passage, base)}"


def _quoted(text: str) -> str:
    return f"“{_line(text)}”"


def _place(found: Citation | Related | Passage, base: str | None) -> str:
    where = f"document {found.document_id}, characters {found.start} to {found.end}"
    page, url = (None, None) if isinstance(found, Related) else (found.page, found.url)
    if page is not None:
        where += f", page {page}"
    link = f"{base}{found.view_url}" if base else url
    return f"{_headings(found.title, found.section)} ({where})" + (f"\n    {link}" if link else "")


def _headings(title: str, section: Sequence[str]) -> str:
    return " › ".join(map(_line, (title, *section)))


def _line(text: str) -> str:
    return " ".join(text.split())
