"""Records: list items and table rows with their head and with what introduces their list."""

from collections.abc import Sequence

from rdhy_qa.documents.document import Block, BlockKind, Record, Span
from rdhy_qa.documents.heads import read_head
from rdhy_qa.documents.parts import Part

_ITEMS = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)


def build_records(parts: Sequence[Part], blocks: Sequence[Block]) -> tuple[Record, ...]:
    """One record for each list item and table row, in order of the text.

    ``parts[i]`` is what ``blocks[i]`` was placed from.
    """
    positions: dict[int, int] = {}
    lead_ins: dict[int, Span | None] = {}
    records = []
    for at, block in enumerate(blocks):
        if block.kind not in _ITEMS or block.list_id is None:
            continue
        if block.list_id not in lead_ins:
            lead_ins[block.list_id] = _lead_in(parts, blocks, at)
        position = positions.get(block.list_id, 0)
        positions[block.list_id] = position + 1
        head, qualifier = _head_spans(parts[at], block)
        records.append(
            Record(
                list_id=block.list_id,
                position=position,
                start=block.start,
                end=_end(blocks, at),
                block=at,
                head=head,
                qualifier=qualifier,
                lead_in=lead_ins[block.list_id],
                section=block.section,
            )
        )
    return tuple(records)


def _head_spans(part: Part, block: Block) -> tuple[Span | None, Span | None]:
    if block.kind is BlockKind.TABLE_ROW:
        return _span(part.head, block.start), None
    found = read_head(part.text, part.head)
    return _span(found.head, block.start), _span(found.qualifier, block.start)


def _span(offsets: tuple[int, int] | None, start: int) -> Span | None:
    return Span(start + offsets[0], start + offsets[1]) if offsets else None


def _end(blocks: Sequence[Block], at: int) -> int:
    """End of the quotations and paragraphs that belong to an item, or of the item itself."""
    end = blocks[at].end
    for position in range(at + 1, len(blocks)):
        block = blocks[position]
        if block.list_id != blocks[at].list_id or block.kind in _ITEMS:
            break
        end = block.end
    return end


def _lead_in(parts: Sequence[Part], blocks: Sequence[Block], first: int) -> Span | None:
    """Find what introduces the list: the paragraph, heading or outer item right before it.

    Captions and notes between them don't break the tie; a table's caption is its lead-in.
    """
    is_table = blocks[first].kind is BlockKind.TABLE_ROW
    for at in range(first - 1, -1, -1):
        block = blocks[at]
        if block.kind is BlockKind.NOTE or (block.kind is BlockKind.CAPTION and not is_table):
            continue
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.CAPTION):
            return Span(block.start, block.end)
        nested = block.kind is BlockKind.LIST_ITEM and parts[at].depth < parts[first].depth
        announced = block.kind in (BlockKind.QUOTATION, BlockKind.LIST_ITEM) and parts[at].text.endswith(":")
        return Span(block.start, block.end) if nested or announced else None
    return None
