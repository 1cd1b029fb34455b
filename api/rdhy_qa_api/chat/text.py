"""An answer as the Markdown that chat clients show, and back.

The words of an answer come from documents: whatever in them Markdown would act upon is escaped, so that no image is
loaded and no link but ours has a text of its own. (Of an address that is written out a client may still make a link.)
The reply comes back as history with the next question; ``plain`` makes it what was answered.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from rdhy_qa.contracts import Answer, Citation, Related

_RULE = "\n\n---\n\n"
"""Between the answer and what stands below it; in the answer itself it would be escaped."""
_MARK_OR_SPECIAL = re.compile(
    r"\[\d+\]"  # a mark, or what looks like one
    r"|[\\\[\]<*_`~$]|&(?=#?\w+;)"  # escapes, links, HTML, emphasis, code, formulas, entities
    r"|(?m:^)[ \t]*(?:[-+=#>]|\d+[.)])"  # lists, headings, rules and quotations
)
_LINK = re.compile(r"\[\[(\d+)\]\]\([^()\s]*\)")
_ESCAPED = re.compile(r"\\([\\\[\]<*_`~$&+=#>.)-])")


def body(answer: Answer, base: str) -> str:
    """The answer's text, with each ``[n]`` a link to the cited words; ``base`` is the service's own address."""
    links = {f"[{one.n}]": f"[[{one.n}]]({base}{one.view_url})" for one in answer.citations}
    return _MARK_OR_SPECIAL.sub(lambda found: links.get(found[0]) or _escaped(found[0]), answer.answer)


def footer(answer: Answer, base: str) -> str:
    """What stands below the answer: how the question was understood, the sources, or what is related; may be empty."""
    parts = []
    if answer.interpreted_as is not None:
        parts.append(f"Understood as: {_line(answer.interpreted_as)}")
    if answer.citations:
        parts.append(_listed("Sources:", _sources(answer.citations, base)))
    if answer.related:
        parts.append(_listed("Related, but not an answer:", (_related(one, base) for one in answer.related)))
    return _RULE + "\n\n".join(parts) if parts else ""


def plain(reply: str) -> str:
    """What was answered, of a reply that a client sends back: no footer, ``[n]`` for the links, no escapes."""
    return _ESCAPED.sub(r"\1", _LINK.sub(r"[\1]", reply.split(_RULE, 1)[0]))


def _escaped(token: str) -> str:
    return rf"\[{token[1:-1]}\]" if len(token) > 1 and token[0] == "[" else rf"{token[:-1]}\{token[-1]}"


def _line(*parts: str) -> str:
    """Text from documents on one line, where nothing in it is Markdown."""
    shown = " › ".join(" ".join(part.split()) for part in parts)
    return _MARK_OR_SPECIAL.sub(lambda found: _escaped(found[0]), shown)


def _listed(heading: str, entries: Iterable[str]) -> str:
    return "\n".join([heading, "", *(f"- {entry}" for entry in entries)])


def _sources(citations: Iterable[Citation], base: str) -> Iterator[str]:
    """Each cited document once, with the original where that has an address."""
    first: dict[str, Citation] = {}
    for citation in citations:
        first.setdefault(citation.document_id, citation)
    for citation in first.values():
        page = f"[{_line(citation.title)}]({base}{citation.view_url.partition('#')[0]})"
        original = (citation.url or "").partition("#")[0]
        is_web = original.lower().startswith(("http://", "https://"))
        yield f"{page} ([original]({quote(original, safe=':/?&=%~+,;@')}))" if is_web else page


def _related(related: Related, base: str) -> str:
    return f"[{_line(related.title, *related.section)}]({base}{related.view_url})"
