"""Parts to a document: one canonical text, with blocks, sentences and records that point into it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rdhy_qa.documents.clean import count_words
from rdhy_qa.documents.document import Block, BlockKind, Document, Metadata, Sentence
from rdhy_qa.documents.limits import MAX_BLOCKS, MAX_FIELD, MAX_HEADING, MAX_SENTENCES, MAX_TITLE, beyond
from rdhy_qa.documents.parts import Parsed, Part
from rdhy_qa.documents.records import build_records
from rdhy_qa.documents.sentences import sentence_spans
from rdhy_qa.errors import DocumentError

_MAX_TITLE = 120
_NOT_WORD = re.compile(r"[\W_]+")


def assemble(parsed: Parsed, *, document_id: str, fallback_title: str) -> Document:
    """Place the parts in one text.

    Blocks are separated by a blank line; what marks a list item ("- ", "1. ") stands outside of its block.
    Declared metadata wins over ``document_id`` and over a title found in the text.

    Raises:
        DocumentError: when there is no text, or too much.

    """
    parts = [_sized(part) for part in parsed.parts if part.text]
    if not parts:
        raise DocumentError("It holds no text.", "Add text to it, or remove it from the folder.")
    if len(parts) > MAX_BLOCKS:
        raise beyond(f"{MAX_BLOCKS:,} paragraphs and items")
    declared = {name: value for name, value in parsed.metadata.items() if value is not None}
    title = _cut(str(declared.pop("title", "")) or _title_of(parts) or fallback_title)
    fields = {name: value for name, value in declared.items() if name == "url" or len(str(value)) <= MAX_FIELD}
    metadata = Metadata(**{"id": document_id, "title": title, **fields})  # type: ignore[arg-type]
    text, blocks = _place(parts, title)
    sentences = _sentences(text, blocks, metadata.language)
    if len(sentences) > MAX_SENTENCES:
        raise beyond(f"{MAX_SENTENCES:,} sentences")
    return Document(metadata, text, blocks, sentences, build_records(parts, blocks))


def _sized(part: Part) -> Part:
    """A paragraph where it claims to be a heading and is far too long for one."""
    is_long = part.kind is BlockKind.HEADING and len(part.text) > MAX_HEADING
    return replace(part, kind=BlockKind.PARAGRAPH, level=0) if is_long else part


def _cut(title: str) -> str:
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1].rstrip()}…"


def _title_of(parts: Sequence[Part]) -> str | None:
    top = next((part.text for part in parts if part.kind is BlockKind.HEADING and part.level == 1), None)
    if top:
        return top
    first = next((part for part in parts if part.kind is not BlockKind.CAPTION), parts[0])
    if first.kind is BlockKind.HEADING:
        return first.text
    is_line = first.kind is BlockKind.PARAGRAPH and len(first.text) <= _MAX_TITLE
    return first.text if is_line and not first.text.endswith((".", "!", "?", ":", ";", ",")) else None


def _place(parts: Sequence[Part], title: str) -> tuple[str, tuple[Block, ...]]:
    pieces: list[str] = []
    blocks: list[Block] = []
    sections = _Sections(title)
    at = 0
    for part in parts:
        prefix = "\n\n" if pieces else ""
        if part.kind is BlockKind.LIST_ITEM:
            prefix += f"{part.marker} "
        start = at + len(prefix)
        at = start + len(part.text)
        pieces += (prefix, part.text)
        section = sections.enter(part) if part.kind is BlockKind.HEADING else sections.path
        level = part.level if part.kind is BlockKind.HEADING else 0
        blocks.append(Block(part.kind, start, at, section, level, part.page, part.list_id))
    return "".join(pieces), tuple(blocks)


class _Sections:
    """The headings above the current place."""

    def __init__(self, title: str) -> None:
        self._title = _folded(title)
        self._open: list[tuple[int, str]] = []
        self._first = True
        self.path: tuple[str, ...] = ()

    def enter(self, heading: Part) -> tuple[str, ...]:
        """Section path from this heading on; the document's own title is not part of it."""
        first, self._first = self._first, False
        if _folded(heading.text) == self._title or (first and self._is_title(heading)):
            self._open, self.path = [], ()
            return self.path
        self._open = [(level, text) for level, text in self._open if level < heading.level]
        self._open.append((heading.level, heading.text))
        self.path = tuple(text for _, text in self._open)
        return self.path

    def _is_title(self, heading: Part) -> bool:
        # Sites append their name to the title of the page.
        return heading.level == 1 and count_words(heading.text) > 1 and self._title.startswith(_folded(heading.text))


def _folded(text: str) -> str:
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def _sentences(text: str, blocks: Sequence[Block], language: str) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(block.start + start, block.start + end, number)
        for number, block in enumerate(blocks)
        for start, end in sentence_spans(text[block.start : block.end], language)
    )
