"""The service's own page: the chat, and what the documents are that it answers from."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote

from rdhy_qa.documents.document import Metadata

_HEADINGS = {"post": "Posts", "case-study": "Case studies", "background": "Background"}


def render(documents: Sequence[Metadata], problem: str | None = None) -> str:
    """Make the page; ``problem`` says why nothing can be answered now."""
    notice = f'<p class="notice" role="status">{escape(problem)}</p>\n' if problem else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>Ask the documents</title>\n"
        '<meta name="description" content="Questions answered from documents, with a citation for each statement.">\n'
        '<link rel="stylesheet" href="/static/document.css">\n'
        '<link rel="stylesheet" href="/static/home.css">\n'
        '<script type="module" src="/widget/rdhy-chat.js"></script>\n'
        "</head>\n<body>\n<main>\n"
        "<header>\n<h1>Ask the documents</h1>\n"
        "<p>Each statement of an answer is proven by the sentence that it comes from. What the documents do not say is "
        "not answered.</p>\n</header>\n"
        f'{notice}<rdhy-chat endpoint="/" mode="inline" lang="en"></rdhy-chat>\n'
        "<noscript><p>The chat needs JavaScript. The documents can be read without it.</p></noscript>\n"
        f'<section aria-labelledby="documents">\n<h2 id="documents">The documents</h2>\n{_list(documents)}</section>\n'
        '<footer>\n<p>For programs: <a href="/openapi.json">the description of the HTTP service</a>.</p>\n</footer>\n'
        "</main>\n</body>\n</html>\n"
    )


def _list(documents: Iterable[Metadata]) -> str:
    order = [*_HEADINGS]
    by_kind = sorted(documents, key=lambda one: (order.index(one.kind) if one.kind in order else len(order), one.kind))
    parts = []
    for kind, group in groupby(by_kind, key=lambda one: one.kind):
        items = "".join(_item(one) for one in sorted(group, key=lambda one: (one.series or 0, one.title)))
        heading = _HEADINGS.get(kind) or kind.replace("-", " ").capitalize()
        parts.append(f"<h3>{escape(heading)}</h3>\n<ul>\n{items}</ul>\n")
    return "".join(parts)


def _item(document: Metadata) -> str:
    title = escape(document.title)
    if not document.available:
        return f'<li>{title} <span class="facts">(no text held)</span></li>\n'
    facts = " · ".join(escape(fact) for fact in (document.author, document.published) if fact)
    shown = f' <span class="facts">{facts}</span>' if facts else ""
    return f'<li><a href="/documents/{quote(document.id, safe="")}">{title}</a>{shown}</li>\n'
