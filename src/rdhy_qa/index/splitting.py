"""Documents into passages: what is embedded and retrieved.

The embedder reads 254 tokens and ignores the rest, and one vector says less about each of its sentences the more of
them there are. So a section that fits is one passage, and a longer one is divided evenly into passages of about
``TARGET_TOKENS`` (107 to 200 in practice): a few sentences on one matter, with room left for the prefix. Even shares,
rather than filling up to the limit, leave no stub of one sentence at a section's end. On 163 questions about one post
as plain text, the sentence asked for is in the best three passages of a hybrid search for 80 % with a target of 60
tokens, 84 % with 100, and 85 % with 160 or more; 160 keeps passages shorter where that costs nothing.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rdhy_qa.documents.document import BlockKind, Document, Sentence
from rdhy_qa.index.pieces import CountTokens, LeadIn, Piece, lead_ins_of, pieces_of

TARGET_TOKENS = 160

# The prefix may take a third of what the embedder reads; the text must come first.
_PREFIX_SHARE = 3


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one document: whole blocks of one section, or sentences of a block that is too long."""

    document_id: str
    start: int
    end: int
    section: tuple[str, ...]
    page: int | None
    """Page on which it begins."""
    note: bool
    """True for an editor's note, which is never in one passage with what the document itself says."""
    lead_in: str | None
    """What introduces the list, where the passage continues one that began in an earlier passage."""
    embed_text: str
    """What the embedder reads: prefix and text, without headings (the prefix has them) and picture credits."""
    sentences: tuple[tuple[int, int], ...] = ()
    """Where each of its sentences stands in ``embed_text``, in order; an empty range for one that is not read."""


@dataclass(slots=True)
class _Unit:
    """Pieces that stay together where they fit: a list with its lead-in, a heading with what follows it."""

    pieces: list[Piece]
    lead_in: LeadIn | None = None
    """Introduces the list that the pieces belong to, where the lead-in is in an earlier unit."""

    @property
    def tokens(self) -> int:
        return sum(piece.tokens for piece in self.pieces)

    def holds(self, lead_in: LeadIn) -> bool:
        return any(piece.start <= lead_in.start < piece.end for piece in self.pieces)


