"""Answers and passages as people read them."""

import re
from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from rdhy_qa.cli.output import clean, place, shorten
from rdhy_qa.contracts import Answer, Citation, Passage, Related, SearchReply

_MARK = re.compile(r"\[\d+\]")
_SHOWN = 300
_NARROWEST = 20
_TELLING_WORDS = 4


def show_answer(console: Console, answer: Answer) -> None:
    """Show an answer with its proofs, or the reason why there is none."""
    if answer.answered:
        _show_statement(console, answer)
        _show_citations(console, answer.citations)
    else:
        _show_abstention(console, answer)
    facts = [f"confidence {answer.confidence:.2f}", *_footer(answer.timings_ms, answer.generation)]
    console.print(Text(" · ".join(facts), style="dim"))


def show_passages(console: Console, reply: SearchReply) -> None:
    """Show what a search found."""
    if not reply.results:
        console.print(Text("Nothing found.", style="bold yellow"))
    for passage in reply.results:
        _show_passage(console, passage)
    facts = [f"{len(reply.results)} found", *_footer(reply.timings_ms, reply.generation)]
    console.print(Text(" · ".join(facts), style="dim"))


def _show_statement(console: Console, answer: Answer) -> None:
    if answer.short_answer:
        paragraph(console, Text(clean(answer.short_answer), style="bold green"))
    text = _before_the_list(answer)
    if text:
        paragraph(console, _with_marks(text))
    if answer.items:
        _show_items(console, answer)
    console.print()


def _before_the_list(answer: Answer) -> str:
    """Choose the part of the answer that its list does not show again."""
    text = clean(answer.answer)
    if not answer.items:
        return text
    first, last = clean(answer.items[0].text), clean(answer.items[-1].text)
    start, end = text.find(first), text.rfind(last)
    after = _MARK.sub("", text[end + len(last) :]) if end >= 0 else ""
    if start < 0 or end < 0 or after.strip(" .;,"):
        return text
    before = text[:start].strip()
    return before if len(before.split()) >= _TELLING_WORDS else ""


def _show_items(console: Console, answer: Answer) -> None:
    for item in answer.items:
        marks = "".join(f" [{n}]" for n in item.citations)
        paragraph(console, _with_marks(clean(item.text) + marks), mark="•", indent=2)
    if answer.complete:
        count = f"{answer.complete.found} of {answer.complete.expected}"
        whole = answer.complete.found == answer.complete.expected
        console.print(
            Text(f"  {count}" + (": the list is complete." if whole else ": items are missing."), style="dim")
        )


def _show_citations(console: Console, citations: Sequence[Citation]) -> None:
    for (heading, url), group in groupby(citations, key=lambda one: (_heading(one), one.url)):
        paragraph(console, Text(heading, style="cyan"))
        for citation in group:
            note = "editor's note, " if citation.note else ""
            where = f" ({note}{citation.start}-{citation.end})"
            paragraph(console, Text.assemble("“", _quote(citation), "”", where), mark=f"[{citation.n}]", indent=2)
        if url:
            # Not wrapped by us: the terminal then still knows it as one link.
            console.print(Text(f"  {clean(url)}", style="dim"), soft_wrap=True)
        console.print()


def _quote(citation: Citation) -> Text:
    """The quotation, with the short answer in it in bold."""
    shown = Text(clean(citation.quote))
    if citation.answer_span is not None:
        # Cleaning shortens the text; the letter keeps white space at the end of what stands before.
        start, end = (len(clean(citation.quote[: at - citation.start] + "x")) - 1 for at in citation.answer_span)
        shown.stylize("bold", start, end)
    return shown


def _heading(citation: Citation) -> str:
    page = f"page {citation.page}" if citation.page is not None else None
    return " · ".join(part for part in (place(citation.title, citation.section), page, citation.published) if part)


def _show_abstention(console: Console, answer: Answer) -> None:
    console.print(Text("No answer", style="bold yellow"))
    paragraph(console, Text(clean(answer.answer)))
    if answer.reason:
        console.print(Text(f"Reason: {answer.reason.replace('_', ' ')}", style="yellow"))
    console.print()
    if answer.related:
        console.print(Text("Related, but not an answer:"))
        for related in answer.related:
            _show_related(console, related)
        console.print()


def _show_related(console: Console, related: Related) -> None:
    shown = Text.assemble((place(related.title, related.section), "cyan"), "\n", shorten(clean(related.text), _SHOWN))
    paragraph(console, shown, mark="•", indent=2)


def _show_passage(console: Console, passage: Passage) -> None:
    page = f" · page {passage.page}" if passage.page is not None else ""
    shown = Text(place(passage.title, passage.section) + page, style="cyan")
    paragraph(console, shown, mark=f"{passage.rank}.")
    where = f"{passage.document_id} {passage.start}-{passage.end}"
    body = Text(shorten(clean(passage.text), _SHOWN))
    body.append(f"\nscore {passage.score:.3f} · {where}", style="dim")
    paragraph(console, body, indent=3)
    console.print()


def _footer(timings: dict[str, float], generation: str) -> list[str]:
    took = [f"{timings['total']:.0f} ms"] if "total" in timings else []
    return [*took, f"generation {generation}"]


def _with_marks(text: str) -> Text:
    shown = Text(text)
    shown.highlight_regex(_MARK, "cyan")
    return shown


def paragraph(console: Console, text: Text, mark: str = "", indent: int = 0) -> None:
    """Print wrapped text; all its lines but the first stand to the right of the mark."""
    first = " " * indent + (f"{mark} " if mark else "")
    lines = text.wrap(console, max(console.width - len(first), _NARROWEST))
    for number, line in enumerate(lines):
        line.rstrip()
        console.print(Text(" " * len(first) if number else first) + line, soft_wrap=True)
