"""A document as HTML: each sentence, block and list item has an id, so that a citation's link lands on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby

from rdhy_qa.documents.document import Block, BlockKind, Document, Metadata, Sentence

_TAGS = {
    BlockKind.PARAGRAPH: "p",
    BlockKind.QUOTATION: "blockquote",
    BlockKind.CAPTION: "figcaption",
    BlockKind.NOTE: "aside",
    BlockKind.LIST_ITEM: "div",
    BlockKind.TABLE_ROW: "div",
}
_NOTE = '<strong class="label">Editor&rsquo;s note</strong> '
_LISTED = frozenset({BlockKind.LIST_ITEM, BlockKind.TABLE_ROW})


def render(document: Document) -> str:
    """Make the page of a document."""
    metadata = document.metadata
    return (
        "<!doctype html>\n"
        f'<html lang="{escape(metadata.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(metadata.title)}</title>\n"
        '<link rel="stylesheet" href="/static/document.css">\n'
        '<script src="/static/document.js" defer></script>\n'
        f"</head>\n<body>\n<main>\n{_header(metadata)}\n<article>\n"
        + "".join(_Body(document).parts())
        + "</article>\n</main>\n</body>\n</html>\n"
    )


def _header(metadata: Metadata) -> str:
    facts = [escape(fact) for fact in (metadata.author, metadata.published) if fact]
    if metadata.url and metadata.url.lower().startswith(("http://", "https://")):
        facts.append(f'<a href="{escape(metadata.url)}" rel="noopener noreferrer">Read the original</a>')
    if not metadata.original:
        facts.append("A digest, not the original text")
    if not metadata.available:
        facts.append("No text of this document is held")
    rights = f'\n<p class="rights">{escape(metadata.rights)}</p>' if metadata.rights else ""
    return f'<header>\n<h1>{escape(metadata.title)}</h1>\n<p class="facts">{" · ".join(facts)}</p>{rights}\n</header>'


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block with its place in the document."""

    index: int
    block: Block


class _Body:
    """Renders the blocks of one document; every id is given once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._sentences: dict[int, list[Sentence]] = {}
        for sentence in document.sentences:
            self._sentences.setdefault(sentence.block, []).append(sentence)
        self._items = {record.block: record for record in document.records}
        self._given = {(sentence.start, sentence.end) for sentence in document.sentences}

    def parts(self) -> Iterator[str]:
        """HTML of the blocks, those of one list together."""
        placed = [_Placed(index, block) for index, block in enumerate(self._document.blocks)]
        for list_id, group in groupby(placed, key=lambda one: one.block.list_id):
            members = list(group)
            if list_id is None or members[0].block.kind not in _LISTED:
                yield from (self._block(member) for member in members)
            else:
                yield f"<ul>\n{''.join(self._list_items(members))}</ul>\n"

    def _list_items(self, members: list[_Placed]) -> Iterator[str]:
        item: list[_Placed] = []
        for member in members:
            if member.block.kind in _LISTED and item:
                yield self._list_item(item)
                item = []
            item.append(member)
        yield self._list_item(item)

    def _list_item(self, members: list[_Placed]) -> str:
        record = self._items.get(members[0].index)
        anchor = self._anchor(record.start, record.end) if record else ""
        return f"<li{anchor}>{''.join(self._block(member) for member in members)}</li>\n"

    def _block(self, placed: _Placed) -> str:
        block = placed.block
        tag = f"h{min(max(block.level, 2), 6)}" if block.kind is BlockKind.HEADING else _TAGS[block.kind]
        label = _NOTE if block.kind is BlockKind.NOTE and not self._says_note(block) else ""
        return f"<{tag}{self._anchor(block.start, block.end)}>{label}{self._text(placed)}</{tag}>\n"

    def _text(self, placed: _Placed) -> str:
        text, block = self._document.text, placed.block
        parts, position = [], block.start
        for sentence in sorted(self._sentences.get(placed.index, ()), key=lambda one: one.start):
            parts.append(escape(text[position : sentence.start]))
            quote = escape(text[sentence.start : sentence.end])
            parts.append(f'<span id="c{sentence.start}-{sentence.end}">{quote}</span>')
            position = sentence.end
        parts.append(escape(text[position : block.end]))
        return "".join(parts)

    def _says_note(self, block: Block) -> bool:
        return self._document.text[block.start : block.end].casefold().startswith(("editor", "note"))

    def _anchor(self, start: int, end: int) -> str:
        """Give a range an id, unless a smaller element has it already."""
        if (start, end) in self._given:
            return ""
        self._given.add((start, end))
        return f' id="c{start}-{end}"'