def split(document: Document, count_tokens: CountTokens, max_tokens: int) -> list[Passage]:
    """Divide a document into passages, in reading order, that together hold each of its sentences exactly once.

    Args:
        document: What to divide.
        count_tokens: The embedder's token counts of many texts at once.
        max_tokens: Tokens that the embedder reads, the prefix included.

    """
    pieces = pieces_of(document, count_tokens, max_tokens - max_tokens // _PREFIX_SHARE)
    prefixes = _Prefixes(document, count_tokens, max_tokens // _PREFIX_SHARE)
    lead_ins = lead_ins_of(document, count_tokens, max_tokens // _PREFIX_SHARE)
    passages: list[Passage] = []
    for run in _runs(pieces):
        room = max_tokens - prefixes.tokens(run[-1].block.section)
        units = _units(run, lead_ins, room)
        passages.extend(_passage(document, packed, prefixes) for packed in _pack(units, room))
    return passages


def _runs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Stretches that no passage may cross: one section each, and each editor's note by itself."""
    run: list[Piece] = []
    key: tuple[object, ...] | None = None  # None until the run has more than headings
    for piece in pieces:
        block = piece.block
        if block.kind is BlockKind.HEADING:
            if key is not None:
                yield run
                run, key = [], None
        else:
            here = (block.section, block.start if block.kind is BlockKind.NOTE else None)
            if key not in (None, here):
                yield run
                run = []
            key = here
        run.append(piece)
    if run:
        yield run


def _units(run: Sequence[Piece], lead_ins: dict[int, LeadIn], room: int) -> list[_Unit]:
    units: list[_Unit] = []
    headings: list[Piece] = []
    for list_id, group in groupby(run, key=lambda piece: piece.block.list_id):
        pieces = list(group)
        if list_id is not None:
            _add_list(units, [*headings, *pieces], lead_ins.get(list_id), room)
            headings = []
            continue
        for piece in pieces:
            if piece.tokens or (not units and piece.block.kind is not BlockKind.HEADING):
                units.append(_Unit([*headings, piece]))
                headings = []
            elif units and not headings:
                units[-1].pieces.append(piece)
            else:
                headings.append(piece)
    if headings:
        units.append(_Unit(headings))
    return units


def _add_list(units: list[_Unit], pieces: list[Piece], lead_in: LeadIn | None, room: int) -> None:
    """Add a list to the units: in one with its lead-in where both fit, else whole, else item by item."""
    tokens = sum(piece.tokens for piece in pieces)
    before = units[-1] if units else None
    introduced = before is not None and lead_in is not None and before.holds(lead_in)
    if before is not None and introduced and before.tokens + tokens <= room:
        before.pieces.extend(pieces)
    elif tokens + (lead_in.tokens if lead_in else 0) <= room:
        units.append(_Unit(pieces, lead_in))
    else:
        items = _items(pieces, lead_in, room)
        if before is not None and introduced and before.tokens + items[0].tokens <= room:
            before.pieces.extend(items.pop(0).pieces)
        units.extend(items)


def _items(pieces: list[Piece], lead_in: LeadIn | None, room: int) -> list[_Unit]:
    """Make a unit of each item and what belongs to it, or of each of its sentences where that is too long."""
    items: list[_Unit] = []
    free = room - (lead_in.tokens if lead_in else 0)
    for piece in pieces:
        item = items[-1] if items else None
        belongs = piece.block.kind not in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW) or (
            item is not None and (item.tokens == 0 or item.pieces[-1].block is piece.block)
        )
        if item is not None and belongs and item.tokens + piece.tokens <= free:
            item.pieces.append(piece)
        else:
            items.append(_Unit([piece], lead_in))
    return items


def _pack(units: Sequence[_Unit], room: int) -> Iterator[list[_Unit]]:
    """Fill passages with units in order, in even shares of about the target."""
    left = sum(unit.tokens for unit in units)
    packed: list[_Unit] = []
    tokens = free = 0
    share = 0.0
    for unit in units:
        if packed and (tokens + unit.tokens > free or tokens + unit.tokens / 2 > share):
            yield packed
            left -= tokens
            packed, tokens = [], 0
        if not packed:
            free = room - (unit.lead_in.tokens if unit.lead_in else 0)
            # Units don't divide evenly: what one passage could not take is shared out among those that follow.
            share = left / max(1, round(left / TARGET_TOKENS), math.ceil(left / room))
        packed.append(unit)
        tokens += unit.tokens
    if packed:
        yield packed


class _Prefixes:
    """What the embedder reads before the text: title, section path and, in a list's later passages, its lead-in."""

    def __init__(self, document: Document, count_tokens: CountTokens, limit: int) -> None:
        self._title = document.metadata.title
        self._count_tokens = count_tokens
        self._limit = limit
        self._known: dict[tuple[tuple[str, ...], str | None], tuple[str, int]] = {}

    def text(self, section: tuple[str, ...], lead_in: str | None) -> str:
        """Return the longest prefix within the limit."""
        return self._choose(section, lead_in)[0]

    def tokens(self, section: tuple[str, ...]) -> int:
        """Tokens of the prefix without a lead-in."""
        return self._choose(section, None)[1]

    def _choose(self, section: tuple[str, ...], lead_in: str | None) -> tuple[str, int]:
        key = (section, lead_in)
        if key not in self._known:
            candidates = self._candidates(section, lead_in)
            counts = self._count_tokens(candidates)
            fitting = (pair for pair in zip(candidates, counts, strict=True) if pair[1] <= self._limit)
            self._known[key] = next(fitting, ("", 0))
        return self._known[key]

    def _candidates(self, section: tuple[str, ...], lead_in: str | None) -> list[str]:
        path = [name for name in section if name != self._title]
        paths = [[self._title, *path], [self._title, *path[-1:]], path[-1:], [self._title]]
        trails = [" > ".join(names) for names in paths if names]
        with_lead_in = [f"{trail}\n{lead_in}" for trail in trails] + [lead_in] if lead_in else []
        return [*with_lead_in, *trails]


def _passage(document: Document, units: Sequence[_Unit], prefixes: _Prefixes) -> Passage:
    pieces = [piece for unit in units for piece in unit.pieces]
    lead_in = units[0].lead_in.text if units[0].lead_in else None
    section = pieces[-1].block.section
    content = [piece for piece in pieces if piece.block.kind is not BlockKind.HEADING]
    # A section that holds nothing but a picture credit is found by that credit.
    read = [piece for piece in content if piece.tokens] or content
    parts = [prefixes.text(section, lead_in), *(document.text[piece.start : piece.end] for piece in read)]
    return Passage(
        document_id=document.id,
        start=pieces[0].start,
        end=pieces[-1].end,
        section=section,
        page=(content or pieces)[0].block.page,
        note=pieces[-1].block.kind is BlockKind.NOTE,
        lead_in=lead_in,
        embed_text="\n".join(filter(None, parts)),
        sentences=_sentences_read(document, pieces[0].start, pieces[-1].end, read, len(parts[0])),
    )


def _sentences_read(
    document: Document, start: int, end: int, read: Sequence[Piece], prefix: int
) -> tuple[tuple[int, int], ...]:
    """Ranges of the passage's sentences in the embedder's text, whose pieces are a line each below the prefix."""
    at = prefix + 1 if prefix else 0
    ranges: dict[int, tuple[int, int]] = {}
    for piece in read:
        for sentence in _sentences_between(document, piece.start, piece.end):
            ranges[sentence.start] = (at + sentence.start - piece.start, at + sentence.end - piece.start)
        at += piece.end - piece.start + 1
    return tuple(ranges.get(sentence.start, (0, 0)) for sentence in _sentences_between(document, start, end))


def _sentences_between(document: Document, start: int, end: int) -> Sequence[Sentence]:
    first = bisect_left(document.sentences, start, key=lambda sentence: sentence.start)
    last = bisect_left(document.sentences, end, key=lambda sentence: sentence.start)
    return document.sentences[first:last]
