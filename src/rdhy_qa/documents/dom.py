"""An element tree to parts; Markdown goes this way too, once rendered."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from rdhy_qa.documents.clean import clean, count_words
from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.dom_text import DROPPED, INLINE, Element, is_layout, is_reference, table_rows, text_of
from rdhy_qa.documents.layout import is_caption, is_note, marker_of, may_be_speaker
from rdhy_qa.documents.parts import Part
from rdhy_qa.documents.tables import row_part
from rdhy_qa.documents.typography import BULLETS, DASHES

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_STRONG = frozenset(("b", "strong"))
_CHECKBOX = re.compile(r"\[[ xX]\]\s+")
_START = re.compile(r"-?\d{1,9}")
_FILE_NAME = re.compile(r"\S+\.\w{3,4}$")


def parts_of(root: Element, *, skip: Callable[[Element], bool] | None = None, all_alt: bool = False) -> list[Part]:
    """Parts of an element in order of the document.

    ``skip`` tells which elements to pass over. The alternative text of an image is a caption where it says something;
    ``all_alt`` takes it always.
    """
    reader = _Reader(skip or (lambda _element: False), all_alt)
    reader.visit(root)
    reader.flush()
    return reader.parts


@dataclass(slots=True)
class _List:
    list_id: int
    ordered: bool
    number: int = 1
    fresh: bool = True
    """Whether the current item has no text yet."""


class _Reader:
    """Walks the tree; inline text gathers in a buffer that each block boundary turns into a part."""

    def __init__(self, skip: Callable[[Element], bool], all_alt: bool) -> None:
        self.parts: list[Part] = []
        self._skip = skip
        self._all_alt = all_alt
        self._buffer: list[str] = []
        self._head = ""
        self._heading = 0
        self._caption = False
        self._lists: list[_List] = []
        self._quotes = 0
        self._next_list = 0
        self._loose: int | None = None

    def visit(self, element: Element) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in DROPPED or is_reference(element) or self._skip(element):
            return
        if tag in INLINE:
            self._inline(element, tag)
            return
        handler = getattr(self, f"_on_{tag}", None)
        if tag in _HEADINGS:
            self._on_heading(element, _HEADINGS[tag])
        elif handler:
            handler(element)
        else:
            self.flush()
            self._children(element)
            self.flush()

    def _children(self, element: Element) -> None:
        self._buffer.append(element.text or "")
        for child in element:
            self.visit(child)
            self._buffer.append(child.tail or "")

    def _inline(self, element: Element, tag: str) -> None:
        opens = tag in _STRONG and not self._head and not clean("".join(self._buffer))
        self._children(element)
        if opens:
            self._head = clean("".join(self._buffer))

    def flush(self) -> None:
        """Turn the buffered text into a part."""
        lines = [line for line in map(clean, "".join(self._buffer).split("\0")) if line]
        head, self._head = self._head, ""
        self._buffer = []
        if any(line[0] in BULLETS and marker_of(line) for line in lines) and not self._lists:
            self._add_loose(lines)
        elif lines:
            self._loose = None
            self._add(" ".join(lines), head)

    def _add_loose(self, lines: list[str]) -> None:
        """Lines that a page marks as items with nothing but a bullet."""
        for line in lines:
            marker = marker_of(line) if line[0] in BULLETS else None
            if marker is None:
                self._loose = None
                self._add(line, "")
                continue
            if self._loose is None:
                self._loose = self._new_list()
            self.parts.append(Part(BlockKind.LIST_ITEM, line[marker.length :], list_id=self._loose))

    def _add(self, text: str, head: str) -> None:
        if self._heading:
            self.parts.append(Part(BlockKind.HEADING, text, level=self._heading))
        elif self._caption:
            self.parts.append(Part(BlockKind.CAPTION, text))
        elif self._lists:
            self._add_to_list(text, head, self._lists[-1])
        elif is_note(text):
            self.parts.append(Part(BlockKind.NOTE, text))
        else:
            kind = BlockKind.CAPTION if is_caption(text) else BlockKind.PARAGRAPH
            self.parts.append(Part(kind, text))

    def _add_to_list(self, text: str, head: str, current: _List) -> None:
        if not current.fresh:
            list_id = None if self._quotes else current.list_id
            self.parts.append(Part(BlockKind.PARAGRAPH, text, list_id=list_id))
            return
        current.fresh = False
        checkbox = _CHECKBOX.match(text)
        text = text[checkbox.end() :] if checkbox else text
        marker = f"{current.number}." if current.ordered else "-"
        span = (0, len(head)) if head and text.startswith(head) else None
        depth = len(self._lists) - 1
        self.parts.append(
            Part(BlockKind.LIST_ITEM, text, list_id=current.list_id, head=span, marker=marker, depth=depth)
        )

    def _new_list(self) -> int:
        self._next_list += 1
        return self._next_list - 1

    def _on_br(self, _element: Element) -> None:
        self._buffer.append("\0")

    def _on_hr(self, _element: Element) -> None:
        self.flush()

    def _on_heading(self, element: Element, level: int) -> None:
        self.flush()
        self._heading, before = level, self._heading
        self._children(element)
        self.flush()
        self._heading = before

    def _on_img(self, element: Element) -> None:
        alt = clean(element.get("alt") or "")
        if alt and (self._all_alt or (count_words(alt) > 1 and not _FILE_NAME.match(alt))):
            # An image inside a sentence must not cut it in two: its caption goes before the paragraph.
            self.parts.append(Part(BlockKind.CAPTION, alt))

    def _on_figure(self, element: Element) -> None:
        self.flush()
        captions = [caption for caption in element.iter("figcaption") if text_of(caption)]
        if captions and element.find(".//table") is None:
            self.parts.extend(Part(BlockKind.CAPTION, text_of(caption)) for caption in captions)
        else:
            self._children(element)
        self.flush()

    def _on_figcaption(self, element: Element) -> None:
        self.flush()
        self._caption = True
        self._children(element)
        self.flush()
        self._caption = False

    _on_caption = _on_figcaption

    def _on_ul(self, element: Element, *, ordered: bool = False) -> None:
        self.flush()
        start = element.get("start") or "1"
        number = int(start) if _START.fullmatch(start) else 1
        self._lists.append(_List(self._new_list(), ordered, number - 1))
        self._children(element)
        self.flush()
        self._lists.pop()

    def _on_ol(self, element: Element) -> None:
        self._on_ul(element, ordered=True)

    def _on_li(self, element: Element) -> None:
        self.flush()
        alone = not self._lists
        if alone:
            self._lists.append(_List(self._new_list(), ordered=False))
        current = self._lists[-1]
        current.fresh = True
        current.number += 1
        self._children(element)
        self.flush()
        if alone:
            self._lists.pop()

    def _on_dl(self, element: Element) -> None:
        """Terms with their descriptions, as items "term: description"."""
        self.flush()
        list_id, term = self._new_list(), ""
        for child in element.iter("dt", "dd"):
            text = text_of(child)
            if child.tag == "dt":
                if term:
                    self._add_term(term, "", list_id)
                term = text
            elif text:
                self._add_term(term, text, list_id)
                term = ""
        if term:
            self._add_term(term, "", list_id)

    def _add_term(self, term: str, description: str, list_id: int) -> None:
        term = term.rstrip(" :")
        text = f"{term}: {description}" if term and description else term or description
        head = (0, len(term)) if term else None
        self.parts.append(Part(BlockKind.LIST_ITEM, text, list_id=list_id, head=head, depth=len(self._lists)))

    def _on_blockquote(self, element: Element) -> None:
        self.flush()
        outer = self._lists[-1] if self._lists else None
        owner = outer.list_id if outer and not outer.fresh else None
        start = len(self.parts)
        self._quotes += 1
        self._children(element)
        self.flush()
        self._quotes -= 1
        if not self._quotes:
            self.parts[start:] = quoted(self.parts[start:], owner)

    def _on_footer(self, element: Element) -> None:
        self.flush()
        if self._quotes and text_of(element)[:1] not in DASHES:
            self._buffer.append("— ")
        self._children(element)
        self.flush()

    def _on_table(self, element: Element) -> None:
        self.flush()
        if element.get("role") == "presentation" or is_layout(element):
            self._children(element)
            self.flush()
            return
        for caption in element.iter("caption"):
            self.parts.append(Part(BlockKind.CAPTION, text_of(caption)))
        header, rows = table_rows(element)
        list_id = self._new_list()
        self.parts.extend(part for cells in rows if (part := row_part(header, cells, list_id)))


def quoted(parts: list[Part], list_id: int | None) -> list[Part]:
    """Parts of a block quote: a note as a whole, or quotations, each with the speaker's line that follows it."""
    if parts and is_note(parts[0].text):
        return [Part(BlockKind.NOTE, part.text) for part in parts]
    found: list[Part] = []
    for part in parts:
        if part.kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW, BlockKind.CAPTION):
            found.append(part)
        elif found and found[-1].kind is BlockKind.QUOTATION and may_be_speaker(part.text):
            name = part.text.lstrip(DASHES + " ")
            found[-1] = Part(BlockKind.QUOTATION, f"{found[-1].text} — {name}", list_id=list_id)
        else:
            found.append(Part(BlockKind.QUOTATION, part.text, list_id=list_id))
    return found
